// SPDX-License-Identifier: Apache-2.0
#include "kernels/bits.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

namespace tiercut::kernels {
namespace {

std::vector<bool> drawn_bits(std::size_t count) {
  return *rc::gen::container<std::vector<bool>>(count, rc::gen::arbitrary<bool>());
}

std::vector<std::uint64_t> packed(const std::vector<bool>& bits) {
  std::vector<std::uint64_t> words(bits.size() / 64 + 1);
  for (std::size_t i = 0; i < bits.size(); ++i) words[i / 64] |= std::uint64_t{bits[i]} << i % 64;
  return words;
}

RC_GTEST_PROP(Bits, AppendedRunsLieOneAfterTheOther, ()) {
  std::vector<bool> want;
  std::vector<std::uint64_t> words(40);
  for (int run = *rc::gen::inRange(1, 6); run > 0; --run) {
    const auto bits = drawn_bits(*rc::gen::inRange<std::size_t>(1, 300));
    const auto skipped = *rc::gen::inRange<std::size_t>(0, bits.size());
    append_bits(words.data(), want.size(), packed(bits).data(), skipped, bits.size() - skipped);
    want.insert(want.end(), bits.begin() + static_cast<std::ptrdiff_t>(skipped), bits.end());
  }
  want.resize(words.size() * 64);
  for (std::size_t i = 0; i < want.size(); ++i) RC_ASSERT(test_bit(words.data(), i) == want[i]);
}

RC_GTEST_PROP(Bits, HammingDistanceCountsDifferences, ()) {
  const auto count = *rc::gen::inRange<std::size_t>(1, 5000);
  const auto a = drawn_bits(count), b = drawn_bits(count), mask = drawn_bits(count);
  std::int64_t all = 0, masked = 0;
  for (std::size_t i = 0; i < count; ++i) {
    all += a[i] != b[i];
    masked += a[i] != b[i] && mask[i];
  }
  RC_ASSERT(hamming_distance(packed(a).data(), packed(b).data(), words_for(count)) == all);
  RC_ASSERT(hamming_distance(packed(a).data(), packed(b).data(), packed(mask).data(), words_for(count)) == masked);
}

// Every bit of many words differs: the largest sums that partial counts must hold.
TEST(Bits, HammingDistanceOfOpposites) {
  const std::vector<std::uint64_t> zeros(1000), ones(1000, ~std::uint64_t{0});
  EXPECT_EQ(hamming_distance(zeros.data(), ones.data(), 1000), 64'000);
  EXPECT_EQ(hamming_distance(zeros.data(), ones.data(), ones.data(), 1000), 64'000);
  EXPECT_EQ(popcount(~std::uint64_t{0}), 64);
}

}  // namespace
}  // namespace tiercut::kernels
