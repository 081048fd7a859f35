// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/simulator.hpp"

namespace tiercut::study {

/// What a point of a study says of the promise.
enum class Verdict {
  kept,
  missed,
  none,    ///< nothing is promised
  failed,  ///< the point has no figures, and a reason
};
std::string_view to_text(Verdict verdict);
std::optional<Verdict> verdict_named(std::string_view name);

/// What became of one point.
struct PointResult {
  std::int64_t point = 0;
  Verdict verdict = Verdict::failed;
  std::string reason;                 ///< failed: `out-of-range: ...`; missed: why no plan would keep it, if none does
  std::vector<std::string> answers;   ///< names of the exits, then of the final answer
  std::optional<double> predicted_s;  ///< mean latency by the estimate
  std::string plan_status;            ///< `optimal`, `feasible`, `infeasible`; `fixed` and `given` of plans not made
  std::string placement;              ///< `conv1..pool2@pi fc1..softmax@cloud`
  std::int64_t arrivals = 0;          ///< simulated, warm-up included
  std::optional<simulator::SimulationResult> result;
};

/// A point without figures.
PointResult failed_point(std::int64_t point, std::string reason);

}  // namespace tiercut::study
