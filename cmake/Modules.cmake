# SPDX-License-Identifier: Apache-2.0

# tiercut_module(core SOURCES a.cpp b.cpp PUBLIC tl::expected PRIVATE yaml-cpp)
# One static library a module, with the alias tiercut::<name>. PUBLIC and PRIVATE are what it links.
function(tiercut_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(tiercut_${name} STATIC ${ARG_SOURCES})
  add_library(tiercut::${name} ALIAS tiercut_${name})
  target_link_libraries(tiercut_${name} PUBLIC ${ARG_PUBLIC} PRIVATE tiercut_options ${ARG_PRIVATE})
  target_include_directories(tiercut_${name} PUBLIC "${CMAKE_SOURCE_DIR}")
endfunction()

# tiercut_test(core SOURCES units_test.cpp LINK tiercut::core [LABELS slow] [SERIAL: nothing else runs meanwhile])
# One test program a module; every TEST in it is a CTest of its own.
function(tiercut_test name)
  cmake_parse_arguments(ARG "SERIAL" "" "SOURCES;LINK;LABELS" ${ARGN})
  add_executable(${name}_tests ${ARG_SOURCES})
  target_link_libraries(${name}_tests PRIVATE tiercut_options ${ARG_LINK} tiercut_test_support GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name}_tests PRIVATE TIERCUT_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  gtest_discover_tests(${name}_tests TEST_PREFIX "${name}/" DISCOVERY_TIMEOUT 60 PROPERTIES LABELS "${name};${ARG_LABELS}" TIMEOUT 300 RUN_SERIAL ${ARG_SERIAL})
endfunction()
