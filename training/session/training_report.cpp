// SPDX-License-Identifier: Apache-2.0
#include "training/session/training_report.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace tiercut::training {
namespace {

using Json = nlohmann::ordered_json;

/// JSON has no NaN.
Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json matrix(const ConfusionMatrix& confusion) {
  Json rows = Json::array();
  for (int label = 0; label < confusion.classes(); ++label) {
    Json row = Json::array();
    for (int predicted = 0; predicted < confusion.classes(); ++predicted)
      row.push_back(confusion.count(label, predicted));
    rows.push_back(std::move(row));
  }
  return rows;
}

Json class_measures(const ConfusionMatrix& confusion, int positive) {
  const profiles::Confusion counts = confusion.against_rest(positive);
  return {{"class", positive},
          {"true_positives", counts.true_positive},
          {"false_positives", counts.false_positive},
          {"false_negatives", counts.false_negative},
          {"true_negatives", counts.true_negative},
          {"precision", number(counts.precision())},
          {"recall", number(counts.recall())},
          {"specificity", number(counts.specificity())},
          {"f1", number(counts.f1())}};
}

Json answer(const AnswerMetrics& metrics) {
  Json classes = Json::array();
  for (int i = 0; i < metrics.confusion.classes(); ++i) classes.push_back(class_measures(metrics.confusion, i));
  return {{"name", metrics.name},
          {"lost", metrics.lost},
          {"samples", metrics.confusion.samples()},
          {"accuracy", number(metrics.confusion.accuracy())},
          {"classes", std::move(classes)},
          {"confusion", matrix(metrics.confusion)}};
}

Json answers(const std::vector<AnswerMetrics>& metrics) {
  Json all = Json::array();
  for (const AnswerMetrics& one : metrics) all.push_back(answer(one));
  return all;
}

}  // namespace

std::string to_json_line(const EpochRecord& record) {
  Json terms = Json::array();
  for (const EpochRecord::Term& term : record.terms) {
    Json json = {{"layer", term.layer}, {"loss", number(term.loss)}, {"accuracy", number(term.accuracy)}};
    if (term.validation) json["validation_accuracy"] = number(*term.validation);
    terms.push_back(std::move(json));
  }
  const Json json = {{"epoch", record.epoch},
                     {"stage", record.stage},
                     {"stage_epoch", record.stage_epoch},
                     {"rate", record.rate},
                     {"samples", record.samples},
                     {"loss", number(record.loss)},
                     {"terms", std::move(terms)},
                     {"seconds", std::round(record.seconds * 1000) / 1000}};
  return json.dump() + "\n";
}

std::string provenance_of(const Training& training, const std::string& command, const std::string& data_origin,
                          int epochs_done) {
  return fmt::format("{}; {}; seed {}; {} epochs", command, data_origin, training.seed, epochs_done);
}

std::string metrics_json(const Training& training, const Evaluation& evaluation, const std::string& command,
                         const std::string& data_origin) {
  const Json json = {{"schema", "tiercut/metrics/1"},
                     {"training", training.name},
                     {"model", training.model->name},
                     {"command", command},
                     {"data", data_origin},
                     {"seed", training.seed},
                     {"epochs", training.epochs()},
                     {"answers", answers(evaluation.answers)},
                     {"layers", answers(evaluation.layers)}};
  return json.dump(1) + "\n";
}

}  // namespace tiercut::training
