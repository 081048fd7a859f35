// SPDX-License-Identifier: Apache-2.0
#include "study/point_result.hpp"

#include <array>
#include <utility>

namespace tiercut::study {

namespace {

constexpr std::array<std::string_view, 4> names = {"kept", "missed", "none", "failed"};

}  // namespace

std::string_view to_text(Verdict verdict) { return names[static_cast<std::size_t>(verdict)]; }

std::optional<Verdict> verdict_named(std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<Verdict>(i);
  }
  return std::nullopt;
}

PointResult failed_point(std::int64_t point, std::string reason) {
  PointResult result;
  result.point = point;
  result.reason = std::move(reason);
  return result;
}

}  // namespace tiercut::study
