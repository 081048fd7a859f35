// SPDX-License-Identifier: Apache-2.0
#include "planner/fair_sharing.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tiercut::planner {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double ticks_per_second = 1e12;

}  // namespace

void FairSharing::clear() {
  flows_.clear();
  last_ = 0;
}

void FairSharing::add(int id, std::span<const int> links, double bytes, std::int64_t now) {
  advance(now);
  flows_.push_back({.id = id, .links = links, .remaining = bytes, .finish = std::numeric_limits<std::int64_t>::max()});
}

void FairSharing::advance(std::int64_t now) {
  const double elapsed = static_cast<double>(now - last_) / ticks_per_second;
  last_ = now;
  if (elapsed <= 0) return;
  for (Flow& flow : flows_) flow.remaining = std::max(0.0, flow.remaining - flow.rate * elapsed);
}

void FairSharing::finish(std::int64_t now, std::vector<int>& done) {
  advance(now);
  for (const Flow& flow : flows_)
    if (flow.finish <= now) done.push_back(flow.id);
  std::erase_if(flows_, [now](const Flow& flow) { return flow.finish <= now; });
}

void FairSharing::fill() {
  for (Flow& flow : flows_) {
    flow.has_rate = false;
    for (int link : flow.links) {
      left_[static_cast<std::size_t>(link)] = capacity_[static_cast<std::size_t>(link)];
      users_[static_cast<std::size_t>(link)] = 0;
    }
  }
  for (const Flow& flow : flows_)
    for (int link : flow.links) ++users_[static_cast<std::size_t>(link)];

  while (true) {
    double least = infinity;
    int tightest = -1;
    for (const Flow& flow : flows_) {
      if (flow.has_rate) continue;
      for (int link : flow.links) {
        const double share = left_[static_cast<std::size_t>(link)] / users_[static_cast<std::size_t>(link)];
        if (share < least) least = share, tightest = link;
      }
    }
    if (tightest < 0) break;
    for (Flow& flow : flows_) {
      if (flow.has_rate || std::find(flow.links.begin(), flow.links.end(), tightest) == flow.links.end()) continue;
      flow.rate = least;
      flow.has_rate = true;
      for (int link : flow.links) {
        auto& left = left_[static_cast<std::size_t>(link)];
        left = std::max(0.0, left - least);
        --users_[static_cast<std::size_t>(link)];
      }
    }
  }
  for (Flow& flow : flows_)
    if (!flow.has_rate) flow.rate = infinity;
}

std::int64_t FairSharing::share(std::int64_t now) {
  advance(now);
  fill();
  std::int64_t next = std::numeric_limits<std::int64_t>::max();
  for (Flow& flow : flows_) {
    const double ticks = std::isinf(flow.rate) ? 0 : flow.remaining / flow.rate * ticks_per_second;
    flow.finish = now + (ticks < 9e18 ? std::llround(ticks) : std::int64_t{9'000'000'000'000'000'000} - now);
    if (std::isinf(flow.rate)) flow.rate = 0;
    next = std::min(next, flow.finish);
  }
  return next;
}

}  // namespace tiercut::planner
