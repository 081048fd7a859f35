// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "cli/console.hpp"
#include "cli/exits_arguments.hpp"
#include "core/files.hpp"
#include "model/model.hpp"
#include "profiles/exit_policy.hpp"
#include "report/exits_report.hpp"

namespace tiercut::cli {

namespace {

constexpr std::size_t default_steps = 20;

/// Multiply-accumulates up to each answer when exits are asked one after the other; empty where the trace's model is
/// not shipped or has other exits.
std::vector<double> macs_by_answer(const profiles::ExitTrace& trace, std::size_t answers) {
  const auto names = shipped_names("model/zoo");
  if (std::find(names.begin(), names.end(), trace.model) == names.end()) return {};
  const auto path = resolve_reference(trace.model, "", "model/zoo", {});
  const auto read = path ? model::read_model(*path) : tl::unexpected(path.error());
  if (!read) return {};
  const model::Model& model = **read;
  if (model.exits.size() + 1 != answers) return {};
  for (std::size_t k = 0; k < model.exits.size(); ++k)
    if (model.exits[k].name != trace.answers[k].exit) return {};
  std::vector<double> macs(answers);
  for (std::size_t k = 0; k < answers; ++k)
    for (model::LayerId layer = 0; layer < model.layer_count(); ++layer)
      if (model.level(layer) <= static_cast<int>(k)) macs[k] += static_cast<double>(model.layer(layer).macs);
  return macs;
}

std::vector<report::ExitsPoint> points_of(const ExitsRequest& request, const report::ExitsResult& result) {
  const profiles::ExitTrace& trace = *result.trace;
  profiles::ExitPolicy policy{request.measure, result.answers, {}};
  std::vector<bool> is_shared;
  for (const auto& own : request.own) is_shared.push_back(!own);
  const bool has_shared = std::find(is_shared.begin(), is_shared.end(), true) != is_shared.end();
  const auto at = [&](std::optional<double> shared) {
    policy.thresholds.clear();
    for (const auto& own : request.own) policy.thresholds.push_back(own.value_or(shared.value_or(0)));
    return report::ExitsPoint{shared, policy.thresholds,
                              profiles::evaluate(trace, policy, result.samples, request.positive)};
  };
  if (!has_shared) return request.own.empty() ? std::vector<report::ExitsPoint>{} : std::vector{at({})};
  const auto grid = request.grid.empty()
                        ? profiles::spread_thresholds(trace, policy, is_shared, result.samples, default_steps)
                        : request.grid;
  std::vector<report::ExitsPoint> points;
  for (const double shared : grid) points.push_back(at(shared));
  return points;
}

}  // namespace

const Verb& exits_verb() {
  static const Verb verb = {
      "exits",
      "accuracy, early exits and cost over thresholds, from a trace",
      "TRACE",
      1,
      1,
      {{"--measure", "M", "entropy, max-probability or margin; default: the trace's", &Arguments::measure},
       {"--thresholds", "LIST", "shared by all exits: 0.1,0.2 or 0:1:0.05", &Arguments::grid},
       {"--threshold", "EXIT=T", "of one exit, which then shares none; repeatable", &Arguments::own_thresholds},
       {"--costs", "LIST", "of a sample by who answers it: 1,2,20", &Arguments::costs},
       {"--class", "K", "also precision, recall and F1 of class K", &Arguments::positive_class, 0},
       {"--part", "PART", "calibration, test (default) or all", &Arguments::part},
       {"--lost", "INPUT", "as recorded with this input's device lost; repeatable", &Arguments::lost},
       {"--out", "FILE", "the table as CSV", &Arguments::out}},
      {"Default thresholds let 0, 5, ..., 100 % of what may exit early do so. Costs",
       "default to multiply-accumulates, where the model is a shipped one."},
      {"exits trace.exits --class 8 --out curve.csv"},
      run_exits};
  return verb;
}

ExitStatus run_exits(const Arguments& arguments, Console& console) {
  const auto path = resolve_reference(arguments.files.front(), "", "profiles/exits", {});
  if (!path) return console.refuse(path.error());
  const auto trace = profiles::read_exit_trace(*path);
  if (!trace) return console.refuse(trace.error());
  const auto request = exits_request(arguments, **trace);
  if (!request) return console.refuse(request.error());
  const auto answers = profiles::answers_with(**trace, request->lost);
  if (!answers) return console.refuse(answers.error());

  report::ExitsResult result;
  result.trace = trace->get();
  result.part = request->part_name;
  result.measure = request->measure;
  result.lost = request->lost;
  result.answers = *answers;
  result.samples = profiles::samples_of(**trace, request->part);
  result.positive = request->positive;
  if (result.samples.empty())
    return console.refuse({{Severity::error,
                            "empty-part",
                            {arguments.files.front(), 0, 0, {}},
                            "the trace has no samples of part " + request->part_name,
                            "--part all takes those it has"}});
  result.costs = request->costs;
  if (result.costs.empty() && request->lost.empty()) {
    result.costs = macs_by_answer(**trace, answers->size());
    if (!result.costs.empty()) result.cost_unit = "MACs";
  }
  for (const std::size_t answer : *answers)
    result.alone.push_back(profiles::evaluate_alone(**trace, answer, result.samples, request->positive));
  result.points = points_of(*request, result);

  if (arguments.out) {
    if (const auto written = write_file(*arguments.out, report::exits_csv(result)); !written)
      return console.refuse(written.error());
    console.note("wrote " + *arguments.out);
  }
  return console.finish(arguments.is_json ? report::exits_json(result) : report::exits_text(result), ExitStatus::yes);
}

}  // namespace tiercut::cli
