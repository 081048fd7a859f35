// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

/// Packed bits: element i is bit i % 64 of word i / 64 (internal to kernels/).
namespace tiercut::kernels {

inline std::size_t words_for(std::size_t bits) { return (bits + 63) / 64; }
/// The lowest `count` bits, 0 <= count <= 64.
inline std::uint64_t low_bits(std::size_t count) {
  return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}
inline bool test_bit(const std::uint64_t* words, std::size_t i) { return (words[i / 64] >> i % 64 & 1) != 0; }

/// Bits first .. first + count - 1 in the lowest bits of a word; count in 1 .. 64.
inline std::uint64_t read_bits(const std::uint64_t* words, std::size_t first, std::size_t count) {
  const std::size_t shift = first % 64;
  std::uint64_t value = words[first / 64] >> shift;
  if (shift + count > 64) value |= words[first / 64 + 1] << (64 - shift);
  return value & low_bits(count);
}

/// Sets those of `count` bits that `value` has; the value has none beyond them.
inline void or_bits(std::uint64_t* words, std::size_t first, std::uint64_t value, std::size_t count) {
  const std::size_t shift = first % 64;
  words[first / 64] |= value << shift;
  if (shift + count > 64) words[first / 64 + 1] |= value >> (64 - shift);
}

/// Sets what a run of bits has, at any offset: copies it where the target is still clear.
void append_bits(std::uint64_t* to, std::size_t to_first, const std::uint64_t* from, std::size_t from_first,
                 std::size_t count);

void unpack_bits(const std::uint64_t* words, std::size_t count, float* plus_or_minus_one);

/// Processors without an instruction for it (and baseline x86-64 code) would call a table look-up a word.
inline int popcount(std::uint64_t word) {
#if defined(__POPCNT__) || defined(__aarch64__)
  return std::popcount(word);
#else
  word -= word >> 1 & 0x5555555555555555U;
  word = (word & 0x3333333333333333U) + (word >> 2 & 0x3333333333333333U);
  word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0fU;
  return static_cast<int>(word * 0x0101010101010101U >> 56);
#endif
}

/// In how many of `words` words' bits a and b differ.
std::int64_t hamming_distance(const std::uint64_t* a, const std::uint64_t* b, std::size_t words);
/// The same, counting only where the mask is set.
std::int64_t hamming_distance(const std::uint64_t* a, const std::uint64_t* b, const std::uint64_t* mask,
                              std::size_t words);

}  // namespace tiercut::kernels
