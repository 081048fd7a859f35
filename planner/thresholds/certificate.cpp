// SPDX-License-Identifier: Apache-2.0
#include "planner/thresholds/certificate.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "planner/thresholds/binomial.hpp"

namespace tiercut::planner {
namespace {

bool is_share(double value) { return value > 0 && value < 1; }

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g %%", 100 * share);
  return text;
}

std::uint64_t late_of(const LatePromise& promise, const std::vector<std::size_t>& answered) {
  std::uint64_t late = 0;
  for (std::size_t k = 0; k < answered.size(); ++k) late += promise.is_late[k] ? answered[k] : 0;
  return late;
}

CertifiedRate rate_of(std::uint64_t chosen_on, std::size_t calibration, std::uint64_t held_out, std::size_t test,
                      double promise) {
  CertifiedRate rate;
  rate.measured = static_cast<double>(chosen_on) / static_cast<double>(calibration);
  rate.held_out = static_cast<double>(held_out) / static_cast<double>(test);
  rate.held_out_count = held_out;
  rate.p_value = binomial_tail(test, held_out, promise);
  return rate;
}

std::string guarantee_of(const Certificate& certificate, const Promise& promise, const std::string& loss) {
  const std::string promised =
      loss + " at most " + percent(promise.loss_rate) +
      (promise.late ? " and answers over the latency budget at most " + percent(promise.late->share) : "");
  const std::string samples = std::to_string(certificate.test_samples) + " samples not used to choose";
  if (certificate.is_certified)
    return "with confidence " + percent(1 - promise.delta) + ": " + promised +
           ", for samples drawn like these; exact " + "binomial tests in a fixed order on " + samples;
  const double hardest = promise.late ? std::min(promise.loss_rate, promise.late->share) : promise.loss_rate;
  return "nothing is guaranteed: the strictest thresholds failed the test of " + promised + " on " + samples +
         "; without a single loss " + std::to_string(fewest_samples(hardest, promise.delta)) +
         " samples would be needed";
}

}  // namespace

Result<Certificate> certify(const ThresholdProblem& calibration, const ThresholdProblem& test,
                            std::span<const ThresholdAnswer> path, std::span<const LevelCosts> costs,
                            const Promise& promise) {
  const auto refuse = [](const std::string& why) { return fail("bad-promise", why); };
  if (path.empty()) return refuse("no thresholds to certify");
  if (!calibration.has_unit_loss || !test.has_unit_loss)
    return refuse("`" + calibration.loss + "` is not a rate: only losses of 0 or 1 are certified");
  if (!is_share(promise.loss_rate) || !is_share(promise.delta) || (promise.late && !is_share(promise.late->share)))
    return refuse("rates and delta lie between 0 and 1");
  if (promise.late && promise.late->is_late.size() != test.levels())
    return refuse("the late levels do not fit the exits");
  if (test.exits.size() != calibration.exits.size() || test.samples() == 0 || calibration.samples() == 0)
    return refuse("the two parts of the trace do not fit each other");

  Certificate certificate;
  certificate.delta = promise.delta;
  certificate.calibration_samples = calibration.samples();
  certificate.test_samples = test.samples();
  for (std::size_t step = 0; step < path.size(); ++step) {
    const auto& answer = path[step];
    if (answer.placement >= costs.size() || answer.choices.size() != test.exits.size())
      return refuse("the path does not fit the placements");
    const auto outcome = replay(test, answer.choices);
    const auto loss = rate_of(answer.loss, calibration.samples(), outcome.loss, test.samples(), promise.loss_rate);
    std::optional<CertifiedRate> late;
    if (promise.late)
      late = rate_of(late_of(*promise.late, answer.answered), calibration.samples(),
                     late_of(*promise.late, outcome.answered), test.samples(), promise.late->share);
    const bool has_passed = loss.p_value <= promise.delta && (!late || late->p_value <= promise.delta);
    ++certificate.tests;
    if (has_passed || step == 0) {
      certificate.step = step;
      certificate.answer = answer;
      certificate.loss = loss;
      certificate.late = late;
      certificate.cost_measured = answer.cost;
      certificate.cost_held_out = mean_cost(costs[answer.placement], outcome.answered);
      certificate.is_certified = has_passed;
    }
    if (!has_passed) break;
  }
  if (certificate.is_certified) {
    certificate.loss.certified = promise.loss_rate;
    if (certificate.late) certificate.late->certified = promise.late->share;
  }
  certificate.guarantee = guarantee_of(certificate, promise, calibration.loss);
  return certificate;
}

double cautious_share(double share, std::size_t test_samples, double delta) {
  const std::int64_t most = most_errors(test_samples, share, delta);
  if (most <= 0) return 0;
  const auto count = static_cast<double>(most);
  return std::max(0.0, count - std::sqrt(count)) / static_cast<double>(test_samples);
}

}  // namespace tiercut::planner
