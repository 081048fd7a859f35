// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>

#include "runtime/agent/clock.hpp"

namespace tiercut::runtime {

/// Where another machine's clock stands, from questions and answers with four times, as NTP does it (RFC 5905, 8): the
/// offset is exact when both ways take equally long, and wrong by at most half of the round trip.
class ClockOffset {
 public:
  /// Asked and heard on our clock; received and answered on theirs.
  void add(Nanoseconds asked, Nanoseconds received, Nanoseconds answered, Nanoseconds heard);
  /// The other clock is ours.
  void share() { is_shared_ = true; }
  bool is_shared() const { return is_shared_; }
  bool is_known() const { return is_shared_ || !asked_.empty(); }

  struct At {
    Nanoseconds offset = 0;  ///< theirs less ours
    Nanoseconds error = 0;   ///< at most, when the clocks drift apart by no more than drift_limit
  };
  /// By the answer that says most about that moment (on our clock).
  At at(Nanoseconds ours) const;
  Nanoseconds shortest_round_trip() const { return shortest_; }
  /// Whether a shared clock is contradicted by what was measured.
  bool is_consistent_with_shared() const;

  static constexpr double drift_limit = 100e-6;  ///< cheap crystals are good to 50e-6 each

 private:
  struct Asked {
    Nanoseconds when = 0, offset = 0, round_trip = 0;
  };
  std::deque<Asked> asked_;  // the best of each second
  Nanoseconds shortest_ = never;
  bool is_shared_ = false;
};

}  // namespace tiercut::runtime
