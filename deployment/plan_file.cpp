// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <filesystem>

#include "core/document.hpp"
#include "core/files.hpp"
#include "deployment/claims_file.hpp"
#include "deployment/places.hpp"
#include "deployment/plan.hpp"
#include "deployment/plan_reader.hpp"

namespace tiercut::deployment {
namespace {

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string time_text(double seconds) { return format_quantity(seconds, Dimension::time); }

std::string decisions_text(const Plan& plan, const scenarios::Scenario& scenario) {
  const model::Model& net = *scenario.model;
  std::string text = "placement:\n";
  for (std::size_t i = 0; i < net.layers.size(); ++i) {
    if (!computes(net.layers[i])) continue;
    text += fmt::format("  {}: {}\n", net.layers[i].name, scenario.name_of(plan.placement[i]));
  }
  if (!net.exits.empty()) text += "exits:\n";
  for (std::size_t k = 0; k < net.exits.size(); ++k) {
    text += fmt::format("  {}: {{use: {}, escalation: {}", net.exits[k].name, plan.uses_exit[k] ? "true" : "false",
                        scenarios::to_text(plan.escalation[k]));
    if (k < plan.thresholds.size() && plan.thresholds[k]) text += fmt::format(", threshold: {}", *plan.thresholds[k]);
    text += "}\n";
  }
  text += fmt::format("cancel: {}\n", plan.cancel ? "true" : "false");
  if (!plan.encodings.empty()) text += "encodings:\n";
  for (const auto& [tensor, encoding] : plan.encodings) {
    text += fmt::format("  {}: {}\n", net.layer(tensor).name, model::to_text(encoding));
  }
  return text;
}

Format make() {
  const auto time = shape::non_negative(Dimension::time);
  const auto exit = shape::record({
      {"use", shape::boolean(), true, "Whether samples may stop at this exit; its branch is dropped when not."},
      {"escalation", shape::word({"after", "eager"}), true, "Whether later layers wait for the exit's decision."},
      {"threshold", shape::number(0, 1), false, "Confidence at which a sample stops; only with an exit trace."},
  });
  return make_format(
      "tiercut/plan/1", "tiercut deployment plan",
      {
          {"scenario",
           shape::record({{"path", shape::text(), true, "Scenario file, relative to the plan, or a shipped one."},
                          {"hash", shape::text(), true, "Hash of the scenario that the plan was made for."}}),
           true, "What the plan is for."},
          {"made_by", shape::text(), true, "Program and version, or a person."},
          {"status", shape::word({"optimal", "feasible", "infeasible"}), true, "What is claimed of the plan."},
          {"method", shape::text(), true, "How it was found."},
          {"objective", time, true, "Mean latency, or the statistic of the scenario's objective."},
          {"lower_bound", time, true, "No plan has a smaller one."},
          {"gap", shape::non_negative(Dimension::ratio), true, "(objective - lower bound) / objective."},
          {"latency", latency_shape("Predicted latency of one sample by itself."), false, "Predicted statistics."},
          {"thresholds", claims_shape(), false,
           "What is claimed of thresholds that were chosen; then objective, lower bound and gap are about the "
           "calibration part."},
          {"placement", shape::map(shape::text(), 0), true,
           "Device of each layer, as pi, cameras.3 or jetson:gpu; Input and Output follow the workload."},
          {"exits", shape::map(exit), false, "What is done with each exit. Required when the model has any."},
          {"cancel", shape::boolean(), true, "Whether a conclusive eager exit stops later work that has not started."},
          {"encodings", shape::map(shape::word({"f32", "f16", "int8", "bit"})), false,
           "Tensors sent in another encoding than their own."},
      });
}

}  // namespace

const Format& plan_format() {
  static const Format format = make();
  return format;
}

std::string to_yaml(const PlanDocument& document, const scenarios::Scenario& scenario) {
  std::string text = fmt::format("schema: {}\n", plan_format().id);
  text += fmt::format("scenario:\n  path: {}\n  hash: {}\n", in_quotes(document.scenario_file),
                      in_quotes(document.scenario_hash));
  text += fmt::format("made_by: {}\nstatus: {}\nmethod: {}\n", in_quotes(document.made_by), to_text(document.status),
                      in_quotes(document.method));
  text += fmt::format("objective: {}\nlower_bound: {}\ngap: {}\n", time_text(document.objective_s),
                      time_text(document.lower_bound_s), format_quantity(document.gap, Dimension::ratio));
  if (document.latency_s) text += latency_text(*document.latency_s, "");
  if (document.thresholds) text += claims_text(*document.thresholds);
  return text + decisions_text(document.plan, scenario);
}

Result<PlanDocument> read_plan(const std::string& path, const scenarios::Scenario& scenario, Diagnostics& warnings) {
  const Result<Document> document = read_document(path, Defects::keep);
  if (!document) return tl::unexpected(document.error());
  return read_plan(*document, scenario, warnings);
}

Result<PlanDocument> read_plan(const Document& document, const scenarios::Scenario& scenario, Diagnostics& warnings) {
  Diagnostics found;
  if (!check(document, plan_format(), found)) return tl::unexpected(std::move(found));
  return plan_from(document, scenario, warnings);
}

Result<std::string> scenario_of_plan(const std::string& path) {
  const Result<Document> document = read_document(path, Defects::keep);
  if (!document) return tl::unexpected(document.error());
  Diagnostics found;
  if (!check(*document, plan_format(), found)) return tl::unexpected(std::move(found));
  const Node& reference = at(at(document->root, "scenario"), "path");
  const std::string beside = std::filesystem::path(path).parent_path().string();
  return resolve_reference(reference.text, beside, "scenarios", reference.where);
}

}  // namespace tiercut::deployment
