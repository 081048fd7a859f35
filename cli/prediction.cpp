// SPDX-License-Identifier: Apache-2.0
#include "cli/prediction.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "deployment/lowering.hpp"
#include "report/answers.hpp"

namespace tiercut::cli {

namespace {

constexpr int usual_repetitions = 20;      // their mean steadies the statistics
constexpr int interval_repetitions = 200;  // 5 % and 95 % are the 10th and 190th

/// Adds one simulation up.
class Collector {
 public:
  Collector(const deployment::StageGraph& graph, validation::Prediction& prediction, bool keeps)
      : graph_(graph), prediction_(prediction), keeps_(keeps) {}

  void add(const simulator::Record& record) {
    latencies_.push_back(record.latency.seconds().value());
    if (keeps_) prediction_.answered_by.push_back(record.answered_by);
    for (std::size_t term = 0; term < record.terms.size(); ++term) {
      terms_[term] += record.terms[term].seconds().value();
    }
    if (!record.is_right) return;
    ++judged_;
    if (*record.is_right) ++right_;
  }

  void fired(const simulator::Firing& firing) {
    if (firing.sample < graph_.warm_up) return;
    const deployment::Stage& stage = graph_.stage(firing.stage);
    const deployment::Message* message = report::message_of(stage);
    if (message == nullptr || message->hops.empty()) return;
    const bool is_control = std::holds_alternative<deployment::Control>(stage.work);
    (is_control ? control_ : payload_) += message->size.value();
  }

  /// Unanswered samples are infinitely late. Returns the summary of this simulation.
  Summary close(std::int64_t counted) {
    answered_ = static_cast<double>(latencies_.size());
    const auto missing = static_cast<std::size_t>(counted) - latencies_.size();
    latencies_.insert(latencies_.end(), missing, std::numeric_limits<double>::infinity());
    if (keeps_) {
      prediction_.answered_by.insert(prediction_.answered_by.end(), missing, -1);
      prediction_.latencies.insert(prediction_.latencies.end(), latencies_.begin(), latencies_.end());
    }
    return summarise(latencies_);
  }

  validation::TermMeans terms() const {
    validation::TermMeans means = terms_;
    for (double& mean : means) mean /= std::max(1.0, answered_);
    return means;
  }
  std::optional<double> accuracy() const {
    return judged_ > 0 ? std::optional(static_cast<double>(right_) / static_cast<double>(judged_)) : std::nullopt;
  }
  double payload() const { return payload_; }
  double control() const { return control_; }

 private:
  const deployment::StageGraph& graph_;
  validation::Prediction& prediction_;
  bool keeps_;
  std::vector<double> latencies_;
  validation::TermMeans terms_{};
  std::int64_t judged_ = 0, right_ = 0;
  double payload_ = 0, control_ = 0, answered_ = 0;
};

/// Running means of what simulations say.
struct Means {
  std::array<RunningMean, deployment::term_count> terms;
  RunningMean accuracy, payload, control;
  std::array<std::vector<double>, validation::statistic_count> statistics, moved;  ///< moved: with drift drawn
};

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value / static_cast<double>(values.size());
  return sum;
}

void conclude(const Means& means, bool has_intervals, validation::Prediction& prediction) {
  for (std::size_t term = 0; term < means.terms.size(); ++term) prediction.terms[term] = means.terms[term].mean();
  if (means.accuracy.count() > 0) prediction.accuracy = means.accuracy.mean();
  prediction.payload_bytes = means.payload.mean();
  prediction.control_bytes = means.control.mean();
  if (has_intervals) prediction.intervals.emplace();
  for (std::size_t i = 0; i < means.statistics.size(); ++i) {
    prediction.statistics[i] = mean_of(means.statistics[i]);
    if (!has_intervals) continue;
    std::vector<double> values = means.moved[i];
    std::sort(values.begin(), values.end());
    (*prediction.intervals)[i] = {nearest_rank(values, 0.05), nearest_rank(values, 0.95)};
  }
}

}  // namespace

std::shared_ptr<const std::vector<simulator::Course>> courses_of(const validation::RecordedRun& run,
                                                                 const deployment::StageGraph& graph) {
  const std::vector<std::string> names = report::answer_names(graph);
  if (run.answers.empty() && !graph.exits.empty()) return nullptr;
  std::vector<const validation::RecordedSample*> samples;
  for (const validation::RecordedSample& sample : run.samples) samples.push_back(&sample);
  std::stable_sort(samples.begin(), samples.end(),
                   [](const auto* a, const auto* b) { return a->arrival < b->arrival; });
  auto courses = std::make_shared<std::vector<simulator::Course>>();
  const double start = samples.front()->arrival;
  for (const auto* sample : samples) {
    simulator::Course course;
    course.arrival = Instant() + Span::from(Seconds(sample->arrival - start));
    course.member = sample->member;
    for (std::size_t k = 0; sample->answer >= 0 && k < graph.exits.size(); ++k) {
      if (names[k] == run.answers[static_cast<std::size_t>(sample->answer)]) course.conclusive |= 1U << k;
    }
    courses->push_back(course);
  }
  return courses;
}

