# SPDX-License-Identifier: Apache-2.0
# The package's own configuration knows the shared library only.
find_path(yaml-cpp_INCLUDE_DIR yaml-cpp/parser.h)
find_library(yaml-cpp_LIBRARY yaml-cpp)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(yaml-cpp REQUIRED_VARS yaml-cpp_LIBRARY yaml-cpp_INCLUDE_DIR)
if(yaml-cpp_FOUND AND NOT TARGET yaml-cpp)
  add_library(yaml-cpp STATIC IMPORTED GLOBAL)
  set_target_properties(yaml-cpp PROPERTIES IMPORTED_LOCATION "${yaml-cpp_LIBRARY}")
  target_include_directories(yaml-cpp SYSTEM INTERFACE "${yaml-cpp_INCLUDE_DIR}")
endif()
