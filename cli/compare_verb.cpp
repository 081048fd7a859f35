// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "cli/console.hpp"
#include "cli/subject.hpp"
#include "core/files.hpp"
#include "planner/planner.hpp"
#include "report/comparison.hpp"
#include "report/plan_report.hpp"

namespace tiercut::cli {

namespace {

constexpr std::size_t most_bytes = 64u << 20;

struct Side {
  report::NamedResult result;
  bool is_plan = false;
};

// A JSON object is a result; anything else must be a plan, which is priced on the scenario that it names.
Result<Side> read_side(const std::string& file, const Arguments& arguments, Console& console) {
  auto text = read_file(file, most_bytes);
  if (!text) return tl::unexpected(std::move(text.error()));
  const std::size_t first = text->find_first_not_of(" \t\r\n");
  if (first != std::string::npos && (*text)[first] == '{') return Side{{file, std::move(*text)}, false};
  const auto planned = read_planned_scenario(file, arguments);
  if (!planned) return tl::unexpected(planned.error());
  console.tell(planned->scenario->warnings);
  console.tell(planned->warnings);
  const auto evaluated = planner::evaluate_plan(*planned->scenario, planned->document.plan,
                                                {.with_ways_out = false, .with_baselines = false});
  if (!evaluated) return tl::unexpected(evaluated.error());
  return Side{{file, report::plan_json(*planned->scenario, *evaluated)}, true};
}

}  // namespace

ExitStatus run_compare(const Arguments& arguments, Console& console) {
  const auto a = read_side(arguments.files[0], arguments, console);
  const auto b = read_side(arguments.files[1], arguments, console);
  if (!a || !b) {
    if (!a) console.tell(a.error());
    if (!b) console.tell(b.error());
    return ExitStatus::bad_input;
  }
  if (!a->is_plan && !b->is_plan) {
    if (const auto fine = refuse_overrides(arguments, "results are compared as they are"); !fine) {
      return console.refuse(fine.error());
    }
  }
  const auto text =
      arguments.is_json ? report::comparison_json(a->result, b->result) : report::comparison_text(a->result, b->result);
  return text ? console.finish(*text, ExitStatus::yes) : console.refuse(text.error());
}

}  // namespace tiercut::cli
