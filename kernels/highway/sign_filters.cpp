// SPDX-License-Identifier: Apache-2.0
#include "kernels/highway/sign_filters.hpp"

#include <algorithm>

// Adds the target that counts bits in an instruction.
#define HWY_WANT_AVX3_DL
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/highway/sign_filters.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tiercut::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using Index = std::int64_t;

using Words = hn::CappedTag<std::uint32_t, SignFilters::row_multiple>;
using Floats = hn::CappedTag<float, SignFilters::row_multiple>;
using WordVector = hn::Vec<Words>;

#if (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3_DL) || HWY_TARGET == HWY_SCALAR

struct BitCounter {
  WordVector count;
  HWY_INLINE BitCounter() : count(hn::Zero(Words())) {}
  HWY_INLINE void add(WordVector differing) { count = hn::Add(count, hn::PopulationCount(differing)); }
  HWY_INLINE void flush() {}
};
constexpr Index words_before_flush = Index{1} << 30;

#else

// Bits are counted a byte at a time; bytes are added up when they could overflow, not before.
struct BitCounter {
  using Bytes = hn::Repartition<std::uint8_t, Words>;
  WordVector count;
  hn::Vec<Bytes> bytes;
  HWY_INLINE BitCounter() : count(hn::Zero(Words())), bytes(hn::Zero(Bytes())) {}
  HWY_INLINE void add(WordVector differing) {
    bytes = hn::Add(bytes, hn::PopulationCount(hn::BitCast(Bytes(), differing)));
  }
  HWY_INLINE void flush() {
    const Words d;
    const auto all = hn::BitCast(d, bytes), mask = hn::Set(d, 0x00ff00ffU);
    const auto pairs = hn::Add(hn::And(all, mask), hn::And(hn::ShiftRight<8>(all), mask));
    count = hn::Add(count, hn::Add(hn::And(pairs, hn::Set(d, 0xffffU)), hn::ShiftRight<16>(pairs)));
    bytes = hn::Zero(Bytes());
  }
};
constexpr Index words_before_flush = 31;

#endif

/// One segment, `vectors` vectors of filters by `pixels` pixels.
template <int vectors, int pixels>
HWY_INLINE void count_segment(const std::uint32_t* filter, Index width, const std::uint32_t* pixel, Index pixel_stride,
                              Index words, BitCounter (&counts)[pixels][vectors]) {
  const Words d;
  const Index lanes = static_cast<Index>(hn::Lanes(d));
  for (Index begin = 0; begin < words; begin += words_before_flush) {
    const Index end = std::min(words, begin + words_before_flush);
    for (Index word = begin; word < end; ++word) {
      WordVector signs[vectors];
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v) signs[v] = hn::LoadU(d, filter + word * width + v * lanes);
#pragma GCC unroll 4
      for (int p = 0; p < pixels; ++p) {
        const auto input = hn::Set(d, pixel[p * pixel_stride + word]);
#pragma GCC unroll 4
        for (int v = 0; v < vectors; ++v) counts[p][v].add(hn::Xor(signs[v], input));
      }
    }
#pragma GCC unroll 4
    for (int p = 0; p < pixels; ++p) {
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v) counts[p][v].flush();
    }
  }
}

template <int vectors, int pixels>
HWY_INLINE void sum_tile(const SignFilters& filters, const std::uint32_t* filter, Index width, const SignPixels& input,
                         Index first, const std::int32_t* const* offsets, Index row, std::int32_t* sums) {
  const hn::RebindToSigned<Words> di;
  const Index lanes = static_cast<Index>(hn::Lanes(di));
  BitCounter counts[pixels][vectors];
  for (Index segment = 0; segment < filters.segments(); ++segment) {
    count_segment<vectors, pixels>(filter + segment * filters.segment_words() * width, width,
                                   input.words + first * input.pixel_stride + segment * input.segment_stride,
                                   input.pixel_stride, filters.segment_words(), counts);
  }
#pragma GCC unroll 4
  for (int p = 0; p < pixels; ++p) {
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v) {
      const auto twice = hn::BitCast(di, hn::ShiftLeft<1>(counts[p][v].count));
      const auto offset = hn::LoadU(di, offsets[first + p] + row + v * lanes);
      hn::StoreU(hn::Sub(offset, twice), di, sums + (first + p) * filters.padded_rows() + row + v * lanes);
    }
  }
}

template <int vectors>
HWY_INLINE void sum_strip(const SignFilters& filters, const std::uint32_t* filter, Index width, const SignPixels& input,
                          const std::int32_t* const* offsets, Index row, std::int32_t* sums) {
  Index first = 0;
  for (; first + 4 <= input.count; first += 4) {
    sum_tile<vectors, 4>(filters, filter, width, input, first, offsets, row, sums);
  }
  for (; first < input.count; ++first) {
    sum_tile<vectors, 1>(filters, filter, width, input, first, offsets, row, sums);
  }
}

