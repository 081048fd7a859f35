// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "scenarios/exit_replay.hpp"
#include "scenarios/read_context.hpp"

namespace tiercut::scenarios {
namespace {

std::optional<TraceUse> trace_from(ReadContext& context, const Node& node) {
  const Node& file = node.kind == NodeKind::map ? at(node, "file") : node;
  const auto path = context.files.resolve(file.text, context.folder, "profiles/exits", file.where);
  if (!path) {
    context.append(path.error());
    return std::nullopt;
  }
  auto trace = context.files.trace(*path);
  if (!trace) {
    context.append(trace.error());
    return std::nullopt;
  }
  TraceUse use = std::move(*trace);
  if (const Node* part = node.find("part")) {
    if (part->text == "all") use.part.reset();
    if (part->text == "calibration") use.part = profiles::TracePart::calibration;
  }
  if (const Node* order = node.find("order")) use.is_in_order = order->text == "recorded";
  return use;
}

/// What the exit's entry says, or nothing after a diagnostic.
std::optional<ExitStatement> statement_from(ReadContext& context, const std::string& name, const Node& node,
                                            bool has_trace_entry) {
  const Node* probability = node.find("probability");
  const Node* threshold = node.find("threshold");
  const bool is_left_out = probability == nullptr && threshold == nullptr;
  if ((is_left_out && !has_trace_entry) || (probability != nullptr && threshold != nullptr)) {
    context.error("bad-exit", node.key_where,
                  fmt::format("exit `{}` has {}", name,
                              probability == nullptr ? "neither a probability nor a threshold"
                                                     : "both a probability and a threshold"),
                  "give it a probability, or a threshold and the scenario an exit_trace");
    return std::nullopt;
  }
  ExitStatement statement{0, text_or(node, "source", "")};
  if (probability != nullptr) {
    statement.probability = as_quantity(*probability, Dimension::ratio);
    if (has_trace_entry) {
      context.error("bad-exit", probability->where,
                    fmt::format("exit `{}` states a probability, but the scenario has an exit_trace", name),
                    "give it a threshold, which the trace is held against, or leave out exit_trace");
      return std::nullopt;
    }
    return statement;
  }
  if (!has_trace_entry) {
    context.error("bad-exit", threshold->where,
                  fmt::format("exit `{}` has a threshold, but the scenario has no exit_trace to hold it against", name),
                  "add exit_trace: NAME, or state a probability");
    return std::nullopt;
  }
  statement.is_open = is_left_out || threshold->text == "auto";
  if (!statement.is_open) statement.threshold = as_quantity(*threshold, Dimension::ratio);
  return statement;
}

void check_trace(ReadContext& context, const TraceUse& use, const Location& where) {
  const model::Model& model = *context.scenario.model;
  const profiles::ExitTrace& trace = *use.trace;
  if (model.exits.size() > most_replayed_exits)
    context.error("bad-exit", where, fmt::format("a trace replays at most {} exits", most_replayed_exits));
  for (std::size_t k = 0; k < model.exits.size(); ++k) {
    const auto& statement = context.scenario.exits[k];
    const bool is_asked = statement && (statement->threshold || statement->is_open);
    if (!is_asked || trace.find(model.exits[k].name) >= 0) continue;
    std::vector<std::string> names;
    for (const auto& answer : trace.answers) names.push_back(answer.exit);
    context.error("trace-misfit", where,
                  fmt::format("trace {} has nothing of exit `{}`", trace.name, model.exits[k].name),
                  suggest(model.exits[k].name, names));
  }
  const auto& quality = context.scenario.requirement.quality;
  if (quality && quality->model_class >= trace.classes)
    context.error("trace-misfit", at(context.root, "requirement").where,
                  fmt::format("trace {} has no class {}", trace.name, quality->model_class),
                  fmt::format("its classes are 0 to {}", trace.classes - 1));
  bool has_rows = false;
  for (const profiles::TracePart part : trace.parts) has_rows = has_rows || !use.part || part == *use.part;
  if (!has_rows)
    context.error("trace-misfit", where, fmt::format("trace {} has no sample of the part asked for", trace.name),
                  "write part: all");
}

/// A sample that reaches an exit got past those before it, so these shares are conditional.
void derive_probabilities(Scenario& scenario) {
  const ExitReplay replay = replay_of(scenario, thresholds_of(scenario));
  std::uint32_t before = 0;
  for (std::size_t k = 0; k < scenario.exits.size(); ++k) {
    const std::uint32_t bit = 1U << k;
    if (scenario.exits[k] && scenario.exits[k]->threshold) {
      const auto reached = static_cast<double>(replay.rows_with(before, 0));
      const auto left = static_cast<double>(replay.rows_with(before | bit, bit));
      scenario.exits[k]->probability = reached > 0 ? left / reached : 0;
    }
    before |= bit;
  }
}

}  // namespace

std::vector<std::optional<double>> thresholds_of(const Scenario& scenario) {
  std::vector<std::optional<double>> thresholds;
  for (const auto& statement : scenario.exits)
    thresholds.push_back(statement ? statement->threshold : std::optional<double>());
  return thresholds;
}

ExitReplay replay_of(const Scenario& scenario, std::span<const std::optional<double>> thresholds) {
  const TraceUse& use = *scenario.exit_trace;
  return make_replay(*use.trace, *scenario.model, thresholds, use.part, use.is_in_order);
}

void read_exits(ReadContext& context) {
  Scenario& scenario = context.scenario;
  if (context.has_model()) scenario.exits.resize(scenario.model->exits.size());
  const Node* trace = context.find(context.root, "exit_trace");
  if (const Node* map = context.find_partly(context.root, "exits", NodeKind::map)) {
    const bool has_trace_entry = context.root.find("exit_trace") != nullptr;
    for (const auto& [name, node] : map->fields) {
      const int exit = context.exit(name, node.key_where);
      if (exit < 0 || context.is_refused(node)) continue;
      scenario.exits[static_cast<std::size_t>(exit)] = statement_from(context, name, node, has_trace_entry);
    }
  }
  if (trace == nullptr) return;
  auto use = trace_from(context, *trace);
  if (!use || !context.has_model()) return;
  check_trace(context, *use, trace->key_where);
  scenario.exit_trace = std::move(use);
  if (scenario.model->exits.size() <= most_replayed_exits) derive_probabilities(scenario);
}

}  // namespace tiercut::scenarios
