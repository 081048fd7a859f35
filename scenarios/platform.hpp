// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/quantile_table.hpp"
#include "core/units.hpp"
#include "profiles/profile.hpp"

namespace tiercut::scenarios {

/// A device of the platform, or one member of a group of alike devices.
struct DeviceRef {
  int device = -1;  ///< index into Scenario::devices
  int member = 0;   ///< 0: the device itself or, of a group, the member where the sample arose; else 1-based
  bool operator==(const DeviceRef&) const = default;
  auto operator<=>(const DeviceRef&) const = default;
};

/// What the line in front of a unit or fifo link does not take, or keep.
struct QueueLimit {
  enum class Drop { newest, oldest } drop = Drop::newest;  ///< who goes when it is full
  std::optional<int> length;                               ///< how many may wait, beside what is served
  std::optional<Seconds> deadline;  ///< whose turn comes later than this after the sample's arrival goes as well
};

/// How a cost scatters about its mean. Gamma of coefficient 1 is the exponential distribution.
struct CostVariation {
  enum class Family { lognormal, gamma } family = Family::lognormal;
  double coefficient = 0;  ///< standard deviation over mean; 0: not at all
};

/// Something that computes, senses or relays; `count` alike of them form a group. Without a profile it runs no
/// layers: a sensor or a switch.
struct Device {
  std::string name;
  int count = 1;
  profiles::ProfilePointer profile;              ///< null for a sensor or relay
  std::optional<profiles::Execution> execution;  ///< overrides the profile's, for all units
  std::optional<Bytes> usable_memory;            ///< overrides every pool's
  std::optional<CostVariation> variation{};      ///< overrides the profile's, of every call or layer that runs
  std::optional<QueueLimit> queue{};             ///< of each unit
  int workers = 1;                               ///< samples that each unit serves at a time, each as fast as one alone
};

enum class Discipline { fifo, fair };

/// Random part of the propagation delay, drawn a message. The delay is never below zero.
struct Jitter {
  enum class Kind { none, normal, lognormal, gamma, uniform, measured } kind = Kind::none;
  Seconds mean{};           ///< added to the latency on average; 0 by default for normal and uniform
  Seconds deviation{};      ///< standard deviation
  QuantilePointer shape{};  ///< measured (a calibration, a file of delays): of mean 0, in deviations
  std::string digest{};     ///< SHA-256 of the file of delays
};

/// A message is lost with `probability` an attempt; `timeout` after the end of its transmission it is sent again.
struct Loss {
  double probability = 0;
  Seconds timeout{};
};

/// `ideal`: messages leave as the link allows. `tcp`: a window that starts at `initial_window`, doubles each round
/// trip while it limits the sender, and falls back after `idle_restart` of silence (facts measured on Linux, cubic).
struct Transport {
  enum class Kind { ideal, tcp } kind = Kind::ideal;
  std::string congestion = "cubic";
  Bytes initial_window{14480};    ///< 10 segments of 1448 bytes
  Bytes largest_window{4194304};  ///< the usual tcp_wmem limit
  Seconds idle_restart{0.23};
};

/// What the devices at both ends draw beyond their idle power while a link transmits, each.
struct LinkPower {
  Watts send{}, receive{};
};

/// Directional. A link from or to a group stands for one link a member, unless it is shared.
struct Link {
  std::string name;
  std::vector<DeviceRef> from;  ///< member 0 of a group: every member
  std::vector<DeviceRef> to;
  bool is_shared = false;  ///< one medium for all its ends instead of one a pair
  Seconds latency{};       ///< one way
  BytesPerSecond bandwidth = BytesPerSecond::infinite();
  Seconds overhead{};  ///< transmission time a message besides its bytes
  Discipline discipline = Discipline::fifo;
  Jitter jitter;
  Loss loss;
  Transport transport;
  std::optional<QueueLimit> queue{};  ///< of a fifo link
  std::optional<LinkPower> power{};
};

/// One hop of a route: a link and which of its copies (DeviceRef::member's meaning).
struct Hop {
  int link = -1;
  int member = 0;
  bool operator==(const Hop&) const = default;
};

}  // namespace tiercut::scenarios
