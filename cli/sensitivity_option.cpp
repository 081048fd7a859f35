// SPDX-License-Identifier: Apache-2.0
#include "cli/plan_call.hpp"
#include "planner/sensitivity.hpp"
#include "report/sensitivity_report.hpp"

namespace tiercut::cli {

ExitStatus tell_sensitivity(PlanCall& call) {
  const auto result = planner::sensitivity(call.scenario, call.options);
  call.progress.finish();
  if (!result) {
    if (!call.interruptible.is_interrupted()) return call.console.refuse(result.error());
    call.console.note("interrupted before any plan was found");
    return ExitStatus::interrupted;
  }
  if (!result->is_complete) call.console.note("the search was ended early: some values were not looked at");
  return call.console.finish(call.arguments.is_json ? report::sensitivity_json(call.scenario, *result)
                                                    : report::sensitivity_text(call.scenario, *result),
                             call.status(result->plan.status != deployment::PlanStatus::infeasible));
}

}  // namespace tiercut::cli
