// SPDX-License-Identifier: Apache-2.0
#include "planner/thresholds/threshold_problem.hpp"

#include <algorithm>
#include <cmath>

namespace tiercut::planner {
namespace {

constexpr double millionth = 1e6;

struct LossTable {
  const profiles::ExitTrace& trace;
  const LossChoice& choice;
  std::size_t final_answer;

  std::uint32_t f1_weight(bool is_class) const {
    const double f = std::round(choice.f1 * millionth);
    return static_cast<std::uint32_t>(is_class ? 2 * millionth - f : f);
  }

  std::uint32_t of(std::size_t answer, std::size_t sample) const {
    const bool is_class = trace.labels[sample] == choice.model_class;
    switch (choice.kind) {
      case LossKind::error:
        return trace.is_right(answer, sample) ? 0 : 1;
      case LossKind::gap:
        return !trace.is_right(answer, sample) && trace.is_right(final_answer, sample) ? 1 : 0;
      case LossKind::disagreement:
        return trace.answer_of(answer, sample) == trace.answer_of(final_answer, sample) ? 0 : 1;
      case LossKind::class_error:
      case LossKind::f1: {
        const bool says_class = trace.answer_of(answer, sample) == choice.model_class;
        if (says_class == is_class) return 0;
        return choice.kind == LossKind::f1 ? f1_weight(is_class) : 1;
      }
    }
    return 0;
  }
};

std::string name_of(const LossChoice& loss) {
  switch (loss.kind) {
    case LossKind::error:
      return "error";
    case LossKind::gap:
      return "early wrong where the final answer is right";
    case LossKind::disagreement:
      return "disagreement with the final answer";
    case LossKind::class_error:
      return "error about class " + std::to_string(loss.model_class);
    case LossKind::f1:
      return "F1 of class " + std::to_string(loss.model_class) + " (weighted errors)";
  }
  return {};
}

std::vector<std::size_t> samples_of(const profiles::ExitTrace& trace, std::optional<profiles::TracePart> part) {
  std::vector<std::size_t> samples;
  for (std::size_t i = 0; i < trace.size(); ++i)
    if (!part || trace.parts[i] == *part) samples.push_back(i);
  return samples;
}

}  // namespace

Result<ThresholdProblem> make_threshold_problem(const profiles::ExitTrace& trace, const LossChoice& loss,
                                                std::optional<profiles::TracePart> part,
                                                const std::vector<std::string>& exits,
                                                std::optional<model::Confidence> measure) {
  const auto refuse = [&](const std::string& why, const std::string& hint = {}) {
    return fail("bad-trace-use", "exit trace `" + trace.name + "`: " + why, hint);
  };
  const auto is_asked = [&](const std::string& name) {
    return exits.empty() || std::find(exits.begin(), exits.end(), name) != exits.end();
  };
  std::vector<std::size_t> asked;
  std::vector<std::string> known;
  std::optional<std::size_t> last;
  for (std::size_t a = 0; a < trace.answers.size(); ++a) {
    const auto& answer = trace.answers[a];
    if (!answer.lost.empty()) continue;
    if (answer.exit == "final") {
      last = a;
      continue;
    }
    known.push_back(answer.exit);
    if (is_asked(answer.exit)) asked.push_back(a);
  }
  for (const auto& name : exits)
    if (std::find(known.begin(), known.end(), name) == known.end())
      return refuse("no exit `" + name + "`", "it records " + list_words(known));
  if (!last) return refuse("the final answer is not recorded");
  if (asked.size() > max_exits)
    return refuse(std::to_string(asked.size()) + " exits, at most " + std::to_string(max_exits) + " can be planned");
  const auto samples = samples_of(trace, part);
  if (samples.empty()) return refuse("no samples in the part that is asked for");

  ThresholdProblem problem;
  problem.loss = name_of(loss);
  problem.has_unit_loss = loss.kind != LossKind::f1;
  const LossTable table{trace, loss, *last};
  for (const auto answer : asked) {
    ExitColumn column;
    column.name = trace.answers[answer].exit;
    column.measure = measure.value_or(trace.measure);
    for (const auto i : samples) {
      const double score = trace.scores[answer][i].confidence(column.measure);
      if (!std::isfinite(score))
        return refuse("sample " + std::to_string(i) + " has no finite score at `" + column.name + "`");
      column.score.push_back(score);
      column.may_answer.push_back(trace.may_answer(answer, i) ? 1 : 0);
      column.loss.push_back(table.of(answer, i));
    }
    problem.exits.push_back(std::move(column));
  }
  for (const auto i : samples) problem.final_loss.push_back(table.of(*last, i));
  return problem;
}

std::uint64_t f1_budget(const profiles::ExitTrace& trace, const LossChoice& loss,
                        std::optional<profiles::TracePart> part) {
  std::uint64_t of_class = 0;
  for (const auto i : samples_of(trace, part)) of_class += trace.labels[i] == loss.model_class ? 1 : 0;
  return 2 * of_class * static_cast<std::uint64_t>(millionth - std::round(loss.f1 * millionth));
}

std::uint64_t budget_of_share(std::size_t samples, double share) {
  const double exact = share * static_cast<double>(samples);
  return static_cast<std::uint64_t>(std::floor(exact + 1e-9 * std::max(1.0, exact)));
}

double sureness(const ExitColumn& exit, std::size_t sample) {
  const double score = exit.score[sample];
  return exit.measure == model::Confidence::normalized_entropy ? -score : score;
}

ExitChoice choice_between(model::Confidence measure, std::optional<double> last_in, std::optional<double> first_out) {
  const bool is_entropy = measure == model::Confidence::normalized_entropy;
  const double most = is_entropy ? 0 : 1, least = is_entropy ? -1 : 0;
  ExitChoice choice;
  choice.is_closed = !last_in;
  if (!last_in && (!first_out || *first_out >= most)) return choice;
  const double above = last_in.value_or(most), below = first_out.value_or(std::min(least, above));
  double middle = below + (above - below) / 2;
  if (middle <= below && first_out) middle = above;
  if (!first_out) middle = below;
  choice.threshold = is_entropy ? -middle : middle;
  if (*choice.threshold == 0) choice.threshold = 0.0;
  return choice;
}

ThresholdOutcome replay(const ThresholdProblem& problem, const std::vector<ExitChoice>& choices) {
  ThresholdOutcome outcome;
  outcome.answered.assign(problem.levels(), 0);
  for (std::size_t i = 0; i < problem.samples(); ++i) {
    std::size_t level = 0;
    for (; level < problem.exits.size(); ++level) {
      const auto& exit = problem.exits[level];
      const auto& choice = choices[level];
      if (!choice.is_used || !choice.threshold || exit.may_answer[i] == 0) continue;
      const bool is_entropy = exit.measure == model::Confidence::normalized_entropy;
      if (is_entropy ? exit.score[i] <= *choice.threshold : exit.score[i] >= *choice.threshold) break;
    }
    ++outcome.answered[level];
    outcome.loss += level < problem.exits.size() ? problem.exits[level].loss[i] : problem.final_loss[i];
  }
  return outcome;
}

}  // namespace tiercut::planner
