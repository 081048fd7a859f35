# SPDX-License-Identifier: Apache-2.0
# What a board runs to measure itself and to take part in a run, and the tests of its kernels: neither SimGrid nor Boost is looked for.
if(CMAKE_SIZEOF_VOID_P EQUAL 4)
  # What fits in memory is counted by 32 bits there; where 64 are, conversions are checked. Nor does it matter
  # that g++ 7 passed parameters in another way.
  target_compile_options(tiercut_options INTERFACE -Wno-conversion -Wno-psabi)
endif()
add_subdirectory(core)
add_subdirectory(model)
add_subdirectory(profiles)
add_subdirectory(kernels)
add_subdirectory(runtime)
add_subdirectory(cli)
if(TIERCUT_TESTS)
  enable_testing()
  add_library(tiercut_test_support INTERFACE)
  add_subdirectory(tests/kernels)
  add_subdirectory(tests/boards)
endif()
