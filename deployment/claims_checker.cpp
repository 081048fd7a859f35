// SPDX-License-Identifier: Apache-2.0
#include "deployment/claims_checker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "deployment/lowering.hpp"
#include "deployment/relaxation.hpp"
#include "deployment/replay.hpp"
#include "scenarios/exit_replay.hpp"

namespace tiercut::deployment {
namespace {

using Measure = scenarios::QualityRequirement::Measure;
using profiles::TracePart;

bool nearly_equal(double a, double b) {
  return a == b || std::fabs(a - b) <= 1e-9 * std::max(std::fabs(a), std::fabs(b));
}

std::int64_t loss_of(const profiles::ExitTrace& trace, const scenarios::QualityRequirement& quality, std::size_t answer,
                     std::size_t last, std::size_t sample) {
  const bool is_class = trace.labels[sample] == quality.model_class;
  const bool says_class = trace.answer_of(answer, sample) == quality.model_class;
  switch (quality.measure) {
    case Measure::error:
      return trace.is_right(answer, sample) ? 0 : 1;
    case Measure::gap:
      return trace.is_right(last, sample) && !trace.is_right(answer, sample) ? 1 : 0;
    case Measure::disagreement:
      return trace.answer_of(answer, sample) != trace.answer_of(last, sample) ? 1 : 0;
    case Measure::class_error:
      return is_class != says_class ? 1 : 0;
    case Measure::f1:
      // F1 >= f exactly when f FP + (2 - f) FN <= 2 P (1 - f), here in millionths.
      if (is_class == says_class) return 0;
      return std::llround((is_class ? 2 - quality.limit : quality.limit) * 1e6);
  }
  return 0;
}

/// What the document counts as lost; the limit of F1, which weighs its errors, is the scenario's.
scenarios::QualityRequirement measured_by(const ThresholdClaims& claims, const scenarios::Scenario& scenario) {
  scenarios::QualityRequirement quality;
  for (const auto measure : {Measure::error, Measure::gap, Measure::disagreement, Measure::class_error, Measure::f1})
    if (to_text(measure) == claims.loss) quality.measure = measure;
  quality.model_class = claims.model_class;
  if (scenario.requirement.quality) quality.limit = scenario.requirement.quality->limit;
  return quality;
}

class ClaimsChecker {
 public:
  ClaimsChecker(const scenarios::Scenario& scenario, const PlanDocument& document, CheckReport& report)
      : scenario_(scenario),
        document_(document),
        claims_(*document.thresholds),
        report_(report),
        findings_(report.findings) {}

  void run() {
    if (!scenario_.exit_trace)
      return error("wrong-figures", "thresholds", "thresholds were chosen, but the scenario has no exit trace");
    const auto quality = measured_by(claims_, scenario_);
    const auto& required = scenario_.requirement.quality;
    if (required && (required->measure != quality.measure || required->model_class != quality.model_class))
      error("wrong-figures", "thresholds.loss", "the plan counts another loss than the scenario's requirement");
    check_part("measured", claims_.measured, TracePart::calibration, quality);
    if (claims_.held_out) check_part("held_out", *claims_.held_out, TracePart::test, quality);
    if (claims_.measured.lost > claims_.allowance)
      error("wrong-figures", "thresholds.allowance", "the thresholds lose more than the allowance they are best for");
    if (claims_.certified) check_certificate(quality);
    if (document_.status != PlanStatus::infeasible) check_quality();
  }

 private:
  void error(std::string code, std::string path, std::string message) {
    findings_.push_back(
        {Severity::error, std::move(code), {document_.file, 0, 0, std::move(path)}, std::move(message), {}});
  }

  void check_part(const std::string& name, const PartFigures& claimed, TracePart part,
                  const scenarios::QualityRequirement& quality) {
    const auto found = recount(scenario_, document_.plan, part, quality);
    if (!found) {
      for (const auto& diagnostic : found.error()) findings_.push_back(diagnostic);
      return;
    }
    (part == TracePart::calibration ? report_.measured : report_.held_out) = *found;
    const auto complain = [&](const std::string& what, auto claims, auto is) {
      error("wrong-figures", "thresholds." + name, fmt::format("the plan claims {} {}; it is {}", what, claims, is));
    };
    if (claimed.samples != found->samples) complain("a number of samples of", claimed.samples, found->samples);
    if (claimed.lost != found->lost) complain("a loss of", claimed.lost, found->lost);
    if (!nearly_equal(claimed.accuracy, found->accuracy)) complain("an accuracy of", claimed.accuracy, found->accuracy);
    for (const Statistic statistic : all_statistics)
      if (!nearly_equal(claimed.latency_s.at(statistic), found->latency_s.at(statistic)))
        complain(fmt::format("a {} latency in seconds of", to_text(statistic)), claimed.latency_s.at(statistic),
                 found->latency_s.at(statistic));
  }

