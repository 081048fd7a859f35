// SPDX-License-Identifier: Apache-2.0
#include "planner/chain_labels.hpp"

#include <algorithm>
#include <cmath>

#include "deployment/places.hpp"

namespace tiercut::planner {

Ground::Ground(const scenarios::Scenario& scenario, const Candidates& candidates)
    : messages(scenario, devices_of(scenario, candidates.places)) {
  for (const auto& device : devices_of(scenario, candidates.places)) {
    message_unit_.push_back(deployment::message_unit(scenario, device));
    locations_.push_back({static_cast<int>(locations_.size()), message_unit_.back()});
  }
  double all_weights = 0, all_tensors = 0;
  for (model::LayerId id : candidates.layers) {
    all_weights += scenario.model->layer(id).weight_bytes.value();
    all_tensors += scenario.model->layer(id).output_bytes.value() + scenario.model->layer(id).input_bytes.value();
  }
  for (const auto& place : candidates.places) {
    const Location location{messages.index_of(place.device), place.unit};
    by_place_.push_back(location);
    if (std::find(locations_.begin(), locations_.end(), location) == locations_.end()) locations_.push_back(location);
    const auto& device = scenario.device(place.device);
    const int index = deployment::unit_at(scenario, place).memory_pool;
    const auto& pool = device.profile->pools[static_cast<std::size_t>(index)];
    const Pool own{location.device, index,
                   (device.usable_memory.value_or(pool.usable) - pool.runtime_footprint).value()};
    auto found = std::find(pools_.begin(), pools_.end(), own);
    if (found == pools_.end()) found = pools_.insert(pools_.end(), own);
    pool_by_place_.push_back(static_cast<int>(found - pools_.begin()));
    can_memory_bind_ = can_memory_bind_ || all_weights + all_tensors > own.room;
  }
}

int Ground::index_of(Location location) const {
  return static_cast<int>(std::find(locations_.begin(), locations_.end(), location) - locations_.begin());
}

std::uint64_t Ground::bits_of_device(int device) const {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < locations_.size(); ++i)
    if (locations_[i].device == device) bits |= std::uint64_t{1} << i;
  return bits;
}

void Memory::append(const model::Layer& layer, bool keeps_input, bool is_call_of_its_own) {
  if (!has_layers_ || is_call_of_its_own) live_ = layer.input_bytes.value();
  live_ += layer.output_bytes.value();
  peak_ = std::max(peak_, live_);
  if (!keeps_input) live_ -= layer.input_bytes.value();
  weights_ += layer.weight_bytes.value();
  has_layers_ = true;
}

LabelStore::LabelStore(const scenarios::Scenario& scenario, const Ground& ground, const Goal& goal, Limits limits)
    : scenario_(scenario),
      ground_(ground),
      goal_(goal),
      is_expectation_(goal.kind == Goal::Kind::mean || goal.statistic == Statistic::mean),
      has_limit_(goal.kind == Goal::Kind::mean && goal.limit && goal.statistic != Statistic::mean),
      has_memory_(goal.has_memory_limits && ground.can_memory_bind()),
      allowed_late_(allowed_late(goal.statistic)),
      limits_(limits) {}

Label LabelStore::empty() const {
  Label label;
  if (has_memory_) {
    label.weights.resize(ground_.pools().size());
    label.activations.resize(ground_.pools().size());
  }
  if (ground_.messages.window_count() == 0) return label;
  label.windows.resize(static_cast<std::size_t>(ground_.messages.window_count()));
  for (int from = 0; from < ground_.messages.device_count(); ++from)
    for (int to = 0; to < ground_.messages.device_count(); ++to) {
      const auto& way = ground_.messages.way(from, to);
      if (!way.has_window) continue;
      const auto& transport = way.connection.transport;
      label.windows[static_cast<std::size_t>(way.window)] = {
          transport.initial_window, -1, scenario_.workload.arrivals.period <= transport.idle_restart};
    }
  return label;
}

Label LabelStore::follow(int parent) const {
  Label label = at(parent);
  label.parent = parent;
  label.begin = label.end = 0;
  label.closes_step = -1;
  return label;
}

void LabelStore::charge(Label& label, int parent, double reach) const {
  if (is_expectation_) label.value += reach * static_cast<double>(label.now - at(parent).now);
}

bool LabelStore::is_too_late(const Label& label, double reach) const {
  return has_limit_ && label.now > goal_.limit->picoseconds() && label.late + reach > allowed_late_;
}

bool LabelStore::occupy(Label& label, const Memory& memory) const {
  if (!has_memory_) return true;
  const auto pool = static_cast<std::size_t>(memory.pool());
  label.weights[pool] += memory.weights();
  label.activations[pool] = std::max(label.activations[pool], memory.activations());
  return label.weights[pool] + label.activations[pool] <= ground_.pools()[pool].room;
}

