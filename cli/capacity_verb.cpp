// SPDX-License-Identifier: Apache-2.0
#include "cli/console.hpp"
#include "cli/subject.hpp"
#include "planner/capacity.hpp"
#include "report/capacity_report.hpp"

namespace tiercut::cli {

ExitStatus run_capacity(const Arguments& arguments, Console& console) {
  const auto scenario = read_subject(arguments, console);
  if (!scenario) return console.refuse(scenario.error());
  const auto places = planner::capacity(**scenario);
  if (!places) return console.refuse(places.error());
  return console.finish(
      arguments.is_json ? report::capacity_json(**scenario, *places) : report::capacity_text(**scenario, *places),
      ExitStatus::yes);
}

}  // namespace tiercut::cli
