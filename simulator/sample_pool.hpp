// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <vector>

#include "simulator/compiled_graph.hpp"
#include "simulator/endings.hpp"
#include "simulator/line.hpp"

namespace tiercut::simulator {

enum class Phase : std::uint8_t { waiting, queued, running, fired, dead };

/// How far one sample has come with one stage. Small, since a run spends its time here.
struct StageState {
  Instant since;                            ///< when it fired; before, when the present wait or piece of work began
  Node next = no_node, previous = no_node;  ///< in the line in which it waits
  Phase phase = Phase::waiting;
  bool has_started : 1 = false;       ///< work has been done for it: can no longer be cancelled
  bool is_on_route : 1 = false;       ///< a message past its serialising
  bool is_delivered : 1 = false;      ///< a message past its route
  bool is_past_deadline : 1 = false;  ///< of a join
  bool is_by_quorum : 1 = false;      ///< a join that did not wait for all
  bool is_conclusive : 1 = false;     ///< outcome of a decision
  bool has_lost_input : 1 = false;    ///< of those dead: one that was lost, of which nobody is told
  std::uint16_t fired_inputs = 0, dead_inputs = 0;
  std::uint16_t decider = 0;  ///< the input that fired last, of a first-conclusive first; of several the smallest stage
};
static_assert(sizeof(StageState) == 24);

/// One sample under way; its stages, messages and terms lie behind it.
struct SampleState {
  std::int64_t id = -1;  ///< -1: a free place
  Instant arrival;
  std::uint32_t slot = 0;
  int member = 1;
  static constexpr int most_stages = 0xfffff;
  // Half a cache line in all, as every event reads it.
  int open_stages : 24 = 0;
  bool is_answered : 1 = false;
  bool is_partial : 1 = false;  ///< something was lost, or a join did without an input
  Cause cause{};                ///< of what was lost first
};
static_assert(sizeof(SampleState) == 32);

/// The samples under way. Places are reused and never move, so memory follows the samples in flight, not their number.
class SamplePool {
 public:
  /// `with_terms`: each stage that can take time has room for its terms.
  SamplePool(const CompiledGraph& graph, bool with_terms)
      : stages_(graph.stages.size()),
        stage_bits_(static_cast<unsigned>(std::bit_width(stages_ - 1))),
        messages_at_(stages_at + stages_ * sizeof(StageState)),
        terms_at_(messages_at_ + graph.messages.size() * sizeof(MessageState)),
        size_(terms_at_ + (with_terms ? static_cast<std::size_t>(graph.timed_stages) : 0) * sizeof(deployment::Terms)),
        fresh_(stages_) {}

  SampleState& acquire(std::int64_t id, Instant arrival, int member) {
    if (free_.empty()) grow();
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    SampleState& sample = (*this)[slot];
    sample = {id, arrival, slot, member, static_cast<int>(stages_) & SampleState::most_stages, false, false, {}};
    std::memcpy(bytes(sample) + stages_at, fresh_.data(), stages_ * sizeof(StageState));
    return sample;
  }
  void release(SampleState& sample) {
    sample.id = -1;
    free_.push_back(sample.slot);
  }

  std::size_t in_use() const { return blocks_.size() * block_slots - free_.size(); }
  /// All samples under way, in no particular order of theirs.
  template <class Visit>
  void for_each(Visit visit) {
    for (std::uint32_t slot = 0; slot < blocks_.size() * block_slots; ++slot) {
      if ((*this)[slot].id >= 0) visit((*this)[slot]);
    }
  }

  SampleState& operator[](std::uint32_t slot) {
    return *reinterpret_cast<SampleState*>(blocks_[slot / block_slots].get() + (slot % block_slots) * size_);
  }
  /// Asks the memory for what an event of this sample and stage will read.
  void prefetch(std::uint32_t slot, StageId stage) const {
    if (slot / block_slots >= blocks_.size()) return;
    const std::byte* sample = blocks_[slot / block_slots].get() + (slot % block_slots) * size_;
    __builtin_prefetch(sample);
    __builtin_prefetch(sample + stages_at + static_cast<std::size_t>(stage) * sizeof(StageState));
  }
  StageState& stage(SampleState& sample, StageId stage) {
    return reinterpret_cast<StageState*>(bytes(sample) + stages_at)[stage];
  }
  MessageState& message(SampleState& sample, int message) {
    return reinterpret_cast<MessageState*>(bytes(sample) + messages_at_)[message];
  }
  deployment::Terms& terms(SampleState& sample, int timed_stage) {
    return reinterpret_cast<deployment::Terms*>(bytes(sample) + terms_at_)[timed_stage];
  }

  Node node(const SampleState& sample, StageId stage) const {
    return sample.slot << stage_bits_ | static_cast<Node>(stage);
  }
  Node node(std::uint32_t slot, StageId stage) const { return slot << stage_bits_ | static_cast<Node>(stage); }
  StageState& stage(Node node) { return stage(sample_of(node), stage_of(node)); }
  StageId stage_of(Node node) const { return static_cast<StageId>(node & ((Node{1} << stage_bits_) - 1)); }
  SampleState& sample_of(Node node) { return (*this)[node >> stage_bits_]; }

 private:
  static constexpr std::uint32_t block_slots = 64;
  static constexpr std::size_t stages_at = sizeof(SampleState);

  static std::byte* bytes(SampleState& sample) { return reinterpret_cast<std::byte*>(&sample); }

  void grow() {
    const auto first = static_cast<std::uint64_t>(blocks_.size()) * block_slots;
    if ((first + block_slots) << stage_bits_ >= no_node) throw std::length_error("too many samples are under way");
    blocks_.emplace_back(new (std::align_val_t(64)) std::byte[size_ * block_slots]());
    for (std::uint32_t i = block_slots; i-- > 0;) {
      free_.push_back(static_cast<std::uint32_t>(first) + i);
      (*this)[free_.back()].id = -1;
    }
  }

  struct AlignedDelete {
    void operator()(std::byte* block) const { ::operator delete[](block, std::align_val_t(64)); }
  };

  std::size_t stages_;
  unsigned stage_bits_;
  std::size_t messages_at_, terms_at_, size_;
  std::vector<StageState> fresh_;
  std::vector<std::unique_ptr<std::byte[], AlignedDelete>> blocks_;
  std::vector<std::uint32_t> free_;
};

}  // namespace tiercut::simulator
