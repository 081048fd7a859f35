// SPDX-License-Identifier: Apache-2.0
#include "planner/thresholds/candidate_ranges.hpp"

#include <algorithm>
#include <limits>

namespace tiercut::planner {

CandidateRanges::CandidateRanges(const ReducedTrace& trace, const CostTerms& terms)
    : trace_(trace),
      terms_(terms),
      before_((trace.exits.size() + 1) * trace.words),
      certain_((trace.exits.size() + 1) * trace.words),
      counted_(trace.words),
      scratch_(trace.words) {}

bool CandidateRanges::tighten(const std::uint64_t* row, std::size_t depth, const Sums& sums, std::uint64_t slack,
                              double incumbent) {
  for (std::size_t e = depth; e < trace_.exits.size(); ++e) {
    first_[e] = 0;
    last_[e] = trace_.exits[e].last;
  }
  std::copy(row, row + trace_.words, before(depth));
  std::copy(row, row + trace_.words, certain(depth));
  bool has_moved = true;
  for (int round = 0; has_moved && round < 8; ++round) {
    has_moved = false;
    if (!lower_by_charges(depth, slack) || !raise_by_cost(depth, sums, incumbent, has_moved)) return false;
  }
  return true;
}

bool CandidateRanges::lower_by_charges(std::size_t depth, std::uint64_t slack) {
  const std::size_t exits = trace_.exits.size();
  std::fill(counted_.begin(), counted_.end(), 0);
  std::uint64_t charged = 0;
  const auto charge_of = [&](std::size_t e, const ExitEvent& event) {
    return e == depth ? event.exit_charge : event.certain_charge;
  };
  for (std::size_t e = depth; e < exits; ++e) {
    const auto& exit = trace_.exits[e];
    for (const auto& event : exit.events) {
      if (event.bucket > first_[e]) break;
      if (event.exit_charge == 0 || !has_bit(certain(e), event.bit) || has_bit(counted_.data(), event.bit)) continue;
      charged += charge_of(e, event);
      set_bit(counted_, event.bit);
    }
    const std::uint64_t* const goes_on = trace_.row(e, last_[e]);
    for (std::size_t w = 0; w < trace_.words; ++w) {
      before(e + 1)[w] = before(e)[w] & goes_on[w];
      certain(e + 1)[w] = certain(e)[w] & (exit.barriers[w] | goes_on[w]);
    }
    charged += late_charges(trace_, e, before(e + 1));
    if (charged > slack) return false;
  }
  for (std::size_t e = depth; e < exits; ++e) {
    std::uint64_t more = charged;
    for (const auto& event : trace_.exits[e].events) {
      if (event.bucket > last_[e]) break;
      if (event.bucket <= first_[e] || event.exit_charge == 0) continue;
      if (!has_bit(certain(e), event.bit) || has_bit(counted_.data(), event.bit)) continue;
      more += charge_of(e, event);
      if (more > slack) last_[e] = event.bucket - 1;
    }
  }
  return true;
}

double CandidateRanges::least_cost(std::size_t j, std::uint32_t c, Sums sums) {
  const auto& ops = bit_ops();
  std::uint64_t* const row = scratch_.data();
  terms_.add(sums, j, ops.keep_both(row, before(j), trace_.row(j, c), trace_.words));
  for (std::size_t e = j + 1; e < trace_.exits.size(); ++e)
    terms_.add(sums, e, ops.keep_both(row, row, trace_.row(e, last_[e]), trace_.words));
  return terms_.keeps_limits(sums) ? sums[0] : std::numeric_limits<double>::infinity();
}

bool CandidateRanges::raise_by_cost(std::size_t depth, const Sums& sums, double incumbent, bool& has_moved) {
  Sums with = sums;
  for (std::size_t j = depth; j < trace_.exits.size(); ++j) {
    if (least_cost(j, last_[j], with) >= incumbent) return false;
    std::uint32_t low = first_[j], high = last_[j];
    if (least_cost(j, low, with) >= incumbent) {
      while (high - low > 1) {
        const std::uint32_t middle = low + (high - low) / 2;
        (least_cost(j, middle, with) < incumbent ? high : low) = middle;
      }
      first_[j] = high;
      has_moved = true;
    }
    terms_.add(with, j, bit_ops().keep_both(before(j + 1), before(j), trace_.row(j, last_[j]), trace_.words));
  }
  return true;
}

}  // namespace tiercut::planner
