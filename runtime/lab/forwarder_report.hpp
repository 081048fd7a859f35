// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace tiercut::lab {

/// How late packets left, in microseconds: actual minus wanted departure. Buckets of one microsecond, the last one for
/// all from there on. Never negative: a packet waits for its time.
struct ErrorHistogram {
  static constexpr std::size_t size = 4096;
  std::array<std::uint64_t, size> packets{};
  std::uint64_t longest_ns = 0;

  std::uint64_t count() const;
  double percentile(double p) const;  ///< nearest rank, upper end of its bucket, in microseconds; 0 when empty
  ErrorHistogram since(const ErrorHistogram& earlier) const;  ///< longest_ns stays that of the whole time
};

struct LinkReport {
  std::string name;
  std::uint64_t packets = 0, bytes = 0;  ///< taken on; bytes as the bandwidth counts them
  std::uint64_t full = 0;                ///< dropped as the buffer was full
  std::uint64_t lost = 0;                ///< lost as the scenario says
};

struct ForwarderReport {
  ErrorHistogram error;
  std::vector<LinkReport> links;
  std::uint64_t delivered = 0;
  std::uint64_t refused = 0;  ///< no route, not IPv4, or the receiver's queue was full
  std::uint64_t crowded = 0;  ///< dropped as too much was under way in all
  bool is_real_time = false;  ///< the forwarder has real-time priority
};

std::string report_text(const ForwarderReport& report);  ///< for people
std::string report_json(const ForwarderReport& report);

}  // namespace tiercut::lab
