# SPDX-License-Identifier: Apache-2.0
# A program for one board knows its instruction set: Highway then dispatches nothing and needs only its headers. Debian
# has no static archive of it. Silvermont has SSE4.2 without a need for the cipher instructions that Highway asks for.
find_path(hwy_INCLUDE_DIR hwy/highway.h)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(hwy REQUIRED_VARS hwy_INCLUDE_DIR)
if(hwy_FOUND AND NOT TARGET hwy::hwy)
  add_library(hwy::hwy INTERFACE IMPORTED GLOBAL)
  target_include_directories(hwy::hwy SYSTEM INTERFACE "${hwy_INCLUDE_DIR}")
  target_compile_definitions(hwy::hwy INTERFACE HWY_COMPILE_ONLY_STATIC HWY_DISABLE_PCLMUL_AES)
endif()
