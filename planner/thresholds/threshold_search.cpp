// SPDX-License-Identifier: Apache-2.0
#include "planner/thresholds/threshold_search.hpp"

#include <algorithm>
#include <chrono>

#include "planner/thresholds/coordinate_descent.hpp"

namespace tiercut::planner {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr std::size_t most_open = 500'000;  // beyond, nodes are followed depth first: 35 MB

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

/// The lowest candidate that `row` can admit at an exit where earlier exits are still open: only charges that cannot
/// be escaped count.
std::uint32_t deepest_certain(const ReducedExit& exit, const std::uint64_t* row, std::uint64_t slack) {
  std::uint64_t sum = 0;
  for (const auto& event : exit.events) {
    if (event.exit_charge == 0 || !has_bit(row, event.bit)) continue;
    sum += event.certain_charge;
    if (sum > slack) return event.bucket - 1;
  }
  return exit.last;
}

}  // namespace

ThresholdSearch::ThresholdSearch(const ReducedTrace& trace, const LevelCosts& costs, std::uint64_t budget)
    : trace_(trace), terms_(trace, costs, budget), ranges_(trace, terms_), rows_((max_exits + 4) * trace.words) {
  root_bound_ = terms_.is_possible ? bound(trace.everyone.data(), 0, terms_.base, terms_.slack) : infinite;
}

double ThresholdSearch::bound(const std::uint64_t* row, std::size_t depth, Sums sums, std::uint64_t slack) const {
  const auto& ops = bit_ops();
  const std::size_t words = trace_.words, exits = trace_.exits.size();
  std::uint64_t* const stay = row_of(max_exits + 1);
  std::uint64_t* const certain = row_of(max_exits + 2);
  std::copy(row, row + words, stay);
  std::copy(row, row + words, certain);
  for (std::size_t j = depth; j < exits; ++j) {
    const auto& exit = trace_.exits[j];
    std::uint32_t deepest = 0;
    if (j == depth) {
      bool is_possible = false;
      walk_candidates(exit, row, slack, late_charges(trace_, j, row), [&](std::uint32_t c, std::uint64_t) {
        deepest = c;
        is_possible = true;
      });
      if (!is_possible) return infinite;
    } else {
      deepest = deepest_certain(exit, certain, slack);
    }
    const std::uint64_t* const goes_on = trace_.row(j, deepest);
    terms_.add(sums, j, ops.keep_both(stay, stay, goes_on, words));
    const std::uint64_t late = late_charges(trace_, j, stay);
    if (late > slack) return infinite;
    slack -= late;
    if (j + 1 < exits)
      for (std::size_t w = 0; w < words; ++w) certain[w] &= exit.barriers[w] | goes_on[w];
  }
  return terms_.keeps_limits(sums) ? sums[0] : infinite;
}

SearchFound ThresholdSearch::run(double incumbent, const SearchLimits& limits) {
  found_ = {};
  found_.cost = incumbent;
  found_.lower_bound = std::min(root_bound_, incumbent);
  limits_ = limits;
  started_ns_ = now_ns();
  is_stopped_ = false;
  expanded_ = 0;
  open_ = {};
  nodes_.clear();
  free_.clear();
  if (root_bound_ >= incumbent) return found_;
  start_with_descent();
  open({.bound = root_bound_, .slack = terms_.slack, .depth = 0, .path = {}});
  std::vector<Node> children;
  double reached = root_bound_;
  while (!open_.empty() && open_.top().bound < found_.cost) {
    reached = open_.top().bound;
    if (is_over()) break;
    const Node node = take_best();
    if (open_.size() >= most_open) {
      dive(node);
    } else {
      children.clear();
      expand(node, children);
      for (const auto& child : children)
        if (child.bound < found_.cost) open(child);
    }
    if (is_stopped_) break;
  }
  found_.is_finished = !is_stopped_;
  found_.lower_bound = is_stopped_ ? std::min(reached, found_.cost) : found_.cost;
  return found_;
}

void ThresholdSearch::open(const Node& node) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(nodes_.size()));
    nodes_.emplace_back();
  }
  const std::uint32_t place = free_.back();
  free_.pop_back();
  nodes_[place] = node;
  open_.push({node.bound, place});
}

ThresholdSearch::Node ThresholdSearch::take_best() {
  const std::uint32_t place = open_.top().node;
  open_.pop();
  free_.push_back(place);
  return nodes_[place];
}

