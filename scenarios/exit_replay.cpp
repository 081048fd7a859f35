// SPDX-License-Identifier: Apache-2.0
#include "scenarios/exit_replay.hpp"

#include <map>

namespace tiercut::scenarios {
namespace {

struct TracedExit {
  int answer = -1;  // index in the trace
  model::Confidence measure = model::Confidence::normalized_entropy;
  std::optional<double> threshold;
};

}  // namespace

std::int64_t ExitReplay::rows_with(std::uint32_t decided, std::uint32_t said) const {
  std::int64_t count = 0;
  for (const Pattern& pattern : patterns)
    if ((pattern.conclusive & decided) == (said & decided)) count += pattern.rows;
  return count;
}

std::int64_t ExitReplay::right_rows_with(std::uint32_t decided, std::uint32_t said, int answer) const {
  std::int64_t count = 0;
  for (const Pattern& pattern : patterns)
    if ((pattern.conclusive & decided) == (said & decided))
      count += pattern.right_rows[static_cast<std::size_t>(answer)];
  return count;
}

ExitReplay make_replay(const profiles::ExitTrace& trace, const model::Model& model,
                       std::span<const std::optional<double>> thresholds, std::optional<profiles::TracePart> part,
                       bool is_in_order) {
  std::vector<TracedExit> exits;
  for (std::size_t k = 0; k < model.exits.size(); ++k)
    exits.push_back({trace.find(model.exits[k].name), model.exits[k].confidence,
                     k < thresholds.size() ? thresholds[k] : std::nullopt});
  const int final_answer = trace.find("final");
  const std::size_t answers = exits.size() + 1;

  ExitReplay replay;
  replay.trace = trace.name;
  replay.is_in_order = is_in_order;
  std::map<std::uint32_t, ExitReplay::Pattern> patterns;
  for (std::size_t sample = 0; sample < trace.size(); ++sample) {
    if (part && trace.parts[sample] != *part) continue;
    std::uint32_t conclusive = 0, right = 0;
    for (std::size_t k = 0; k < exits.size(); ++k) {
      if (exits[k].answer < 0) continue;
      const auto index = static_cast<std::size_t>(exits[k].answer);
      if (trace.is_right(index, sample)) right |= 1U << k;
      if (!exits[k].threshold || !trace.may_answer(index, sample)) continue;
      const double confidence = trace.scores[index][sample].confidence(exits[k].measure);
      if (profiles::is_confident(exits[k].measure, confidence, *exits[k].threshold)) conclusive |= 1U << k;
    }
    if (final_answer >= 0 && trace.is_right(static_cast<std::size_t>(final_answer), sample))
      right |= 1U << exits.size();
    replay.conclusive.push_back(conclusive);
    replay.right.push_back(right);
    ExitReplay::Pattern& pattern = patterns[conclusive];
    pattern.conclusive = conclusive;
    ++pattern.rows;
    pattern.right_rows.resize(answers);
    for (std::size_t answer = 0; answer < answers; ++answer)
      if ((right >> answer & 1U) != 0) ++pattern.right_rows[answer];
  }
  for (auto& [conclusive, pattern] : patterns) replay.patterns.push_back(std::move(pattern));
  return replay;
}

}  // namespace tiercut::scenarios
