// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/diagnostic.hpp"
#include "model/model.hpp"
#include "profiles/exit_trace.hpp"

namespace tiercut::planner {

/// One exit over all samples: how sure it was, whether it may answer, and what its answer would cost in loss.
struct ExitColumn {
  std::string name;
  model::Confidence measure = model::Confidence::normalized_entropy;
  std::vector<double> score;             ///< by sample, finite, compared as it stands
  std::vector<std::uint8_t> may_answer;  ///< by sample
  std::vector<std::uint32_t> loss;       ///< by sample, if it is answered here
};

/// Choose one threshold an exit. Level k < exits.size() is exit k, the last level the final answer, which always
/// answers. A sample is answered at the first exit that may answer and is confident (contract in DESIGN, Exit).
struct ThresholdProblem {
  std::vector<ExitColumn> exits;          ///< in the order in which they are asked; at most max_exits
  std::vector<std::uint32_t> final_loss;  ///< by sample
  std::string loss = "error";             ///< for people
  bool has_unit_loss = true;              ///< every loss is 0 or 1, so that it is a rate that can be certified

  std::size_t samples() const { return final_loss.size(); }
  std::size_t levels() const { return exits.size() + 1; }
};

inline constexpr std::size_t max_exits = 12;

/// What counts as a loss.
enum class LossKind {
  error,         ///< the answer is wrong
  gap,           ///< the answer is early and wrong, the final one would have been right
  disagreement,  ///< the answer is another than the final one
  class_error,   ///< wrong about one class: it is that class and the answer is not, or the other way round
  f1             ///< F1 of one class at least a limit, see f1_budget
};

struct LossChoice {
  LossKind kind = LossKind::error;
  int model_class = 0;  ///< for class_error and f1
  double f1 = 0;        ///< for f1: the limit, in (0, 1), taken to six decimals
};

/// A problem from a trace: its exits (those recorded without losses of devices) in the trace's order, or the named ones
/// only, asked by `measure` (nothing: the trace's own), over the samples of one part (nothing: all).
/// Fails with bad-trace-use: unknown exit, more than max_exits, a score that is not finite, or no samples.
Result<ThresholdProblem> make_threshold_problem(const profiles::ExitTrace& trace, const LossChoice& loss,
                                                std::optional<profiles::TracePart> part = {},
                                                const std::vector<std::string>& exits = {},
                                                std::optional<model::Confidence> measure = {});

/// F1 of class c is at least f exactly when f * FP + (2 - f) * FN <= 2 P (1 - f), with P the samples of the class: a
/// loss with two weights. This is the right side in the units of LossKind::f1's weights (millionths).
std::uint64_t f1_budget(const profiles::ExitTrace& trace, const LossChoice& loss,
                        std::optional<profiles::TracePart> part = {});

/// `share` of the samples as a whole number of losses: floor(share * samples), proof against rounding of the product.
std::uint64_t budget_of_share(std::size_t samples, double share);

/// Scores with the sign that makes a higher one more confident.
double sureness(const ExitColumn& exit, std::size_t sample);

/// One exit as chosen.
struct ExitChoice {
  bool is_used = true;              ///< false: the exit is not asked at all
  bool is_closed = false;           ///< asked, but no sample of the trace stops here
  std::optional<double> threshold;  ///< none when not used, or closed and no value of [0, 1] closes it
};

/// The threshold below which (in sureness) nobody stops: midway between the least sure that stops, `last_in`, and the
/// next, `first_out`; without a next the end of the measure's range, without either the exit stays closed. In float64,
/// in the measure's own direction.
ExitChoice choice_between(model::Confidence measure, std::optional<double> last_in, std::optional<double> first_out);

/// What thresholds do to the samples of a problem, by asking one sample after the other: independent of any search.
struct ThresholdOutcome {
  std::vector<std::size_t> answered;  ///< by level
  std::uint64_t loss = 0;
};
ThresholdOutcome replay(const ThresholdProblem& problem, const std::vector<ExitChoice>& choices);

}  // namespace tiercut::planner
