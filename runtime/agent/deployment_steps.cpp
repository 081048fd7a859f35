// SPDX-License-Identifier: Apache-2.0
// How programs and weights get to the agents: weights by hash, once, a few chunks at a time.
#include <algorithm>
#include <cstring>

#include "runtime/agent/coordinator.hpp"
#include "runtime/agent/program_maker.hpp"
#include "runtime/agent/weights_store.hpp"

namespace tiercut::runtime {
namespace {

constexpr Nanoseconds retry = nanoseconds_a_second / 2;
constexpr std::uint64_t window = 4 * weights_chunk_bytes;

/// Bytes [begin, end) of a layer's floats and words, as they are hashed.
std::string piece_of(const kernels::LayerWeights& weights, std::uint64_t begin, std::uint64_t end) {
  const std::uint64_t floats = weights.floats.size() * sizeof(float);
  std::string bytes(end - begin, '\0');
  const auto copy = [&](const char* from, std::uint64_t first, std::uint64_t last) {
    const std::uint64_t low = std::max(begin, first), high = std::min(end, last);
    if (low < high) std::memcpy(bytes.data() + (low - begin), from + (low - first), high - low);
  };
  copy(reinterpret_cast<const char*>(weights.floats.data()), 0, floats);
  copy(reinterpret_cast<const char*>(weights.bits.data()), floats,
       floats + weights.bits.size() * sizeof(std::uint64_t));
  return bytes;
}

}  // namespace

Result<void> Coordinator::prepare_weights() {
  weight_hashes_.assign(static_cast<std::size_t>(model_.layer_count()), {});
  if (request_.weights == nullptr) return {};
  if (request_.weights->layers.size() != weight_hashes_.size()) {
    return fail("weights-misfit", "the weights are of a model with another number of layers");
  }
  for (std::size_t layer = 0; layer < weight_hashes_.size(); ++layer) {
    const kernels::LayerWeights& weights = request_.weights->layers[layer];
    if (!weights.floats.empty() || !weights.bits.empty()) weight_hashes_[layer] = hash_of(weights);
  }
  return {};
}

Coordinator::Epoch* Coordinator::coming() {
  return epochs_.empty() || epochs_.back().number <= active_ ? nullptr : &epochs_.back();
}

void Coordinator::begin_epoch(RunPlan plan, std::string why) {
  // A plan that was still being shipped is overtaken.
  if (coming() != nullptr) epochs_.pop_back();
  Epoch epoch;
  epoch.number = static_cast<std::uint32_t>(epochs_.size()) + 1;
  epoch.why = std::move(why);
  Program program = program_of(*request_.scenario, plan.graph,
                               thresholds_in_use(*request_.scenario, plan.plan, request_.weights != nullptr));
  program.epoch = epoch.number;
  program.weights_seed = request_.weights_seed;
  program.are_units_emulated = request_.are_units_emulated;
  for (const auto& link : links_) {
    ProgramEndpoint& endpoint = program.endpoints[static_cast<std::size_t>(link->endpoint)];
    endpoint.address = link->address.data.empty() ? link->address.address : link->address.data;
    endpoint.key = link->address.public_key;
  }
  for (std::size_t layer = 0; layer < weight_hashes_.size(); ++layer) {
    if (weight_hashes_[layer].empty()) continue;
    const kernels::LayerWeights& weights = request_.weights->layers[layer];
    program.weights.push_back(
        {static_cast<std::int32_t>(layer), weight_hashes_[layer], weights.floats.size(), weights.bits.size()});
  }
  epoch.program = std::make_shared<const Program>(std::move(program));
  epoch.plan = std::move(plan);
  epoch.last_progress = monotonic_now();
  const std::vector<bool> in_use = endpoints_in_use(*epoch.program, epoch.plan.graph.members);
  epochs_.push_back(std::move(epoch));
  failures_.clear();
  for (const auto& link : links_) {
    link->to_send.clear();
    link->acknowledged = link->sent = 0;
    if (!in_use[static_cast<std::size_t>(link->endpoint)] || link->is_lost) continue;
    epochs_.back().waiting.insert(link->endpoint);
    send_program(epochs_.back(), *link);
  }
}

void Coordinator::send_program(Epoch& epoch, Link& link) {
  epoch.asked[link.endpoint] = monotonic_now();
  Program own = *epoch.program;
  own.endpoint = static_cast<std::uint16_t>(link.endpoint);
  std::string bytes = begin_frame();
  bytes += to_bytes(own);
  seal_frame(bytes, FrameType::deploy, session_);
  port_.send(link.route, std::move(bytes));
}

void Coordinator::take_missing(Link& link, const Missing& missing) {
  Epoch* const epoch = coming();
  if (epoch == nullptr || missing.epoch != epoch->number) return;
  epoch->last_progress = epoch->asked[link.endpoint] = monotonic_now();
  link.to_send.clear();
  link.acknowledged = link.sent = 0;
  for (const std::uint32_t index : missing.weights) {
    if (index < epoch->program->weights.size()) link.to_send.push_back(index);
  }
  send_weights(*epoch, link);
}

void Coordinator::send_weights(Epoch& epoch, Link& link) {
  if (link.to_send.empty()) return;
  const ProgramWeights& what = epoch.program->weights[link.to_send.front()];
  const kernels::LayerWeights& weights = request_.weights->layers[static_cast<std::size_t>(what.layer)];
  while (link.sent < what.bytes() && link.sent < link.acknowledged + window) {
    const std::uint64_t end = std::min<std::uint64_t>(what.bytes(), link.sent + weights_chunk_bytes);
    const std::string piece = piece_of(weights, link.sent, end);
    if (!port_.send(link.route, frame_of(WeightsChunk{what.hash, link.sent}, FrameType::weights, piece, session_))) {
      break;
    }
    link.sent = end;
    link.weights_moved = monotonic_now();
  }
}

void Coordinator::take_kept(Link& link, const WeightsKept& kept) {
  Epoch* const epoch = coming();
  if (epoch == nullptr || link.to_send.empty()) return;
  const ProgramWeights& what = epoch->program->weights[link.to_send.front()];
  if (kept.hash != what.hash) return;
  epoch->last_progress = epoch->asked[link.endpoint] = monotonic_now();
  if (kept.bytes > link.acknowledged) link.weights_moved = monotonic_now();
  link.acknowledged = std::max(link.acknowledged, kept.bytes);
  if (kept.bytes >= what.bytes()) {
    link.to_send.pop_front();
    link.acknowledged = link.sent = 0;
  }
  send_weights(*epoch, link);
}

void Coordinator::take_ready(Link& link, const Ready& ready) {
  Epoch* const epoch = coming();
  if (epoch == nullptr || ready.epoch != epoch->number) return;
  epoch->last_progress = monotonic_now();
  epoch->waiting.erase(link.endpoint);
  link.units = ready.units;
  link.last_pong.memory_used = ready.memory_used;
}

/// Frames that were lost on the way are sent again.
void Coordinator::push_deployment(Nanoseconds now) {
  Epoch* const epoch = coming();
  if (epoch == nullptr) return;
  for (const int endpoint : epoch->waiting) {
    Link& link = *link_of(endpoint);
    if (!link.to_send.empty()) {
      if (now - link.weights_moved < retry) continue;
      link.sent = link.acknowledged;
      link.weights_moved = now;
      send_weights(*epoch, link);
    } else if (now - epoch->asked[endpoint] > retry) {
      send_program(*epoch, link);
    }
  }
}

Result<void> Coordinator::await_deployment() {
  for (const auto& link : links_) link->last_heard = monotonic_now();
  while (!coming()->waiting.empty()) {
    const Nanoseconds now = monotonic_now();
    if (!failures_.empty()) return tl::unexpected(failures_);
    if (is_stopped()) return fail("interrupted", "interrupted while the plan was shipped");
    push_deployment(now);
    wait_until(now + nanoseconds_a_second / 50);
    for (const auto& link : links_) {
      if (!link->is_needed) continue;
      const std::string who = "agent '" + link->address.device + "'";
      if (link->is_lost || monotonic_now() - link->last_heard > request_.heartbeat_timeout) {
        return fail("agent-lost", who + " was lost while the plan was shipped to it", "see its own log");
      }
      if (monotonic_now() - coming()->last_progress > request_.deploy_timeout) {
        return fail("deploy-timeout", who + " does not get ready", "see its own log");
      }
    }
  }
  activate(*coming());
  return {};
}

void Coordinator::activate(Epoch& epoch) {
  share_clocks();
  active_ = epoch.number;
  epoch.from_sample = next_sample_;
}

}  // namespace tiercut::runtime
