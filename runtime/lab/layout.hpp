// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/lab/lab.hpp"
#include "scenarios/scenario.hpp"

/// Private to the lab: what a scenario asks of it, worked out without touching the machine.
namespace tiercut::lab {

/// One copy of a scenario's link, in nanoseconds.
struct LinkSettings {
  std::string name;  ///< `up`, `cable.3`
  std::int64_t latency = 0, overhead = 0;
  double bytes_per_ns = 0;  ///< 0: no limit
  /// Bytes that may wait. By default the larger of 1.5 MB (1000 full packets, Linux's transmit queue) and what the
  /// link carries in 100 ms; without limit nothing ever waits.
  double buffer = 0;
  scenarios::Discipline discipline = scenarios::Discipline::fifo;
  scenarios::Jitter jitter;
  double loss = 0;
};

/// From one device to another.
struct Path {
  std::vector<int> links;  ///< indices into Layout::links, in order
  std::string congestion = "cubic";
  int first_segments = 10;  ///< of the initial window
  bool is_ideal = true;     ///< windows that never hold a sender back
};

struct Node {
  LabDevice device;
  std::uint32_t address = 0;
  int most_segments = 1;  ///< of one packet handed over by the sender's kernel
  std::string congestion = "cubic";
  bool is_ideal = true;
};

struct Layout {
  std::uint32_t base = 0;  ///< node i has the address base + 1 + i
  std::vector<Node> nodes;
  std::vector<LinkSettings> links;
  std::vector<std::vector<std::optional<Path>>> paths;  ///< [from][to]; nothing: no way
};

/// Bytes of TCP payload in a full segment: 1500 less 20, 20 and 12 (timestamps).
inline constexpr double segment_bytes = 1448;
inline constexpr std::size_t most_devices = 256;

std::string address_text(std::uint32_t address);

/// Fails with lab-too-many-devices, lab-bad-network, lab-name-clash, unknown-device (of a quota or a pin).
Result<Layout> lay_out(const scenarios::Scenario& scenario, const Options& options, Diagnostics& warnings);

}  // namespace tiercut::lab