Result<validation::Prediction> predict(const PredictionRequest& request) {
  validation::Prediction prediction;
  Means means;
  int usual = usual_repetitions;
  const int moved = request.calibration != nullptr ? interval_repetitions : 0;
  for (int repetition = 0; repetition < usual + moved; ++repetition) {
    const std::uint64_t seed = request.seed + static_cast<std::uint64_t>(repetition);
    const bool is_moved = repetition >= usual;
    scenarios::Scenario scenario = *request.scenario;
    if (request.calibration != nullptr) {
      scenario = validation::calibrated(
          scenario, is_moved ? validation::redrawn(*request.calibration, seed) : *request.calibration);
    }
    auto graph = deployment::lower(scenario, *request.plan);
    if (graph && request.warm_up) graph->warm_up = static_cast<int>(*request.warm_up);
    if (!graph) return tl::unexpected(graph.error());
    simulator::Options options;
    options.samples = request.samples;
    options.seed = seed;
    options.stop = request.stop;
    if (request.replayed != nullptr) {
      options.courses = courses_of(*request.replayed, *graph);
      if (options.courses == nullptr) {
        return fail("not-replayable", "'" + request.replayed->path + "' does not say which exit answered",
                    "give it a column answered_by, or leave --replay out");
      }
      options.samples = static_cast<std::int64_t>(options.courses->size());
      if (!graph->is_random) usual = 1;
    }
    if (repetition == 0) prediction.answers = report::answer_names(*graph);
    Collector collector(*graph, prediction, !is_moved);
    options.on_fired = [&](const simulator::Firing& firing) { collector.fired(firing); };
    const auto result =
        simulator::simulate(*graph, options, [&](const simulator::Record& record) { collector.add(record); });
    if (!result) return tl::unexpected(result.error());
    if (result->is_interrupted) return fail("interrupted", "interrupted while a run was predicted");
    const std::int64_t counted = options.samples - graph->warm_up;
    const Summary summary = collector.close(counted);
    auto& statistics = is_moved ? means.moved : means.statistics;
    for (std::size_t i = 0; i < statistics.size(); ++i) statistics[i].push_back(summary.at(all_statistics[i]));
    if (is_moved) continue;
    for (std::size_t term = 0; term < means.terms.size(); ++term) means.terms[term].add(collector.terms()[term]);
    if (const auto accuracy = collector.accuracy()) means.accuracy.add(*accuracy);
    means.payload.add(collector.payload() / static_cast<double>(counted));
    means.control.add(collector.control() / static_cast<double>(counted));
  }
  conclude(means, request.calibration != nullptr, prediction);
  return prediction;
}

Result<std::vector<validation::StageMoments>> replay_stages(const validation::FitRun& run,
                                                            const scenarios::Scenario& changed) {
  const auto graph = deployment::lower(changed, run.plan);
  if (!graph) return tl::unexpected(graph.error());
  simulator::Options options;
  options.courses = courses_of(*run.run, *graph);
  if (options.courses == nullptr) {
    return fail("not-replayable", "'" + run.run->path + "' does not say which exit answered");
  }
  options.samples = static_cast<std::int64_t>(options.courses->size());
  const std::size_t stages = graph->stages.size();
  std::vector<RunningMean> means(stages);
  std::vector<Instant> fired(stages * options.courses->size(), Instant::never());
  options.on_fired = [&](const simulator::Firing& firing) {
    Instant* const of_sample = fired.data() + stages * static_cast<std::size_t>(firing.sample);
    of_sample[firing.stage] = firing.fired;
    if (firing.sample < graph->warm_up) return;
    // Calls and messages wait for all their inputs; what a join or a first-conclusive takes is nobody's cost.
    Instant ready;
    for (const deployment::Edge& input : graph->stage(firing.stage).inputs) {
      if (of_sample[input.from] < Instant::never()) ready = std::max(ready, of_sample[input.from]);
    }
    means[static_cast<std::size_t>(firing.stage)].add((firing.fired - ready).seconds().value());
  };
  const auto result = simulator::simulate(*graph, options);
  if (!result) return tl::unexpected(result.error());
  std::vector<validation::StageMoments> moments;
  for (const RunningMean& mean : means) {
    moments.push_back({static_cast<std::int64_t>(mean.count()), mean.mean(), std::sqrt(mean.variance())});
  }
  return moments;
}

}  // namespace tiercut::cli
