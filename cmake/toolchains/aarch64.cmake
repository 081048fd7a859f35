# SPDX-License-Identifier: Apache-2.0
# Any 64-bit ARM board.
set(board_processor aarch64)
set(board_triple aarch64-linux-gnu)
set(board_architecture arm64)
set(board_flags "-mcpu=cortex-a53+nocrypto")
set(board_emulator qemu-aarch64)
set(board_emulated_processor "cortex-a53")
include("${CMAKE_CURRENT_LIST_DIR}/board.cmake")
