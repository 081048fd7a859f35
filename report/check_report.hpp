// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/diagnostic.hpp"
#include "deployment/plan_checker.hpp"

/// What `check` found of files. Keys of the JSON: report/README.md.
namespace tiercut::report {

/// A plan held against its scenario.
struct CheckedPlan {
  scenarios::ScenarioPointer scenario;
  deployment::PlanDocument document;
  deployment::CheckReport report;
};

struct CheckedFile {
  std::string file;   ///< as the user named it
  std::string kind;   ///< `model`, `profile`, `scenario`, `plan`; empty when it could not be told
  std::string facts;  ///< `12 layers, 13,259,012 weights`
  Diagnostics findings;
  std::optional<CheckedPlan> plan;
  bool is_readable = false;  ///< the file itself is sound
  bool holds() const { return is_readable && (!plan || plan->report.holds()); }
};

std::string check_text(const std::vector<CheckedFile>& files);
std::string check_json(const std::vector<CheckedFile>& files);

}  // namespace tiercut::report
