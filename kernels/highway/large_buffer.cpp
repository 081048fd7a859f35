// SPDX-License-Identifier: Apache-2.0
#include "kernels/highway/large_buffer.hpp"

#include <cstdlib>
#include <cstring>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace tiercut::kernels {
namespace {

constexpr std::size_t line = 64;
constexpr std::size_t huge_page = std::size_t{2} << 20;
constexpr std::size_t readable_past_end = 256;

}  // namespace

void LargeBuffer::Release::operator()(float* memory) const { std::free(memory); }

LargeBuffer::LargeBuffer(std::size_t floats) : bytes_(floats * sizeof(float)) {
  const std::size_t needed = bytes_ + readable_past_end;
  const std::size_t alignment = needed >= huge_page ? huge_page : line;
  // Rounded to lines only: the rest of the last huge page stays free for others.
  const std::size_t reserved = (needed + line - 1) / line * line;
  void* memory = nullptr;
  if (reserved < bytes_ || posix_memalign(&memory, alignment, reserved) != 0) throw std::bad_alloc();
#ifdef __linux__
  // Before the first write, so that the pages come huge; where the system declines, small ones do as well.
  if (alignment == huge_page) static_cast<void>(madvise(memory, reserved / huge_page * huge_page, MADV_HUGEPAGE));
#endif
  std::memset(memory, 0, reserved);
  data_.reset(static_cast<float*>(memory));
}

}  // namespace tiercut::kernels
