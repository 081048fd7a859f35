// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "profiles/exit_policy.hpp"

/// What comes of an exit trace at some thresholds. Keys of the JSON: report/README.md.
namespace tiercut::report {

/// One row: the thresholds of all exits, and what comes of them.
struct ExitsPoint {
  std::optional<double> shared;    ///< of the exits that have none of their own
  std::vector<double> thresholds;  ///< by exit
  profiles::PolicyOutcome outcome;
};

struct ExitsResult {
  const profiles::ExitTrace* trace = nullptr;
  std::string part;  ///< `calibration`, `test`, `all`
  model::Confidence measure = model::Confidence::normalized_entropy;
  std::vector<std::string> lost;
  std::vector<std::size_t> answers;  ///< of the trace, in the order of asking
  std::vector<std::size_t> samples;
  std::optional<int> positive;  ///< class whose precision, recall, specificity and F1 are given
  std::vector<double> costs;    ///< by answer; empty: none
  std::string cost_unit;        ///< `MACs`, or empty where the user gave plain numbers

  /// Each answer given to all samples: local, edge and cloud accuracy (DDNN III-F).
  std::vector<profiles::PolicyOutcome> alone;
  std::vector<ExitsPoint> points;
};

/// Tables, and plots of accuracy and exit share when there are points to join.
std::string exits_text(const ExitsResult& result);
std::string exits_json(const ExitsResult& result);
std::string exits_csv(const ExitsResult& result);  ///< a line a point, exact numbers

}  // namespace tiercut::report
