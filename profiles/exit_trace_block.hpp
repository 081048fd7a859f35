// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "profiles/exit_trace.hpp"

/// Private to the trace's reader and writer: a block of samples, column by column, compressed (profiles/README.md).
namespace tiercut::profiles {

inline constexpr std::size_t samples_a_block = 4096;

/// Stands before a block's compressed bytes; a frame of no samples ends the blocks.
struct BlockFrame {
  static constexpr std::size_t size = 12;
  std::uint32_t samples = 0;
  std::uint32_t compressed_bytes = 0;
  std::uint32_t checksum = 0;  ///< CRC-32 of the two numbers and the compressed bytes, as they stand in the file

  std::string bytes() const;
  static BlockFrame from(std::string_view bytes);  ///< `size` of them
  std::uint32_t checksum_with(std::string_view compressed) const;
};

std::uint32_t crc32_of(std::string_view bytes);
std::string little_endian(std::uint32_t value);
std::uint32_t little_endian_from(std::string_view bytes);  ///< of the first four

/// Frame and compressed bytes of samples `first` to `first + count`, which must be sound.
std::string encode_block(const ExitTrace& trace, std::size_t first, std::size_t count);

/// Appends a block's samples to the trace. An error's message says what is wrong; its place is the caller's to add.
Result<void> decode_block(const BlockFrame& frame, std::string_view compressed, ExitTrace& trace);

/// The largest number of compressed bytes that a block of so many samples may take; beyond it a frame is damaged.
std::size_t most_compressed_bytes(std::size_t answers, std::size_t samples);

/// What is wrong with a sample (label, class or confidence out of range), or an empty text.
std::string defect_of(const ExitTrace& trace, std::size_t sample);

}  // namespace tiercut::profiles
