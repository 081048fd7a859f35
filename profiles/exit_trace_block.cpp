// SPDX-License-Identifier: Apache-2.0
#include "profiles/exit_trace_block.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <bit>
#include <cmath>
#include <stdexcept>

namespace tiercut::profiles {
namespace {

// Confidences are computed in floating point, so an entropy may come out a little above 1.
constexpr float rounding = 1e-4f;

std::size_t raw_bytes(std::size_t answers, std::size_t samples) {
  constexpr std::size_t sample_itself = 4 + 2 + 1, answer = 2 + 3 * 4;
  return samples * (sample_itself + answers * answer);
}

/// Columns of little-endian numbers, byte by byte: first the lowest byte of every sample, and so on. Bytes of equal
/// rank are alike, which is what zlib makes use of.
class ColumnWriter {
 public:
  template <class T, class ValueOf>
  void add(std::size_t count, ValueOf value_of) {
    for (std::size_t byte = 0; byte < sizeof(T); ++byte)
      for (std::size_t i = 0; i < count; ++i)
        bytes_ += static_cast<char>((static_cast<T>(value_of(i)) >> (8 * byte)) & 0xff);
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

class ColumnReader {
 public:
  ColumnReader(std::string_view bytes, std::size_t count) : bytes_(bytes), count_(count) {}

  template <class T, class Take>
  void next(Take take) {
    for (std::size_t i = 0; i < count_; ++i) {
      T value = 0;
      for (std::size_t byte = 0; byte < sizeof(T); ++byte)
        value =
            static_cast<T>(value | static_cast<T>(static_cast<T>(static_cast<unsigned char>(bytes_[byte * count_ + i]))
                                                  << (8 * byte)));
      take(i, value);
    }
    bytes_.remove_prefix(count_ * sizeof(T));
  }

 private:
  std::string_view bytes_;
  std::size_t count_;
};

const Bytef* zlib_bytes(std::string_view bytes) { return reinterpret_cast<const Bytef*>(bytes.data()); }

std::string columns_of(const ExitTrace& trace, std::size_t first, std::size_t count) {
  ColumnWriter columns;
  columns.add<std::uint32_t>(count, [&](std::size_t i) {
    return i == 0 ? trace.ids[first] : trace.ids[first + i] - trace.ids[first + i - 1];
  });
  columns.add<std::uint16_t>(count, [&](std::size_t i) { return static_cast<unsigned>(trace.labels[first + i]); });
  columns.add<std::uint8_t>(count, [&](std::size_t i) { return static_cast<unsigned>(trace.parts[first + i]); });
  for (const auto& scores : trace.scores) {
    const auto add = [&](float TracedScore::*value) {
      columns.add<std::uint32_t>(count,
                                 [&](std::size_t i) { return std::bit_cast<std::uint32_t>(scores[first + i].*value); });
    };
    columns.add<std::uint16_t>(count,
                               [&](std::size_t i) { return static_cast<unsigned>(scores[first + i].predicted); });
    add(&TracedScore::normalized_entropy);
    add(&TracedScore::max_probability);
    add(&TracedScore::margin);
  }
  return columns.bytes();
}

void append_columns(std::string_view raw, std::size_t count, ExitTrace& trace) {
  ColumnReader columns(raw, count);
  const std::size_t first = trace.size();
  trace.ids.resize(first + count);
  trace.labels.resize(first + count);
  trace.parts.resize(first + count);
  std::uint32_t id = 0;
  columns.next<std::uint32_t>([&](std::size_t i, std::uint32_t step) { trace.ids[first + i] = id += step; });
  columns.next<std::uint16_t>([&](std::size_t i, std::uint16_t label) { trace.labels[first + i] = label; });
  columns.next<std::uint8_t>(
      [&](std::size_t i, std::uint8_t part) { trace.parts[first + i] = static_cast<TracePart>(part); });
  trace.scores.resize(trace.answers.size());
  for (auto& scores : trace.scores) {
    scores.resize(first + count);
    const auto next = [&](float TracedScore::*value) {
      columns.next<std::uint32_t>(
          [&](std::size_t i, std::uint32_t bits) { scores[first + i].*value = std::bit_cast<float>(bits); });
    };
    columns.next<std::uint16_t>([&](std::size_t i, std::uint16_t value) { scores[first + i].predicted = value; });
    next(&TracedScore::normalized_entropy);
    next(&TracedScore::max_probability);
    next(&TracedScore::margin);
  }
}

bool is_in_unit_interval(float value) { return value >= -rounding && value <= 1 + rounding; }

}  // namespace

std::string little_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>((value >> shift) & 0xff);
  return bytes;
}

std::uint32_t little_endian_from(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i)
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return value;
}

std::uint32_t crc32_of(std::string_view bytes) {
  return static_cast<std::uint32_t>(crc32_z(0, zlib_bytes(bytes), bytes.size()));
}

std::string BlockFrame::bytes() const {
  return little_endian(samples) + little_endian(compressed_bytes) + little_endian(checksum);
}

BlockFrame BlockFrame::from(std::string_view bytes) {
  return {little_endian_from(bytes), little_endian_from(bytes.substr(4)), little_endian_from(bytes.substr(8))};
}

std::uint32_t BlockFrame::checksum_with(std::string_view compressed) const {
  const std::uint32_t numbers = crc32_of(little_endian(samples) + little_endian(compressed_bytes));
  return static_cast<std::uint32_t>(crc32_z(numbers, zlib_bytes(compressed), compressed.size()));
}

std::size_t most_compressed_bytes(std::size_t answers, std::size_t samples) {
  return compressBound(static_cast<uLong>(raw_bytes(answers, samples)));
}

std::string encode_block(const ExitTrace& trace, std::size_t first, std::size_t count) {
  const std::string raw = columns_of(trace, first, count);
  uLongf size = compressBound(static_cast<uLong>(raw.size()));
  std::string compressed(size, '\0');
  if (compress2(reinterpret_cast<Bytef*>(compressed.data()), &size, zlib_bytes(raw), static_cast<uLong>(raw.size()),
                Z_BEST_COMPRESSION) != Z_OK)
    throw std::runtime_error("zlib could not compress a block of an exit trace");
  compressed.resize(size);
  BlockFrame frame{static_cast<std::uint32_t>(count), static_cast<std::uint32_t>(size), 0};
  frame.checksum = frame.checksum_with(compressed);
  return frame.bytes() + compressed;
}

Result<void> decode_block(const BlockFrame& frame, std::string_view compressed, ExitTrace& trace) {
  if (frame.checksum != frame.checksum_with(compressed)) return fail("bad-trace", "its checksum is wrong");
  std::string raw(raw_bytes(trace.answers.size(), frame.samples), '\0');
  uLongf size = static_cast<uLongf>(raw.size());
  uLong taken = static_cast<uLong>(compressed.size());
  if (uncompress2(reinterpret_cast<Bytef*>(raw.data()), &size, zlib_bytes(compressed), &taken) != Z_OK ||
      size != raw.size() || taken != compressed.size())
    return fail("bad-trace", "it does not unpack to its samples");
  const std::size_t first = trace.size();
  append_columns(raw, frame.samples, trace);
  for (std::size_t i = first; i < trace.size(); ++i)
    if (const std::string defect = defect_of(trace, i); !defect.empty()) return fail("bad-trace", defect);
  return {};
}

std::string defect_of(const ExitTrace& trace, std::size_t sample) {
  const auto of_sample = [&](std::string what) { return fmt::format("sample {}: {}", trace.ids[sample], what); };
  if (trace.labels[sample] < 0 || trace.labels[sample] >= trace.classes)
    return of_sample(fmt::format("label {}, the model has classes 0 to {}", trace.labels[sample], trace.classes - 1));
  if (trace.parts[sample] != TracePart::calibration && trace.parts[sample] != TracePart::test)
    return of_sample(fmt::format("part {}, there are 0 and 1", static_cast<int>(trace.parts[sample])));
  for (std::size_t answer = 0; answer < trace.answers.size(); ++answer) {
    const TracedScore& score = trace.scores[answer][sample];
    const std::string& exit = trace.answers[answer].exit;
    const std::size_t classes = trace.answers[answer].class_map.size();
    if (score.predicted < 0 || static_cast<std::size_t>(score.predicted) >= classes)
      return of_sample(fmt::format("`{}` predicts class {}, it has 0 to {}", exit, score.predicted, classes - 1));
    for (const float value : {score.normalized_entropy, score.max_probability, score.margin})
      if (!is_in_unit_interval(value))
        return of_sample(fmt::format("`{}` has confidence {}, which lies in [0, 1]", exit, value));
  }
  return {};
}

}  // namespace tiercut::profiles
