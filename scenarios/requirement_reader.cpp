// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>

#include "scenarios/read_context.hpp"

namespace tiercut::scenarios {
namespace {

using Measure = QualityRequirement::Measure;
constexpr std::array<std::string_view, 5> measures = {"error", "gap", "disagreement", "class-error", "f1"};
constexpr double usual_confidence = 0.95;

std::optional<LatencyRequirement> latency_from(const Node& node) {
  LatencyRequirement requirement;
  const std::string wanted = text_or(node, "statistic", std::string(to_text(requirement.statistic)));
  for (const Statistic statistic : all_statistics) {
    if (to_text(statistic) == wanted) requirement.statistic = statistic;
  }
  requirement.at_most = Seconds(as_quantity(at(node, "at_most"), Dimension::time));
  return requirement;
}

std::optional<double> confidence_from(const Node& node) {
  const Node* given = node.find("confidence");
  if (given == nullptr) return usual_confidence;
  if (given->text == "none") return std::nullopt;
  return as_quantity(*given, Dimension::ratio);
}

QualityRequirement quality_from(ReadContext& context, std::string_view key, const Node& node) {
  QualityRequirement quality;
  if (key == "f1") {
    quality.measure = Measure::f1;
    quality.model_class = static_cast<int>(as_integer(at(node, "class")));
    quality.limit = as_quantity(at(node, "at_least"), Dimension::ratio);
    return quality;
  }
  quality.confidence = confidence_from(node);
  if (key == "accuracy") {
    quality.limit = 1 - as_quantity(at(node, "at_least"), Dimension::ratio);
    return quality;
  }
  const std::string word = text_or(node, "measure", "error");
  for (std::size_t m = 0; m < measures.size(); ++m)
    if (measures[m] == word) quality.measure = static_cast<Measure>(m);
  quality.limit = as_quantity(at(node, "at_most"), Dimension::ratio);
  const Node* of_class = node.find("class");
  if ((of_class != nullptr) != (quality.measure == Measure::class_error)) {
    context.error("bad-requirement", of_class != nullptr ? of_class->key_where : node.key_where,
                  of_class != nullptr ? "only a class error is about a class" : "a class error of which class?",
                  of_class != nullptr ? "write measure: class-error, or leave the class out" : "add class: N");
  }
  if (of_class != nullptr) quality.model_class = static_cast<int>(as_integer(*of_class));
  return quality;
}

void read_quality(ReadContext& context, const Node& requirement) {
  const Node* first = nullptr;
  for (const std::string_view key : {"accuracy", "loss", "f1"}) {
    const Node* node = context.find(requirement, key);
    if (node == nullptr) continue;
    if (first != nullptr) {
      context.error("conflicting-keys", node->key_where,
                    "accuracy, loss and f1 are three ways to say how good answers are", "keep one of them");
      continue;
    }
    first = node;
    context.scenario.requirement.quality = quality_from(context, key, *node);
    if (context.root.find("exit_trace") == nullptr)
      context.error("bad-requirement", node->key_where, "without an exit trace nobody knows how good answers are",
                    "add exit_trace: NAME, or leave this out");
  }
}

}  // namespace

std::string_view to_text(QualityRequirement::Measure measure) { return measures[static_cast<std::size_t>(measure)]; }

std::string to_text(const QualityRequirement& quality) {
  const auto percent = [](double share) { return fmt::format("{:.6g} %", 100 * share); };
  if (quality.measure == Measure::error) return "accuracy >= " + percent(1 - quality.limit);
  if (quality.measure == Measure::f1)
    return fmt::format("F1 of class {} >= {}", quality.model_class, percent(quality.limit));
  if (quality.measure == Measure::class_error)
    return fmt::format("errors about class {} <= {}", quality.model_class, percent(quality.limit));
  return fmt::format("{} <= {}", to_text(quality.measure), percent(quality.limit));
}

std::string to_text(const Objective& objective) {
  if (objective.kind == Objective::Kind::accuracy) return "accuracy";
  return std::string(to_text(objective.statistic)) + " latency";
}

void read_requirement(ReadContext& context) {
  if (const Node* node = context.find_partly(context.root, "requirement", NodeKind::map)) {
    if (const Node* latency = context.find(*node, "latency"))
      context.scenario.requirement.latency = latency_from(*latency);
    read_quality(context, *node);
  }
  const Node* objective = context.find(context.root, "objective");
  if (objective == nullptr) return;
  Objective wanted;
  for (const Statistic statistic : all_statistics)
    if (to_text(statistic) == objective->text) wanted.statistic = statistic;
  if (objective->text == "accuracy") wanted.kind = Objective::Kind::accuracy;
  if (wanted.kind == Objective::Kind::accuracy && context.root.find("exit_trace") == nullptr)
    context.error("bad-requirement", objective->where, "without an exit trace nobody knows how good answers are",
                  "add exit_trace: NAME, or another objective");
  context.scenario.objective = wanted;
}

}  // namespace tiercut::scenarios