void sum_signs_in(const SignFilters& filters, const SignPixels& input, const std::int32_t* const* offsets,
                  std::int32_t* sums) {
  const Index lanes = static_cast<Index>(hn::Lanes(Words()));
  for (Index block = 0; block < filters.blocks(); ++block) {
    const Index width = filters.block_width(block), begin = block * SignFilters::block_rows;
    const std::uint32_t* filter = filters.block(block);
    Index row = 0;
    for (; row + 2 * lanes <= width; row += 2 * lanes) {
      sum_strip<2>(filters, filter + row, width, input, offsets, begin + row, sums);
    }
    if (row < width) sum_strip<1>(filters, filter + row, width, input, offsets, begin + row, sums);
  }
}

void sum_block_in(const SignFilters& filters, Index block, const std::uint32_t* input, std::int32_t inputs,
                  std::int32_t* sums) {
  const Words d;
  const hn::RebindToSigned<Words> di;
  const Index lanes = static_cast<Index>(hn::Lanes(d)), width = filters.block_width(block);
  for (Index row = 0; row < width; row += lanes) {
    // Two vectors where there are two, so that a word of the input is spread out once for both.
    const bool is_pair = row + 2 * lanes <= width;
    BitCounter pair[1][2], single[1][1];
    if (is_pair) {
      count_segment<2, 1>(filters.block(block) + row, width, input, 0, filters.words(), pair);
    } else {
      count_segment<1, 1>(filters.block(block) + row, width, input, 0, filters.words(), single);
    }
    const auto all = hn::Set(di, inputs);
    const auto first = is_pair ? pair[0][0].count : single[0][0].count;
    hn::StoreU(hn::Sub(all, hn::BitCast(di, hn::ShiftLeft<1>(first))), di, sums + row);
    if (!is_pair) continue;
    row += lanes;
    hn::StoreU(hn::Sub(all, hn::BitCast(di, hn::ShiftLeft<1>(pair[0][1].count))), di, sums + row);
  }
}

constexpr Index word_bits = 32;

#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3

// Four inputs have sixteen signed sums, which are the lanes of a register: a look-up adds four of them at once.
constexpr Index inputs_per_table = 4, table_floats = 16;

Index signed_input_floats_in(Index inputs) {
  return (inputs + word_bits - 1) / word_bits * word_bits / inputs_per_table * table_floats;
}

void prepare_signed_input_in(const float* input, Index inputs, float* prepared) {
  const Floats d;
  const hn::RebindToSigned<Floats> di;
  const auto lane = hn::Iota(di, 0);
  hn::Mask<Floats> is_plus[inputs_per_table];
  for (Index i = 0; i < inputs_per_table; ++i) {
    const auto bit = hn::Set(di, 1 << i);
    is_plus[i] = hn::RebindMask(d, hn::Eq(hn::And(lane, bit), bit));
  }
  for (Index first = 0; first < (inputs + word_bits - 1) / word_bits * word_bits; first += inputs_per_table) {
    hn::Vec<Floats> term[inputs_per_table];
    for (Index i = 0; i < inputs_per_table; ++i) {
      const float x = first + i < inputs ? input[first + i] : 0.0F;
      term[i] = hn::IfThenElse(is_plus[i], hn::Set(d, x), hn::Set(d, -x));
    }
    hn::StoreU(hn::Add(hn::Add(term[0], term[1]), hn::Add(term[2], term[3])), d, prepared);
    prepared += table_floats;
  }
}

template <int vectors>
HWY_INLINE void sum_looked_up(const std::uint32_t* filter, Index width, Index words, const float* tables, float* sums) {
  const Words d;
  const Floats df;
  const Index lanes = static_cast<Index>(hn::Lanes(d));
  hn::Vec<Floats> sum[2][vectors];
  for (int v = 0; v < vectors; ++v) sum[0][v] = sum[1][v] = hn::Zero(df);
  for (Index word = 0; word < words; ++word, tables += word_bits / inputs_per_table * table_floats) {
    WordVector signs[vectors];
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v) signs[v] = hn::LoadU(d, filter + word * width + v * lanes);
#pragma GCC unroll 8
    for (Index table = 0; table < word_bits / inputs_per_table; ++table) {
      const auto sums_of_four = hn::LoadU(df, tables + table * table_floats);
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v) {
        // A look-up takes the lowest four bits of a lane and does not mind the others.
        const hn::Indices512<float> which{signs[v].raw};
        sum[table % 2][v] = hn::Add(sum[table % 2][v], hn::TableLookupLanes(sums_of_four, which));
        signs[v] = hn::ShiftRight<4>(signs[v]);
      }
    }
  }
  for (int v = 0; v < vectors; ++v) hn::StoreU(hn::Add(sum[0][v], sum[1][v]), df, sums + v * lanes);
}

