# SPDX-License-Identifier: Apache-2.0
# Intel Edison, 32 bits, as its own system is. Emulated as a processor of the same instructions: SSE4.2, no AVX.
set(board_processor i686)
set(board_triple i686-linux-gnu)
set(board_architecture i386)
set(board_library_folder i386-linux-gnu)
set(board_flags "-march=silvermont -mfpmath=sse")
set(board_emulator qemu-i386)
set(board_emulated_processor "Nehalem,+movbe,+pclmulqdq,+rdrand")
include("${CMAKE_CURRENT_LIST_DIR}/board.cmake")
