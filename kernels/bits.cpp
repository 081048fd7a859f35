// SPDX-License-Identifier: Apache-2.0
#include "kernels/bits.hpp"

#include <algorithm>

namespace tiercut::kernels {
namespace {

// Counts of the bytes of a word. Up to 31 such words add up without a byte overflowing, and only then comes the
// multiplication, which baseline x86-64 has no 64-bit vector form of.
inline std::uint64_t byte_counts(std::uint64_t word) {
  word -= word >> 1 & 0x5555555555555555U;
  word = (word & 0x3333333333333333U) + (word >> 2 & 0x3333333333333333U);
  return (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0fU;
}
constexpr std::size_t words_per_sum = 30;

inline std::int64_t sum_of_bytes(std::uint64_t counts) {
  const std::uint64_t pairs = (counts & 0x00ff00ff00ff00ffU) + (counts >> 8 & 0x00ff00ff00ff00ffU);
  return static_cast<std::int64_t>(pairs * 0x0001000100010001U >> 48);
}

template <class Word>
inline std::int64_t count_over(std::size_t words, Word&& word) {
  std::int64_t total = 0;
  for (std::size_t first = 0; first < words; first += words_per_sum) {
    const std::size_t end = std::min(words, first + words_per_sum);
    std::uint64_t counts = 0;
    for (std::size_t i = first; i < end; ++i) counts += byte_counts(word(i));
    total += sum_of_bytes(counts);
  }
  return total;
}

}  // namespace

void append_bits(std::uint64_t* to, std::size_t to_first, const std::uint64_t* from, std::size_t from_first,
                 std::size_t count) {
  for (std::size_t done = 0; done < count;) {
    const std::size_t step = std::min<std::size_t>(64, count - done);
    or_bits(to, to_first + done, read_bits(from, from_first + done, step), step);
    done += step;
  }
}

void unpack_bits(const std::uint64_t* words, std::size_t count, float* plus_or_minus_one) {
  for (std::size_t i = 0; i < count; ++i) plus_or_minus_one[i] = test_bit(words, i) ? 1.0F : -1.0F;
}

std::int64_t hamming_distance(const std::uint64_t* a, const std::uint64_t* b, std::size_t words) {
#if defined(__POPCNT__) || defined(__aarch64__)
  std::int64_t total = 0;
  for (std::size_t i = 0; i < words; ++i) total += popcount(a[i] ^ b[i]);
  return total;
#else
  return count_over(words, [=](std::size_t i) { return a[i] ^ b[i]; });
#endif
}

std::int64_t hamming_distance(const std::uint64_t* a, const std::uint64_t* b, const std::uint64_t* mask,
                              std::size_t words) {
  return count_over(words, [=](std::size_t i) { return (a[i] ^ b[i]) & mask[i]; });
}

}  // namespace tiercut::kernels