void sum_signed_in(const SignFilters& filters, Index block, const float* prepared, float* sums) {
  const Index width = filters.block_width(block);
  if (width == 2 * SignFilters::row_multiple) {
    sum_looked_up<2>(filters.block(block), width, filters.words(), prepared, sums);
  } else {
    sum_looked_up<1>(filters.block(block), width, filters.words(), prepared, sums);
  }
}

#else

Index signed_input_floats_in(Index inputs) { return (inputs + word_bits - 1) / word_bits * word_bits; }

void prepare_signed_input_in(const float* input, Index inputs, float* prepared) {
  const Index padded = signed_input_floats_in(inputs);
  for (Index i = 0; i < padded; ++i) prepared[i] = i < inputs ? input[i] : 0.0F;
}

void sum_signed_in(const SignFilters& filters, Index block, const float* prepared, float* sums) {
  const Words d;
  const Floats df;
  const Index lanes = static_cast<Index>(hn::Lanes(d)), width = filters.block_width(block);
  const auto sign_bit = hn::Set(d, 0x80000000U);
  for (Index row = 0; row < width; row += lanes) {
    auto even = hn::Zero(df), odd = hn::Zero(df);
    for (Index word = 0; word < filters.words(); ++word) {
      // A clear bit turns the input's sign.
      auto minus = hn::Not(hn::LoadU(d, filters.block(block) + word * width + row));
      const float* x = prepared + word * word_bits;
      for (Index i = 0; i < word_bits; i += 2) {
        const auto first = hn::And(hn::ShiftLeft<31>(minus), sign_bit);
        const auto second = hn::And(hn::ShiftLeft<30>(minus), sign_bit);
        even = hn::Add(even, hn::Xor(hn::Set(df, x[i]), hn::BitCast(df, first)));
        odd = hn::Add(odd, hn::Xor(hn::Set(df, x[i + 1]), hn::BitCast(df, second)));
        minus = hn::ShiftRight<2>(minus);
      }
    }
    hn::StoreU(hn::Add(even, odd), df, sums + row);
  }
}

#endif

// Multiplications and additions do not follow one another here, so nothing can be contracted to other results.
void normalize_in(const NormRows& norm, Index first, Index count, const double* sums, float* output) {
  const double* gamma = norm.gamma.data() + first;
  const double* beta = norm.beta.data() + first;
  const double* mean = norm.mean.data() + first;
  const double* deviation = norm.deviation.data() + first;
  for (Index i = 0; i < count; ++i) {
    output[i] = static_cast<float>(gamma[i] * (sums[i] - mean[i]) / deviation[i] + beta[i]);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace tiercut::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tiercut::kernels {

SignFilters::SignFilters(std::int64_t rows, std::int64_t segments, std::int64_t segment_bits)
    : rows_(rows),
      segments_(segments),
      segment_words_((segment_bits + 31) / 32),
      memory_(static_cast<std::size_t>(padded_rows() * words())) {}

std::int64_t SignFilters::block_width(std::int64_t block) const {
  return std::min(block_rows, padded_rows() - block * block_rows);
}

void SignFilters::set(std::int64_t row, std::int64_t segment, std::int64_t bit) {
  const std::int64_t block = row / block_rows, word = segment * segment_words_ + bit / 32;
  auto* words = reinterpret_cast<std::uint32_t*>(memory_.floats()) + block * block_rows * this->words();
  words[word * block_width(block) + row % block_rows] |= std::uint32_t{1} << bit % 32;
}

HWY_EXPORT(sum_signs_in);
void sum_signs(const SignFilters& filters, const SignPixels& pixels, const std::int32_t* const* offsets,
               std::int32_t* sums) {
  HWY_DYNAMIC_DISPATCH(sum_signs_in)(filters, pixels, offsets, sums);
}

HWY_EXPORT(sum_block_in);
void sum_signs(const SignFilters& filters, std::int64_t block, const std::uint32_t* input, std::int32_t inputs,
               std::int32_t* sums) {
  HWY_DYNAMIC_DISPATCH(sum_block_in)(filters, block, input, inputs, sums);
}

HWY_EXPORT(signed_input_floats_in);
std::int64_t signed_input_floats(std::int64_t inputs) { return HWY_DYNAMIC_DISPATCH(signed_input_floats_in)(inputs); }

HWY_EXPORT(prepare_signed_input_in);
void prepare_signed_input(const float* input, std::int64_t inputs, float* prepared) {
  HWY_DYNAMIC_DISPATCH(prepare_signed_input_in)(input, inputs, prepared);
}

HWY_EXPORT(sum_signed_in);
void sum_signed(const SignFilters& filters, std::int64_t block, const float* prepared, float* sums) {
  HWY_DYNAMIC_DISPATCH(sum_signed_in)(filters, block, prepared, sums);
}

HWY_EXPORT(normalize_in);
void normalize(const NormRows& norm, std::int64_t first, std::int64_t count, const double* sums, float* output) {
  HWY_DYNAMIC_DISPATCH(normalize_in)(norm, first, count, sums, output);
}

}  // namespace tiercut::kernels
#endif
