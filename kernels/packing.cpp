// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/bits.hpp"
#include "kernels/eigen_kernels.hpp"

namespace tiercut::kernels {

Buffer packed_copy(const std::vector<float>& floats, std::size_t first, std::size_t count) {
  Buffer buffer(count * sizeof(float));
  std::copy_n(floats.data() + first, count, buffer.floats());
  return buffer;
}

Buffer word_aligned_rows(const std::vector<std::uint64_t>& words, std::size_t rows, std::size_t bits) {
  const std::size_t row_words = words_for(bits);
  Buffer buffer(rows * row_words * sizeof(std::uint64_t));
  for (std::size_t row = 0; row < rows; ++row) {
    append_bits(buffer.words() + row * row_words, 0, words.data(), row * bits, bits);
  }
  return buffer;
}

}  // namespace tiercut::kernels
