// SPDX-License-Identifier: Apache-2.0
#include "profiles/exit_policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tiercut::profiles {
namespace {

double fraction(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

template <class AnswerOf>
PolicyOutcome count(const ExitTrace& trace, std::span<const std::size_t> answers, std::span<const std::size_t> samples,
                    std::optional<int> positive, AnswerOf answer_of) {
  PolicyOutcome outcome;
  outcome.samples = samples.size();
  outcome.answered.resize(answers.size());
  outcome.right.resize(answers.size());
  if (positive) outcome.confusion.emplace();
  for (const std::size_t sample : samples) {
    const std::size_t by = answer_of(sample);
    ++outcome.answered[by];
    if (trace.is_right(answers[by], sample)) ++outcome.right[by];
    if (positive)
      outcome.confusion->add(trace.labels[sample] == *positive, trace.answer_of(answers[by], sample) == *positive);
  }
  return outcome;
}

/// By how little confidence the sample still exits at one of the shared exits; nothing where none may answer.
std::optional<double> easiest_score(const ExitTrace& trace, const ExitPolicy& policy,
                                    const std::vector<bool>& is_shared, std::size_t sample) {
  std::optional<double> best;
  for (std::size_t k = 0; k + 1 < policy.answers.size(); ++k) {
    const std::size_t answer = policy.answers[k];
    if (!is_shared[k] || !trace.may_answer(answer, sample)) continue;
    const double score = trace.scores[answer][sample].confidence(policy.measure);
    if (!best || is_confident(policy.measure, score, *best)) best = score;
  }
  return best;
}

std::string loss_text(const std::vector<std::string>& lost) {
  return lost.empty() ? "none" : fmt::format("{}", fmt::join(lost, "+"));
}

}  // namespace

double PolicyOutcome::accuracy() const {
  return fraction(std::accumulate(right.begin(), right.end(), std::size_t{0}), samples);
}

double PolicyOutcome::share(std::size_t answer) const { return fraction(answered[answer], samples); }

double PolicyOutcome::expected_cost(std::span<const double> cost_by_answer) const {
  double total = 0;
  for (std::size_t i = 0; i < answered.size(); ++i) total += static_cast<double>(answered[i]) * cost_by_answer[i];
  return samples == 0 ? 0 : total / static_cast<double>(samples);
}

std::size_t answering(const ExitTrace& trace, const ExitPolicy& policy, std::size_t sample) {
  const std::size_t last = policy.answers.size() - 1;
  for (std::size_t k = 0; k < last; ++k) {
    const std::size_t answer = policy.answers[k];
    const double score = trace.scores[answer][sample].confidence(policy.measure);
    if (is_confident(policy.measure, score, policy.thresholds[k]) && trace.may_answer(answer, sample)) return k;
  }
  return last;
}

PolicyOutcome evaluate(const ExitTrace& trace, const ExitPolicy& policy, std::span<const std::size_t> samples,
                       std::optional<int> positive) {
  return count(trace, policy.answers, samples, positive,
               [&](std::size_t sample) { return answering(trace, policy, sample); });
}

PolicyOutcome evaluate_alone(const ExitTrace& trace, std::size_t answer, std::span<const std::size_t> samples,
                             std::optional<int> positive) {
  return count(trace, std::span(&answer, 1), samples, positive, [](std::size_t) { return std::size_t{0}; });
}

std::vector<std::size_t> samples_of(const ExitTrace& trace, std::optional<TracePart> part) {
  std::vector<std::size_t> samples;
  for (std::size_t i = 0; i < trace.size(); ++i)
    if (!part || trace.parts[i] == *part) samples.push_back(i);
  return samples;
}

Result<std::vector<std::size_t>> answers_with(const ExitTrace& trace, const std::vector<std::string>& lost) {
  std::vector<std::size_t> answers;
  for (const TracedAnswer& complete : trace.answers) {
    if (!complete.lost.empty()) break;
    const int found = trace.find(complete.exit, lost);
    if (found < 0) {
      std::vector<std::string> recorded;
      for (const TracedAnswer& answer : trace.answers)
        if (const std::string text = loss_text(answer.lost);
            !answer.lost.empty() && std::find(recorded.begin(), recorded.end(), text) == recorded.end())
          recorded.push_back(text);
      return fail("unknown-loss",
                  fmt::format("the trace '{}' does not say what `{}` answers with {} lost", trace.name, complete.exit,
                              list_words(lost)),
                  recorded.empty() ? "it was recorded with all inputs there only"
                                   : "losses it was recorded with: " + list_words(recorded));
    }
    answers.push_back(static_cast<std::size_t>(found));
  }
  return answers;
}

std::vector<double> spread_thresholds(const ExitTrace& trace, const ExitPolicy& policy,
                                      const std::vector<bool>& is_shared, std::span<const std::size_t> samples,
                                      std::size_t steps) {
  const bool is_entropy = policy.measure == model::Confidence::normalized_entropy;
  const double strictest = is_entropy ? 0 : 1;
  std::vector<double> scores;
  for (const std::size_t sample : samples)
    if (const auto score = easiest_score(trace, policy, is_shared, sample)) scores.push_back(*score);
  if (scores.empty()) return {};
  std::sort(scores.begin(), scores.end(),
            [&](double a, double b) { return a != b && is_confident(policy.measure, a, b); });
  // Rounding may have put an entropy a little above 1.
  const double laxest = is_entropy ? std::max(1.0, scores.back()) : std::min(0.0, scores.back());
  std::vector<double> thresholds;
  for (std::size_t step = 0; step <= steps; ++step) {
    const std::size_t exiting = step * scores.size() / steps;
    const double last_in = exiting == 0 ? strictest : scores[exiting - 1];
    const double first_out = exiting == scores.size() ? laxest : scores[exiting];
    const double threshold = exiting == scores.size() ? laxest : std::midpoint(last_in, first_out);
    if (thresholds.empty() || thresholds.back() != threshold) thresholds.push_back(threshold);
  }
  return thresholds;
}

}  // namespace tiercut::profiles
