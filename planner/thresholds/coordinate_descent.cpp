// SPDX-License-Identifier: Apache-2.0
#include "planner/thresholds/coordinate_descent.hpp"

#include <cmath>

namespace tiercut::planner {
namespace {

bool is_better(const DescentPoint& a, const DescentPoint& b) {
  if (a.violation != b.violation) return a.violation < b.violation;
  if (a.sums[0] != b.sums[0]) return a.sums[0] < b.sums[0];
  return a.charge < b.charge;
}

/// Exit charges of the samples in `row` that candidate `c` lets stop.
std::uint64_t exit_charges(const ReducedExit& exit, const std::uint64_t* row, std::uint32_t c) {
  std::uint64_t sum = 0;
  for (const auto& event : exit.events) {
    if (event.bucket > c) break;
    if (event.exit_charge > 0 && has_bit(row, event.bit)) sum += event.exit_charge;
  }
  return sum;
}

}  // namespace

void CoordinateDescent::go_on(DescentPoint& point, std::size_t first, std::vector<std::uint64_t>& row) const {
  for (std::size_t e = first; e < trace_.exits.size(); ++e) {
    const auto& exit = trace_.exits[e];
    const std::uint32_t c = point.candidates[e];
    point.charge += exit_charges(exit, row.data(), c);
    terms_.add(point.sums, e, bit_ops().keep_both(row.data(), row.data(), trace_.row(e, c), trace_.words));
    point.charge += late_charges(trace_, e, row.data());
  }
  judge(point);
}

void CoordinateDescent::judge(DescentPoint& point) const {
  point.violation = 0;
  if (point.charge > terms_.slack)
    point.violation += static_cast<double>(point.charge - terms_.slack) / static_cast<double>(trace_.samples);
  for (std::size_t m = 1; m < terms_.rows; ++m)
    if (point.sums[m] > terms_.most[m])
      point.violation += (point.sums[m] - terms_.most[m]) / std::max(std::abs(point.sums[m]), 1e-300);
  point.is_feasible = point.violation == 0;
}

DescentPoint CoordinateDescent::evaluate(std::vector<std::uint32_t> candidates) const {
  DescentPoint point;
  point.candidates = std::move(candidates);
  point.sums = terms_.base;
  auto row = trace_.everyone;
  go_on(point, 0, row);
  return point;
}

DescentPoint CoordinateDescent::run(std::vector<std::uint32_t> start) const {
  DescentPoint best = evaluate(std::move(start));
  for (bool has_moved = true; has_moved;) {
    has_moved = false;
    auto before = trace_.everyone;
    DescentPoint prefix;
    prefix.sums = terms_.base;
    for (std::size_t e = 0; e < trace_.exits.size(); ++e) {
      for (std::uint32_t c = 0; c <= trace_.exits[e].last; ++c) {
        DescentPoint point = best;
        point.candidates[e] = c;
        point.sums = prefix.sums;
        point.charge = prefix.charge;
        auto row = before;
        go_on(point, e, row);
        if (is_better(point, best)) {
          best = std::move(point);
          has_moved = true;
        }
      }
      const std::uint32_t c = best.candidates[e];
      prefix.charge += exit_charges(trace_.exits[e], before.data(), c);
      terms_.add(prefix.sums, e, bit_ops().keep_both(before.data(), before.data(), trace_.row(e, c), trace_.words));
      prefix.charge += late_charges(trace_, e, before.data());
    }
  }
  return best;
}

}  // namespace tiercut::planner
