// SPDX-License-Identifier: Apache-2.0
#include "runtime/agent/frame.hpp"

// zlib's CRC-32 takes 40 us for a tensor of 64 kB where this takes 9, at both ends of every hop.
#include <xxhash.h>

#include <bit>
#include <cstring>

namespace tiercut::runtime {
namespace {

static_assert(std::endian::native == std::endian::little, "frames are little-endian and written as memory lies");

constexpr char magic[4] = {'T', 'C', 'U', 'T'};
constexpr std::size_t checksum_at = 32;

template <class Number>
void put(std::string& bytes, std::size_t at, Number value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

template <class Number>
Number take(std::string_view bytes, std::size_t at) {
  Number value{};
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

std::uint64_t checksum_of(std::string_view bytes) {
  const std::uint64_t of_header = XXH3_64bits(bytes.data(), checksum_at);
  return XXH3_64bits_withSeed(bytes.data() + frame_header_bytes, bytes.size() - frame_header_bytes, of_header);
}

}  // namespace

std::string_view to_text(FrameError error) {
  switch (error) {
    case FrameError::too_short:
      return "shorter than a header";
    case FrameError::too_long:
      return "longer than any frame may be";
    case FrameError::not_a_frame:
      return "not a frame of tiercut";
    case FrameError::other_version:
      return "of another version";
    case FrameError::unknown_type:
      return "of an unknown type";
    case FrameError::bad_length:
      return "of another length than it says";
    case FrameError::bad_checksum:
      return "damaged: its checksum does not hold";
  }
  return "bad";
}

std::string begin_frame(std::size_t expected_body_bytes) {
  std::string bytes;
  bytes.reserve(frame_header_bytes + expected_body_bytes);
  bytes.resize(frame_header_bytes);
  return bytes;
}

void seal_frame(std::string& bytes, FrameType type, std::uint64_t session) {
  std::memcpy(bytes.data(), magic, sizeof magic);
  put(bytes, 4, frame_version);
  put(bytes, 6, static_cast<std::uint16_t>(type));
  put(bytes, 8, static_cast<std::uint64_t>(bytes.size() - frame_header_bytes));
  put(bytes, 16, session);
  put(bytes, 24, std::uint64_t{0});
  put(bytes, checksum_at, checksum_of(bytes));
}

tl::expected<Frame, FrameError> decode_frame(std::string_view bytes) {
  if (bytes.size() < frame_header_bytes) return tl::unexpected(FrameError::too_short);
  if (bytes.size() > largest_frame_bytes) return tl::unexpected(FrameError::too_long);
  if (std::memcmp(bytes.data(), magic, sizeof magic) != 0) return tl::unexpected(FrameError::not_a_frame);
  if (take<std::uint16_t>(bytes, 4) != frame_version) return tl::unexpected(FrameError::other_version);
  if (take<std::uint64_t>(bytes, 8) != bytes.size() - frame_header_bytes) {
    return tl::unexpected(FrameError::bad_length);
  }
  if (take<std::uint64_t>(bytes, checksum_at) != checksum_of(bytes)) return tl::unexpected(FrameError::bad_checksum);
  const auto type = take<std::uint16_t>(bytes, 6);
  if (type < 1 || type > last_frame_type) return tl::unexpected(FrameError::unknown_type);
  return Frame{static_cast<FrameType>(type), take<std::uint64_t>(bytes, 16), bytes.substr(frame_header_bytes)};
}

}  // namespace tiercut::runtime