  /// The last test of the sequence is done again; that those before it passed too is the planner's word.
  void check_certificate(const scenarios::QualityRequirement& quality) {
    const auto& certified = *claims_.certified;
    if (quality.measure == Measure::f1 || !claims_.held_out)
      return error("wrong-certificate", "thresholds.certified", "nothing can be certified of this");
    const double delta = (1 - certified.confidence) * (1 + 1e-6);
    const double p = at_most_errors(claims_.held_out->samples, claims_.held_out->lost, certified.loss);
    if (p > delta)
      error("wrong-certificate", "thresholds.certified.loss",
            fmt::format("{} of {} lost does not certify {} at this confidence (p = {:.3g})", claims_.held_out->lost,
                        claims_.held_out->samples, certified.loss, p));
    if (!certified.late || !scenario_.requirement.latency) return;
    const auto late = late_samples();
    if (late && at_most_errors(claims_.held_out->samples, *late, *certified.late) > delta)
      error("wrong-certificate", "thresholds.certified.late",
            fmt::format("{} late of {} does not certify {}", *late, claims_.held_out->samples, *certified.late));
  }

  std::optional<std::int64_t> late_samples() const {
    scenarios::Scenario on_test = scenario_;
    on_test.exit_trace->part = TracePart::test;
    const auto graph = lower(on_test, document_.plan);
    if (!graph) return std::nullopt;
    const Span limit = Span::from(scenario_.requirement.latency->at_most);
    std::int64_t late = 0;
    for (const auto& pattern : graph->replay->patterns) {
      std::vector<bool> conclusive;
      for (std::size_t k = 0; k < graph->exits.size(); ++k) conclusive.push_back((pattern.conclusive >> k & 1U) != 0);
      const auto latency = replay(*graph, conclusive);
      if (!latency || *latency > limit) late += pattern.rows;
    }
    return late;
  }

  void check_quality() {
    const auto& required = scenario_.requirement.quality;
    if (!required) return;
    if (required->measure == Measure::f1) {
      const auto& trace = *scenario_.exit_trace->trace;
      std::int64_t of_class = 0;
      for (std::size_t i = 0; i < trace.size(); ++i)
        of_class += trace.parts[i] == TracePart::calibration && trace.labels[i] == required->model_class ? 1 : 0;
      if (claims_.measured.lost > 2 * of_class * std::llround((1 - required->limit) * 1e6))
        error("loss-missed", "thresholds.measured", "F1 is below the scenario's requirement");
      return;
    }
    if (claims_.measured.lost_share() > required->limit * (1 + 1e-9))
      error("loss-missed", "thresholds.measured",
            fmt::format("{:.6g} of the samples are lost, more than {:.6g}", claims_.measured.lost_share(),
                        required->limit));
    if (!required->confidence) return;
    const auto& certified = claims_.certified;
    if (!certified || certified->confidence < *required->confidence || certified->loss > required->limit)
      error("loss-missed", "thresholds.certified", "the scenario asks for a certificate that the plan does not have");
  }