void ThresholdSearch::start_with_descent() {
  const CoordinateDescent descent(trace_, terms_);
  const auto start = descent.run(std::vector<std::uint32_t>(trace_.exits.size(), 0));
  if (!start.is_feasible || start.sums[0] >= found_.cost) return;
  found_.cost = start.sums[0];
  found_.candidates = start.candidates;
  found_.is_better = true;
}

bool ThresholdSearch::is_over() {
  if (found_.nodes >= limits_.nodes) is_stopped_ = true;
  if (expanded_++ % 16 == 0) {
    if (static_cast<double>(now_ns() - started_ns_) * 1e-9 >= limits_.seconds) is_stopped_ = true;
    if (limits_.should_stop && limits_.should_stop()) is_stopped_ = true;
  }
  return is_stopped_;
}

void ThresholdSearch::dive(const Node& node) {
  if (is_over()) return;
  std::vector<Node> children;
  expand(node, children);
  std::sort(children.begin(), children.end(),
            [](const Node& a, const Node& b) { return a.bound != b.bound ? a.bound < b.bound : a.path < b.path; });
  for (const auto& child : children) {
    if (is_stopped_ || child.bound >= found_.cost) return;
    dive(child);
  }
}

void ThresholdSearch::expand(const Node& node, std::vector<Node>& children) {
  const auto& ops = bit_ops();
  const std::size_t words = trace_.words, exits = trace_.exits.size(), k = node.depth;
  std::uint64_t* const row = row_of(0);
  std::copy(trace_.everyone.begin(), trace_.everyone.end(), row);
  Sums sums = terms_.base;
  for (std::size_t e = 0; e < k; ++e) terms_.add(sums, e, ops.keep_both(row, row, trace_.row(e, node.path[e]), words));
  Node child = node;
  if (k + 1 >= exits) return finish(row, sums, node.slack, child);

  if (!ranges_.tighten(row, k, sums, node.slack, found_.cost)) return;
  std::vector<Child> choices;
  walk_candidates(trace_.exits[k], row, node.slack, late_charges(trace_, k, row),
                  [&](std::uint32_t c, std::uint64_t charge) {
                    choices.push_back({c, charge});
                  });
  child.depth = node.depth + 1;
  std::uint64_t* const left = row_of(1);
  for (std::size_t choice = choices.size(); choice-- > 0;) {
    ++found_.nodes;
    const auto survivors = ops.keep_both(left, row, trace_.row(k, choices[choice].candidate), words);
    Sums with = sums;
    terms_.add(with, k, survivors);
    if (with[0] >= found_.cost) break;  // higher thresholds leave more survivors
    child.path[k] = choices[choice].candidate;
    child.slack = node.slack - choices[choice].charge;
    if (child.depth + 1 == exits) {
      finish(left, with, child.slack, child);
    } else {
      child.bound = std::max(node.bound, bound(left, child.depth, with, child.slack));
      if (child.bound < found_.cost) children.push_back(child);
    }
  }
}

/// The last exit: its lowest affordable threshold is best.
void ThresholdSearch::finish(const std::uint64_t* row, const Sums& sums, std::uint64_t slack, Node& node) {
  const auto& ops = bit_ops();
  const std::size_t words = trace_.words;
  Sums with = sums;
  if (!trace_.exits.empty()) {
    const std::size_t last = trace_.exits.size() - 1;
    const auto& exit = trace_.exits[last];
    terms_.add(with, last, ops.count_both(row, trace_.row(last, exit.last), words));
    if (with[0] >= found_.cost) return;
    bool is_possible = false;
    walk_candidates(exit, row, slack, late_charges(trace_, last, row), [&](std::uint32_t c, std::uint64_t) {
      node.path[last] = c;
      is_possible = true;
    });
    ++found_.nodes;
    if (!is_possible) return;
    with = sums;
    terms_.add(with, last, ops.count_both(row, trace_.row(last, node.path[last]), words));
  }
  if (with[0] >= found_.cost || !terms_.keeps_limits(with)) return;
  found_.cost = with[0];
  found_.candidates.assign(node.path.begin(), node.path.begin() + static_cast<std::ptrdiff_t>(trace_.exits.size()));
  found_.is_better = true;
}

}  // namespace tiercut::planner
