// SPDX-License-Identifier: Apache-2.0
#include "cli/plan_call.hpp"
#include "planner/replan.hpp"
#include "report/replan_report.hpp"

namespace tiercut::cli {

ExitStatus replan_from(PlanCall& call) {
  const auto in_force = deployment::read_plan_in_force(*call.arguments.in_force, call.scenario);
  if (!in_force) return call.console.refuse(in_force.error());
  const auto store = weight_store(call.arguments, call.scenario);
  if (!store) return call.console.refuse(store.error());
  const planner::ReplanRequest request{call.arguments.horizon, *store};
  const auto result = planner::replan(call.scenario, *in_force, request, call.options);
  call.progress.finish();
  if (!result) {
    if (!call.interruptible.is_interrupted()) return call.console.refuse(result.error());
    call.console.note("interrupted before any plan was found");
    return ExitStatus::interrupted;
  }
  if (const auto written = write_plan(call, result->recommended); !written) return call.console.refuse(written.error());
  return call.console.finish(call.arguments.is_json ? report::replan_json(call.scenario, *result, request)
                                                    : report::replan_text(call.scenario, *result, request),
                             call.status(result->recommended.status != deployment::PlanStatus::infeasible));
}

}  // namespace tiercut::cli
