// SPDX-License-Identifier: Apache-2.0
#include "runtime/agent/clock_offset.hpp"

#include <algorithm>
#include <cstdlib>

namespace tiercut::runtime {
namespace {

constexpr std::size_t most_kept = 120;

}  // namespace

void ClockOffset::add(Nanoseconds asked, Nanoseconds received, Nanoseconds answered, Nanoseconds heard) {
  const Nanoseconds round_trip = (heard - asked) - (answered - received);
  if (round_trip < 0 || heard < asked) return;  // no honest pair of clocks says so
  const Asked now{asked + (heard - asked) / 2, ((received - asked) + (answered - heard)) / 2, round_trip};
  shortest_ = std::min(shortest_, round_trip);
  const bool is_same_second =
      !asked_.empty() && asked_.back().when / nanoseconds_a_second == now.when / nanoseconds_a_second;
  if (!is_same_second) {
    asked_.push_back(now);
    if (asked_.size() > most_kept) asked_.pop_front();
  } else if (round_trip <= asked_.back().round_trip) {
    asked_.back() = now;
  }
}

ClockOffset::At ClockOffset::at(Nanoseconds ours) const {
  if (is_shared_ || asked_.empty()) return {};
  At best{0, never};
  for (const Asked& each : asked_) {
    const auto drift = static_cast<Nanoseconds>(drift_limit * static_cast<double>(std::llabs(ours - each.when)));
    const Nanoseconds error = (each.round_trip + 1) / 2 + drift;
    if (error <= best.error) best = {each.offset, error};
  }
  return best;
}

bool ClockOffset::is_consistent_with_shared() const {
  return std::all_of(asked_.begin(), asked_.end(),
                     [](const Asked& each) { return std::llabs(each.offset) <= (each.round_trip + 1) / 2; });
}

}  // namespace tiercut::runtime
