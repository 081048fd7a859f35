# SPDX-License-Identifier: Apache-2.0
# Raspberry Pi 2 B: Cortex-A7.
set(board_processor armv7l)
set(board_triple arm-linux-gnueabihf)
set(board_architecture armhf)
set(board_flags "-mcpu=cortex-a7 -mfpu=neon-vfpv4 -mfloat-abi=hard -mfp16-format=ieee")
set(board_emulator qemu-arm)
set(board_emulated_processor "cortex-a7")
include("${CMAKE_CURRENT_LIST_DIR}/board.cmake")
