# SPDX-License-Identifier: Apache-2.0
# What the toolchain files of all boards share. Before including this, a board's file sets
#   board_processor, board_triple  as in armv7l and arm-linux-gnueabihf
#   board_architecture             Debian's name, as in armhf
#   board_library_folder           where Debian's packages put its libraries; as board_triple when not set
#   board_flags                    what its processor is
#   board_emulator, board_emulated_processor   what runs its programs here, and as which processor
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${board_processor})
set(CMAKE_CXX_COMPILER ${board_triple}-g++)
if(NOT DEFINED board_library_folder)
  set(board_library_folder ${board_triple})
endif()
set(CMAKE_LIBRARY_ARCHITECTURE ${board_library_folder})
set(CMAKE_CXX_FLAGS_INIT "${board_flags}")
# One file to copy; a static C library resolves names of hosts only with its shared parts, which nothing here asks for.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static")

find_program(board_emulator_program NAMES ${board_emulator} NO_CACHE)
if(board_emulator_program)
  set(CMAKE_CROSSCOMPILING_EMULATOR "${board_emulator_program};-cpu;${board_emulated_processor}")
endif()

# Libraries of the board's architecture, unpacked by scripts/cross.
set(board_libraries "${CMAKE_CURRENT_LIST_DIR}/../../build/cross/libraries-${board_architecture}")
set(CMAKE_FIND_ROOT_PATH "${board_libraries}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} "${board_libraries}")
set(ENV{PKG_CONFIG_LIBDIR} "${board_libraries}/usr/lib/${board_library_folder}/pkgconfig:${board_libraries}/usr/share/pkgconfig")
list(APPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}/modules")
set(CMAKE_PROJECT_INCLUDE "${CMAKE_CURRENT_LIST_DIR}/static_archives.cmake")
