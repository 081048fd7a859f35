# SPDX-License-Identifier: Apache-2.0
# Read at the end of project(), which would overwrite it before.
set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
