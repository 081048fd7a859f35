// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "deployment/stage_graph.hpp"

namespace tiercut::simulator {

enum class Phase : std::uint8_t { waiting, queued, running, fired, dead };

/// How far one sample has come with one stage.
struct StageState {
  Phase phase = Phase::waiting;
  bool has_started = false;       ///< work has been done for it: can no longer be cancelled
  bool is_on_route = false;       ///< a message past its serialising
  bool is_delivered = false;      ///< a message past its route
  bool is_past_deadline = false;  ///< of a join
  bool is_by_quorum = false;      ///< a join that did not wait for all
  bool is_conclusive = false;     ///< outcome of a decision
  int fired_inputs = 0, dead_inputs = 0;
  int hop = 0, attempt = 0;
  Instant ready, fired;
  Instant mark;  ///< when the present wait, transmission or flight began
  Span window_delay{};
  deployment::Terms terms{};
};

struct SampleState {
  std::int64_t sample = -1;
  Instant arrival;
  int member = 1;
  int open_stages = 0;
};

/// The states of the samples under way. Slots are reused, so memory follows the samples in flight, not their number.
class SamplePool {
 public:
  explicit SamplePool(std::size_t stages) : stages_(stages) {}

  std::uint32_t acquire(std::int64_t sample, Instant arrival, int member) {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(samples_.size()));
      samples_.emplace_back();
      states_.resize(states_.size() + stages_);
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    samples_[slot] = {sample, arrival, member, static_cast<int>(stages_)};
    for (std::size_t i = 0; i < stages_; ++i) states_[slot * stages_ + i] = StageState{};
    return slot;
  }
  void release(std::uint32_t slot) {
    samples_[slot].sample = -1;
    free_.push_back(slot);
  }

  std::size_t in_use() const { return samples_.size() - free_.size(); }
  SampleState& sample(std::uint32_t slot) { return samples_[slot]; }
  StageState& state(std::uint32_t slot, int stage) { return states_[slot * stages_ + static_cast<std::size_t>(stage)]; }

 private:
  std::size_t stages_;
  std::vector<SampleState> samples_;
  std::vector<StageState> states_;
  std::vector<std::uint32_t> free_;
};

}  // namespace tiercut::simulator
