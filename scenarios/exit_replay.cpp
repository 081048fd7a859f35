// SPDX-License-Identifier: Apache-2.0
#include "scenarios/exit_replay.hpp"

#include <algorithm>
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

const ExitReplay::Loss* ExitReplay::find_loss(std::span<const model::LayerId> lost) const {
  for (const Loss& loss : losses)
    if (std::equal(loss.lost.begin(), loss.lost.end(), lost.begin(), lost.end())) return &loss;
  return nullptr;
}

namespace {

/// The model's exits as a trace knows them, with some inputs lost.
class TracedModel {
 public:
  TracedModel(const profiles::ExitTrace& trace, const model::Model& model,
              std::span<const std::optional<double>> thresholds, std::span<const std::string> lost)
      : trace_(trace), final_(trace.find("final", lost)) {
    for (std::size_t k = 0; k < model.exits.size(); ++k)
      exits_.push_back({trace.find(model.exits[k].name, lost), model.exits[k].confidence,
                        k < thresholds.size() ? thresholds[k] : std::nullopt});
  }

  std::uint32_t known() const {
    std::uint32_t bits = final_ >= 0 ? 1U << exits_.size() : 0;
    for (std::size_t k = 0; k < exits_.size(); ++k)
      if (exits_[k].answer >= 0) bits |= 1U << k;
    return bits;
  }

  void add(std::size_t sample, std::vector<std::uint32_t>& all_conclusive,
           std::vector<std::uint32_t>& all_right) const {
    std::uint32_t conclusive = 0, right = 0;
    for (std::size_t k = 0; k < exits_.size(); ++k) {
      if (exits_[k].answer < 0) continue;
      const auto index = static_cast<std::size_t>(exits_[k].answer);
      if (trace_.is_right(index, sample)) right |= 1U << k;
      if (!exits_[k].threshold || !trace_.may_answer(index, sample)) continue;
      const double confidence = trace_.scores[index][sample].confidence(exits_[k].measure);
      if (profiles::is_confident(exits_[k].measure, confidence, *exits_[k].threshold)) conclusive |= 1U << k;
    }
    if (final_ >= 0 && trace_.is_right(static_cast<std::size_t>(final_), sample)) right |= 1U << exits_.size();
    all_conclusive.push_back(conclusive);
    all_right.push_back(right);
  }

 private:
  const profiles::ExitTrace& trace_;
  std::vector<TracedExit> exits_;
  int final_;
};

/// The inputs by their names, ascending; nothing when the model has no such input.
std::optional<std::vector<model::LayerId>> inputs_named(const std::vector<std::string>& names,
                                                        const model::Model& model) {
  std::vector<model::LayerId> inputs;
  for (const std::string& name : names) {
    inputs.push_back(model.find(name));
    if (inputs.back() < 0) return std::nullopt;
  }
  std::sort(inputs.begin(), inputs.end());
  return inputs;
}

}  // namespace

ExitReplay make_replay(const profiles::ExitTrace& trace, const model::Model& model,
                       std::span<const std::optional<double>> thresholds, std::optional<profiles::TracePart> part,
                       bool is_in_order) {
  const auto is_meant = [&](std::size_t sample) { return !part || trace.parts[sample] == *part; };
  ExitReplay replay;
  replay.trace = trace.name;
  replay.is_in_order = is_in_order;
  const TracedModel traced(trace, model, thresholds, {});
  for (std::size_t sample = 0; sample < trace.size(); ++sample)
    if (is_meant(sample)) traced.add(sample, replay.conclusive, replay.right);

  const std::size_t answers = model.exits.size() + 1;
  std::map<std::uint32_t, ExitReplay::Pattern> patterns;
  for (std::size_t row = 0; row < replay.conclusive.size(); ++row) {
    ExitReplay::Pattern& pattern = patterns[replay.conclusive[row]];
    pattern.conclusive = replay.conclusive[row];
    ++pattern.rows;
    pattern.right_rows.resize(answers);
    for (std::size_t answer = 0; answer < answers; ++answer)
      if ((replay.right[row] >> answer & 1U) != 0) ++pattern.right_rows[answer];
  }
  for (auto& [conclusive, pattern] : patterns) replay.patterns.push_back(std::move(pattern));

  for (const profiles::TracedAnswer& answer : trace.answers) {
    const auto lost = inputs_named(answer.lost, model);
    if (answer.lost.empty() || !lost || replay.find_loss(*lost) != nullptr) continue;
    const TracedModel without(trace, model, thresholds, answer.lost);
    ExitReplay::Loss loss{*lost, without.known(), {}, {}};
    for (std::size_t sample = 0; sample < trace.size(); ++sample)
      if (is_meant(sample)) without.add(sample, loss.conclusive, loss.right);
    replay.losses.push_back(std::move(loss));
  }
  return replay;
}

}  // namespace tiercut::scenarios
