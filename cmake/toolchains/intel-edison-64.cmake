# SPDX-License-Identifier: Apache-2.0
# Intel Edison, 64 bits. Emulated as a processor of the same instructions: SSE4.2, no AVX.
set(board_processor x86_64)
set(board_triple x86_64-linux-gnu)
set(board_architecture amd64)
set(board_flags "-march=silvermont")
set(board_emulator qemu-x86_64)
set(board_emulated_processor "Nehalem,+movbe,+pclmulqdq,+rdrand")
include("${CMAKE_CURRENT_LIST_DIR}/board.cmake")
