# SPDX-License-Identifier: Apache-2.0
# Jetson TK1: Cortex-A15.
set(board_processor armv7l)
set(board_triple arm-linux-gnueabihf)
set(board_architecture armhf)
set(board_flags "-mcpu=cortex-a15 -mfpu=neon-vfpv4 -mfloat-abi=hard -mfp16-format=ieee")
set(board_emulator qemu-arm)
set(board_emulated_processor "cortex-a15")
include("${CMAKE_CURRENT_LIST_DIR}/board.cmake")
