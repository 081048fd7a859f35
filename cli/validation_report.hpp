// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/validation_subject.hpp"
#include "runtime/validation/run_comparison.hpp"

namespace tiercut::cli {

struct GroupResult {
  const RunGroup* group = nullptr;
  validation::Comparison comparison;
};

/// Plans that compete for one question, as indices into the results.
struct RankedPlans {
  std::vector<std::size_t> plans;
  std::vector<validation::Ranking> rankings;  ///< their indices count within `plans`
};

struct ValidationResult {
  std::vector<GroupResult> groups;
  std::vector<RankedPlans> ranked;
  bool has_tolerance = false;
  bool is_replayed = false;
  std::string calibration;  ///< path; empty without
  bool is_within() const;
};

std::string validation_text(const ValidationResult& result);
std::string validation_json(const ValidationResult& result);
/// `plan,runs,scope,name,statistic,predicted,measured,error,relative_error,spread,low,high,is_within`; times in
/// seconds.
std::string validation_csv(const ValidationResult& result);

}  // namespace tiercut::cli