bool LabelStore::send_data(Label& label, int from, int to, Bytes size) const {
  return send(label, from, to, size, true);
}

bool LabelStore::send_control(Label& label, int from, int to) const {
  return send(label, from, to, scenario_.policy.control_size, false);
}

bool LabelStore::send(Label& label, int from, int to, Bytes size, bool is_data) const {
  if (from == to) return true;
  const auto& way = ground_.messages.way(from, to);
  if (!way.exists) return false;
  if (is_data) label.now += ground_.messages.serialise(from, size).picoseconds();
  Span delay;
  WindowState* state = way.has_window ? &label.windows[static_cast<std::size_t>(way.window)] : nullptr;
  if (state != nullptr) {
    const auto& transport = way.connection.transport;
    const bool has_rested =
        state->last_delivery >= 0 && Span(label.now - state->last_delivery).seconds() > transport.idle_restart;
    if (has_rested) *state = {transport.initial_window, -1, false};
    if (state->is_grown) state->window = std::min(std::max(state->window, size), transport.largest_window);
    delay = deployment::window_delay(way.connection, size, way.slowest, state->window);
  }
  label.now += (ground_.messages.transit(way, size) + delay).picoseconds();
  if (state != nullptr) state->last_delivery = label.now;
  if (is_data) label.now += ground_.messages.deserialise(to, size).picoseconds();
  return true;
}

void LabelStore::copy_to_unit(Label& label, int device, Bytes size) const {
  label.now += ground_.messages.unit_copy(device, size).picoseconds();
}

std::vector<Label> LabelStore::answered(int id, int device, Bytes size, double probability) const {
  Label label = follow(id);
  if (probability <= 0) return {label};
  const int wanted_at = ground_.messages.index_of(scenario_.workload.answer_at);
  Label sent = label;
  if (!send_data(sent, device, wanted_at, size)) return {};
  if (is_expectation_) {
    label.value += probability * static_cast<double>(sent.now - label.now);
    if (has_limit_ && sent.now > goal_.limit->picoseconds()) label.late += probability;
    if (has_limit_ && label.late > allowed_late_) return {};
    return {label};
  }
  std::vector<Label> results;
  if (label.late + probability <= allowed_late_) {
    results.push_back(label);
    results.back().late += probability;
  }
  label.value = std::max(label.value, static_cast<double>(sent.now));
  results.push_back(std::move(label));
  return results;
}

int LabelStore::add(Label label) {
  labels_.push_back(std::move(label));
  return static_cast<int>(labels_.size()) - 1;
}

void LabelStore::keep(std::vector<int>& front, Label label) {
  ++examined_;
  comparisons_ += front.size() + 1;
  if (is_exhausted()) return;
  for (int other : front)
    if (dominates(at(other), label)) return;
  std::erase_if(front, [&](int other) { return dominates(label, at(other)); });
  front.push_back(add(std::move(label)));
  if (front.size() <= limits_.front) return;
  front.erase(std::max_element(front.begin(), front.end(), [this](int a, int b) { return at(a).value < at(b).value; }));
}

bool LabelStore::dominates(const Label& a, const Label& b) const {
  if (a.value > b.value || a.late > b.late) return false;
  if ((has_limit_ || !is_expectation_) && a.now > b.now) return false;
  if (a.value == b.value && a.cuts > b.cuts) return false;
  for (std::size_t i = 0; i < a.weights.size(); ++i)
    if (a.weights[i] > b.weights[i] || a.activations[i] > b.activations[i]) return false;
  for (std::size_t i = 0; i < a.windows.size(); ++i) {
    const auto &x = a.windows[i], &y = b.windows[i];
    const auto idle = [](const Label& l, const WindowState& w) {
      return w.last_delivery < 0 ? std::int64_t{-1} : l.now - w.last_delivery;
    };
    if (x.is_grown < y.is_grown || x.window < y.window || idle(a, x) > idle(b, y)) return false;
  }
  return true;
}

bool LabelStore::is_better(int a, int b) const {
  const double difference = at(a).value - at(b).value;
  const double noise = 1e-12 * std::abs(at(b).value);
  if (std::abs(difference) > noise) return difference < 0;
  return at(a).cuts < at(b).cuts;
}

bool LabelStore::meets(int id) const {
  if (goal_.kind != Goal::Kind::mean || !goal_.limit || goal_.statistic != Statistic::mean) return true;
  return Span::from(Seconds(value(id))) <= *goal_.limit;
}

}  // namespace tiercut::planner
