// SPDX-License-Identifier: Apache-2.0
#include "deployment/claims_file.hpp"

#include <fmt/format.h>

namespace tiercut::deployment {
namespace {

constexpr double most_count = 1e15;

ShapePointer part_shape() {
  return shape::record({
      {"samples", shape::integer(0, most_count), true, "Samples of this part of the trace."},
      {"lost", shape::integer(0, most_count), true, "Of these, lost; of F1 its weighted errors in millionths."},
      {"accuracy", shape::quantity(Dimension::ratio, 0, 1), true, "Share of the samples that are answered rightly."},
      {"latency", latency_shape("Latency of one of these samples by itself."), true, "Over these samples."},
  });
}

std::string ratio_text(double ratio) { return format_quantity(ratio, Dimension::ratio); }

std::string part_text(const std::string& name, const PartFigures& part) {
  return fmt::format("  {}:\n    samples: {}\n    lost: {}\n    accuracy: {}\n", name, part.samples, part.lost,
                     ratio_text(part.accuracy)) +
         latency_text(part.latency_s, "    ");
}

PartFigures part_from(const Node& node) {
  PartFigures part;
  part.samples = as_integer(at(node, "samples"));
  part.lost = as_integer(at(node, "lost"));
  part.accuracy = as_quantity(at(node, "accuracy"), Dimension::ratio);
  part.latency_s = latency_from(at(node, "latency"));
  return part;
}

}  // namespace

ShapePointer latency_shape(const std::string& meaning) {
  std::vector<Field> statistics;
  for (const Statistic statistic : all_statistics)
    statistics.push_back({std::string(to_text(statistic)), shape::non_negative(Dimension::time), true, meaning});
  return shape::record(std::move(statistics));
}

std::string latency_text(const Summary& summary, const std::string& indent) {
  std::string text = indent + "latency:\n";
  for (const Statistic statistic : all_statistics)
    text += fmt::format("{}  {}: {}\n", indent, to_text(statistic),
                        format_quantity(summary.at(statistic), Dimension::time));
  return text;
}

Summary latency_from(const Node& node) {
  const auto of = [&node](Statistic statistic) { return as_quantity(at(node, to_text(statistic)), Dimension::time); };
  return Summary{.mean = of(Statistic::mean),
                 .p50 = of(Statistic::p50),
                 .p90 = of(Statistic::p90),
                 .p95 = of(Statistic::p95),
                 .p99 = of(Statistic::p99),
                 .max = of(Statistic::max)};
}

ShapePointer claims_shape() {
  const auto share = shape::non_negative(Dimension::ratio);
  return shape::record({
      {"objective", shape::text(), true, "What was to be least: mean latency, p99 latency, accuracy and so on."},
      {"loss", shape::word({"error", "gap", "disagreement", "class-error", "f1"}), true, "What counts as lost."},
      {"class", shape::integer(0, 1e6), false, "Of a class error and of F1."},
      {"allowance", shape::integer(0, most_count), true,
       "No plan whose thresholds lose at most so many calibration samples is better."},
      {"measured", part_shape(), true, "On the calibration part, on which thresholds were chosen."},
      {"certified",
       shape::record({
           {"confidence", share, true, "That these hold for samples drawn like those of the trace."},
           {"loss", share, true, "At most this share is lost."},
           {"late", share, false, "At most this share is answered after the limit of the latency percentile."},
           {"tests", shape::integer(1, most_count), true, "Steps of the fixed sequence of tests."},
       }),
       false, "What was tested on the test part."},
      {"held_out", part_shape(), false, "On the test part, which was not used to choose."},
  });
}

std::string claims_text(const ThresholdClaims& claims) {
  std::string text = fmt::format("thresholds:\n  objective: {}\n  loss: {}\n", claims.objective, claims.loss);
  if (claims.loss == "class-error" || claims.loss == "f1") text += fmt::format("  class: {}\n", claims.model_class);
  text += fmt::format("  allowance: {}\n", claims.allowance) + part_text("measured", claims.measured);
  if (const auto& certified = claims.certified) {
    text += fmt::format("  certified: {{confidence: {}, loss: {}", ratio_text(certified->confidence),
                        ratio_text(certified->loss));
    if (certified->late) text += ", late: " + ratio_text(*certified->late);
    text += fmt::format(", tests: {}}}\n", certified->tests);
  }
  if (claims.held_out) text += part_text("held_out", *claims.held_out);
  return text;
}

ThresholdClaims claims_from(const Node& node) {
  ThresholdClaims claims;
  claims.objective = at(node, "objective").text;
  claims.loss = at(node, "loss").text;
  claims.model_class = static_cast<int>(integer_or(node, "class", 0));
  claims.allowance = as_integer(at(node, "allowance"));
  claims.measured = part_from(at(node, "measured"));
  if (const Node* certified = node.find("certified")) {
    CertifiedFigures figures;
    figures.confidence = as_quantity(at(*certified, "confidence"), Dimension::ratio);
    figures.loss = as_quantity(at(*certified, "loss"), Dimension::ratio);
    if (const Node* late = certified->find("late")) figures.late = as_quantity(*late, Dimension::ratio);
    figures.tests = as_integer(at(*certified, "tests"));
    claims.certified = figures;
  }
  if (const Node* held_out = node.find("held_out")) claims.held_out = part_from(*held_out);
  return claims;
}

}  // namespace tiercut::deployment
