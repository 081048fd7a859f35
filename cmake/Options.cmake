# SPDX-License-Identifier: Apache-2.0
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, Debug or RelWithDebInfo" FORCE)
endif()

option(TIERCUT_TESTS "Build the tests" ON)
option(TIERCUT_BENCHMARKS "Build the benchmarks" OFF)
option(TIERCUT_BOARD_ONLY "Build only the profiler, the agent and the kernels' tests, for a board (scripts/cross)" OFF)
option(TIERCUT_FUZZERS "Build the libFuzzer targets (clang)" OFF)
option(TIERCUT_WARNINGS_AS_ERRORS "Stop at a warning" OFF)
option(TIERCUT_COVERAGE "Instrument for coverage" OFF)
set(TIERCUT_SANITIZE "" CACHE STRING "Sanitizers, as in address,undefined or thread")

# What every target of ours is compiled with; third-party code is not.
add_library(tiercut_options INTERFACE)
target_compile_options(tiercut_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                                                 $<$<BOOL:${TIERCUT_WARNINGS_AS_ERRORS}>:-Werror>)
target_include_directories(tiercut_options INTERFACE "${CMAKE_SOURCE_DIR}" "${CMAKE_BINARY_DIR}/generated")
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 warns of overlapping copies inside std::string where there are none (GCC bug 105651).
  target_compile_options(tiercut_options INTERFACE -Wno-restrict)
endif()
if(TIERCUT_SANITIZE)
  target_compile_options(tiercut_options INTERFACE -fsanitize=${TIERCUT_SANITIZE} -fno-omit-frame-pointer
                                                   -fno-sanitize-recover=all)
  target_link_options(tiercut_options INTERFACE -fsanitize=${TIERCUT_SANITIZE})
endif()
if(TIERCUT_COVERAGE)
  target_compile_options(tiercut_options INTERFACE --coverage)
  target_link_options(tiercut_options INTERFACE --coverage)
endif()
if(TIERCUT_FUZZERS)
  target_compile_options(tiercut_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE}")
endif()
