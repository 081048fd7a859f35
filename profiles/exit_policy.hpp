// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/diagnostic.hpp"
#include "profiles/confusion.hpp"
#include "profiles/exit_trace.hpp"

namespace tiercut::profiles {

/// How a trace's answers are asked for: exit by exit, the last without condition. An exit answers when it is confident
/// and its class is one it may answer with.
struct ExitPolicy {
  model::Confidence measure = model::Confidence::normalized_entropy;
  std::vector<std::size_t> answers;  ///< indices of ExitTrace::answers; the last is the final one
  std::vector<double> thresholds;    ///< of all but the last
};

/// What came of it over some samples of a trace.
struct PolicyOutcome {
  std::size_t samples = 0;
  std::vector<std::size_t> answered;   ///< by answer of the policy
  std::vector<std::size_t> right;      ///< of these
  std::optional<Confusion> confusion;  ///< of the class asked for

  double accuracy() const;                                             ///< overall (DDNN III-F)
  double share(std::size_t answer) const;                              ///< of the samples
  double expected_cost(std::span<const double> cost_by_answer) const;  ///< mean over the samples
};

/// The policy's answer to a sample, as an index of ExitPolicy::answers.
std::size_t answering(const ExitTrace& trace, const ExitPolicy& policy, std::size_t sample);

/// `samples` not empty; `positive`: model class whose confusion is counted.
PolicyOutcome evaluate(const ExitTrace& trace, const ExitPolicy& policy, std::span<const std::size_t> samples,
                       std::optional<int> positive = {});

/// The same for a single answer that is given to every sample, whatever its confidence: local, edge and cloud accuracy
/// of DDNN III-F.
PolicyOutcome evaluate_alone(const ExitTrace& trace, std::size_t answer, std::span<const std::size_t> samples,
                             std::optional<int> positive = {});

/// Indices of a part's samples, of all without one.
std::vector<std::size_t> samples_of(const ExitTrace& trace, std::optional<TracePart> part);

/// The exits in the order of asking and the final answer, with these inputs lost. Fails with unknown-loss where one
/// of them was not recorded so; the hint lists the recorded losses.
Result<std::vector<std::size_t>> answers_with(const ExitTrace& trace, const std::vector<std::string>& lost);

/// Thresholds shared by the exits marked in `is_shared` that let about 0, 1/steps, ..., all of the samples exit there,
/// from none to all. Each lies midway between neighbouring scores; equal ones are given once. Empty without exits.
std::vector<double> spread_thresholds(const ExitTrace& trace, const ExitPolicy& policy,
                                      const std::vector<bool>& is_shared, std::span<const std::size_t> samples,
                                      std::size_t steps);

}  // namespace tiercut::profiles
