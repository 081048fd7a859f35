// SPDX-License-Identifier: Apache-2.0
#include "cli/plan_call.hpp"
#include "planner/regret.hpp"
#include "report/regret_report.hpp"

namespace tiercut::cli {

ExitStatus plan_for_ranges(PlanCall& call) {
  std::vector<planner::KnobRange> ranges;
  Diagnostics errors;
  for (const std::string& text : call.arguments.ranges) {
    const auto range = planner::range_from(call.scenario, text);
    if (range)
      ranges.push_back(*range);
    else
      errors.insert(errors.end(), range.error().begin(), range.error().end());
  }
  if (!errors.empty()) return call.console.refuse(errors);
  const auto result = planner::least_regret(call.scenario, ranges, call.options);
  call.progress.finish();
  if (!result) {
    if (!call.interruptible.is_interrupted()) return call.console.refuse(result.error());
    call.console.note("interrupted before any plan was found");
    return ExitStatus::interrupted;
  }
  if (result->plan) {
    if (const auto written = write_plan(call, *result->plan); !written) return call.console.refuse(written.error());
  } else if (call.out) {
    call.console.note("no plan keeps the promise over all ranges, so '" + *call.arguments.out + "' was not written");
  }
  return call.console.finish(call.arguments.is_json ? report::regret_json(call.scenario, *result)
                                                    : report::regret_text(call.scenario, *result),
                             call.status(result->plan.has_value()));
}

}  // namespace tiercut::cli