  const scenarios::Scenario& scenario_;
  const PlanDocument& document_;
  const ThresholdClaims& claims_;
  CheckReport& report_;
  Diagnostics& findings_;
};

/// A sample in the relaxation: its time without any loss that can be avoided, and what losses would save.
struct Saving {
  double a_loss = 0;  // at best, by loss
  double most = 0;
};

}  // namespace

double chosen_thresholds_bound(const scenarios::Scenario& scenario, const ThresholdClaims& claims) {
  const auto& trace = *scenario.exit_trace->trace;
  const auto quality = measured_by(claims, scenario);
  const auto times = least_answer_times(scenario);
  const auto last = static_cast<std::size_t>(trace.find("final"));
  std::vector<std::pair<std::size_t, double>> answers;  // index in the trace, time
  for (std::size_t k = 0; k + 1 < times.size(); ++k) {
    const int found = scenario.exits[k] ? trace.find(scenario.model->exits[k].name) : -1;
    if (found >= 0) answers.emplace_back(static_cast<std::size_t>(found), times[k]);
  }
  double least = times.back();
  for (const auto& [answer, time] : answers) least = std::min(least, time);
  const Statistic statistic = scenario.objective ? scenario.objective->statistic : Statistic::mean;
  if (statistic != Statistic::mean) return least;

  std::vector<Saving> savings;
  double sum = 0, samples = 0;
  auto allowance = static_cast<double>(claims.allowance);
  for (std::size_t i = 0; i < trace.size(); ++i) {
    if (trace.parts[i] != TracePart::calibration) continue;
    auto least_loss = loss_of(trace, quality, last, last, i);
    double time = times.back(), quickest = time;
    std::vector<std::pair<std::int64_t, double>> others{{least_loss, time}};
    for (const auto& [answer, at] : answers) {
      if (!trace.may_answer(answer, i)) continue;
      const auto loss = loss_of(trace, quality, answer, last, i);
      others.emplace_back(loss, at);
      if (loss < least_loss || (loss == least_loss && at < time)) time = at;
      least_loss = std::min(least_loss, loss);
      quickest = std::min(quickest, at);
    }
    Saving saving{0, time - quickest};
    for (const auto& [loss, at] : others)
      if (loss > least_loss)
        saving.a_loss = std::max(saving.a_loss, (time - at) / static_cast<double>(loss - least_loss));
    if (saving.a_loss > 0) savings.push_back(saving);
    allowance -= static_cast<double>(least_loss);
    sum += time;
    ++samples;
  }
  std::sort(savings.begin(), savings.end(), [](const auto& a, const auto& b) { return a.a_loss > b.a_loss; });
  for (const Saving& saving : savings) {
    if (allowance <= 0) break;
    const double spent = std::min(allowance, saving.most / saving.a_loss);
    allowance -= spent;
    sum -= spent * saving.a_loss;
  }
  // Stages are rounded to the picosecond one by one, these sums are not.
  const double rounding = 1e-12 * static_cast<double>(scenario.model->layers.size() + scenario.links.size());
  return samples > 0 ? std::max(0.0, sum / samples - rounding) : 0;
}

double at_most_errors(std::int64_t n, std::int64_t errors, double p) {
  if (errors >= n || p <= 0) return 1;
  if (p >= 1) return 0;
  const auto count = static_cast<double>(n);
  double sum = 0;
  for (std::int64_t k = 0; k <= errors; ++k) {
    const auto x = static_cast<double>(k);
    sum += std::exp(std::lgamma(count + 1) - std::lgamma(x + 1) - std::lgamma(count - x + 1) + x * std::log(p) +
                    (count - x) * std::log1p(-p));
  }
  return sum;
}

Result<PartFigures> recount(const scenarios::Scenario& scenario, const Plan& plan, TracePart part,
                            const scenarios::QualityRequirement& quality) {
  scenarios::Scenario on_part = scenario;
  on_part.exit_trace->part = part;
  const auto graph = lower(on_part, plan);
  if (!graph) return tl::unexpected(graph.error());
  const auto mixture = replay_mixture(*graph);
  if (!mixture) return tl::unexpected(mixture.error());
  const auto& trace = *scenario.exit_trace->trace;
  std::vector<std::size_t> answers;
  for (const auto& exit : scenario.model->exits) {
    const int found = trace.find(exit.name);
    answers.push_back(found < 0 ? trace.answers.size() : static_cast<std::size_t>(found));
  }
  answers.push_back(static_cast<std::size_t>(trace.find("final")));
  PartFigures figures;
  figures.latency_s = *mixture;
  std::map<std::uint32_t, int> known;  // who answers, by what the exits say
  std::size_t row = 0;
  std::int64_t right = 0;
  for (std::size_t sample = 0; sample < trace.size(); ++sample) {
    if (trace.parts[sample] != part) continue;
    const std::uint32_t mask = graph->replay->conclusive[row++];
    auto who = known.find(mask);
    if (who == known.end()) {
      std::vector<bool> conclusive;
      for (std::size_t k = 0; k < graph->exits.size(); ++k) conclusive.push_back((mask >> k & 1U) != 0);
      const auto by = answered_by(*graph, conclusive);
      if (!by) return fail("unanswered", "some samples are never answered");
      who = known.emplace(mask, *by).first;
    }
    const std::size_t answer = answers[static_cast<std::size_t>(who->second)];
    ++figures.samples;
    figures.lost += loss_of(trace, quality, answer, answers.back(), sample);
    right += trace.is_right(answer, sample) ? 1 : 0;
  }
  figures.accuracy = figures.samples > 0 ? static_cast<double>(right) / static_cast<double>(figures.samples) : 0;
  return figures;
}

void check_threshold_claims(const scenarios::Scenario& scenario, const PlanDocument& document, CheckReport& report) {
  if (document.thresholds) ClaimsChecker(scenario, document, report).run();
}

}  // namespace tiercut::deployment
