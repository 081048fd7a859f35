// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace tiercut::runtime {

/// What a frame carries (message.hpp). The numbers are on the wire: never reuse one.
enum class FrameType : std::uint16_t {
  hello = 1,         ///< coordinator: begins a session
  welcome = 2,       ///< agent: what it is
  deploy = 3,        ///< coordinator: a program
  missing = 4,       ///< agent: weights that it does not hold
  weights = 5,       ///< coordinator: a chunk of them
  weights_kept = 6,  ///< agent: how much of them it has
  ready = 7,         ///< agent: the program can run
  input = 8,         ///< coordinator: a sample's input, and when it arises
  tensor = 9,        ///< agent to agent
  control = 10,      ///< agent to agent: a decision
  trace = 11,        ///< agent: what happened
  ping = 12,
  pong = 13,
  retire = 14,     ///< coordinator: samples that are over
  peer_lost = 15,  ///< coordinator: send nothing there any more
  forget = 16,     ///< coordinator: a program that is over
  bye = 17,        ///< coordinator: ends the session; agent: it has ended
  failure = 18,    ///< either: something could not be done, and why
};
inline constexpr std::uint16_t last_frame_type = 18;

/// A frame: a header of 40 bytes, little-endian, then the body. Changes of any of it change the version.
///   0  4  "TCUT"
///   4  2  version
///   6  2  type
///   8  8  length of the body in bytes
///  16  8  session
///  24  8  zero
///  32  8  checksum: XXH3-64 of bytes 0 to 31 and of the body
inline constexpr std::uint16_t frame_version = 1;
inline constexpr std::size_t frame_header_bytes = 40;
inline constexpr std::size_t largest_frame_bytes = std::size_t{256} << 20;

struct Frame {
  FrameType type = FrameType::hello;
  std::uint64_t session = 0;
  std::string_view body;  ///< inside the decoded bytes
};

enum class FrameError { too_short, too_long, not_a_frame, other_version, unknown_type, bad_length, bad_checksum };
std::string_view to_text(FrameError error);

/// Room for the header; append the body, then seal.
std::string begin_frame(std::size_t expected_body_bytes = 0);
/// Fills the header in for the body that follows it.
void seal_frame(std::string& bytes, FrameType type, std::uint64_t session);

/// Believes nothing: any bytes give a frame that was sealed or an error.
tl::expected<Frame, FrameError> decode_frame(std::string_view bytes);

}  // namespace tiercut::runtime
