// SPDX-License-Identifier: Apache-2.0
#include "tests/runtime_agent/memory_network.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace tiercut::runtime {
namespace {

constexpr Nanoseconds millisecond = 1'000'000;
constexpr std::string_view scheme = "mem://";

}  // namespace

class MemoryNetwork::MemoryPort : public Port {
 public:
  MemoryPort(MemoryNetwork& network, std::string name, std::shared_ptr<Box> box)
      : network_(network), name_(std::move(name)), box_(std::move(box)) {}

  Result<Route> open(const std::string& address, const std::string&) override {
    const std::lock_guard lock(network_.mutex_);
    const std::string to = address.substr(scheme.size());
    const Route route = next_route_++;
    targets_[route] = {to, -1};
    network_.opened_.insert({to, {name_, route}});
    if (network_.boxes_.contains(to) && !network_.cut_.contains(to)) {
      network_.put(name_, {Event::Kind::connected, route, {}, {}}, 0);
    }
    return route;
  }

  void close(Route route) override {
    const std::lock_guard lock(network_.mutex_);
    targets_.erase(route);
  }

  bool send(Route route, std::string frame) override {
    const std::lock_guard lock(network_.mutex_);
    const auto found = targets_.find(route);
    if (found == targets_.end()) return false;
    Event event;
    event.bytes = std::move(frame);
    event.peer = name_;
    // Where it comes in: on the route that the other end opened, or on one that stands for ours.
    event.route = found->second.second >= 0 ? found->second.second : route + foreign;
    network_.carry(name_, found->second.first, std::move(event));
    return true;
  }

  std::optional<Event> receive(Nanoseconds until) override {
    std::unique_lock lock(network_.mutex_);
    while (true) {
      const Nanoseconds now = monotonic_now();
      if (!box_->events.empty() && box_->events.begin()->first <= now) {
        Event event = std::move(box_->events.extract(box_->events.begin()).mapped());
        if (is_known(event)) return event;
        continue;
      }
      if (box_->is_woken || now >= until) {
        box_->is_woken = false;
        return std::nullopt;
      }
      const Nanoseconds next = box_->events.empty() ? until : std::min(until, box_->events.begin()->first);
      box_->changed.wait_for(lock, std::chrono::nanoseconds(std::min(next - now, 100 * millisecond)));
    }
  }

  void wake() override {
    const std::lock_guard lock(network_.mutex_);
    box_->is_woken = true;
    box_->changed.notify_all();
  }

 private:
  friend class MemoryNetwork;
  /// Routes below the offset are our own; frames from others' routes get one of ours when they come.
  bool is_known(Event& event) {
    if (event.kind != Event::Kind::frame || event.route < foreign) return targets_.contains(event.route);
    const auto key = std::pair(event.peer, event.route - foreign);
    const auto [found, is_new] = box_->routes_in.try_emplace(key, next_route_);
    if (is_new) targets_[next_route_++] = {key.first, key.second};
    event.route = found->second;
    return true;
  }

  static constexpr Route foreign = 1'000'000;
  MemoryNetwork& network_;
  std::string name_;
  std::shared_ptr<Box> box_;
  std::map<Route, std::pair<std::string, Route>> targets_;  // name, and its route (-1: we opened it)
  Route next_route_ = 0;
};

std::unique_ptr<Port> MemoryNetwork::port(const std::string& name) {
  const std::lock_guard lock(mutex_);
  auto box = std::make_shared<Box>();
  boxes_[name] = box;
  return std::make_unique<MemoryPort>(*this, name, std::move(box));
}

void MemoryNetwork::cut(const std::string& name) {
  const std::lock_guard lock(mutex_);
  cut_.insert(name);
}

void MemoryNetwork::restore(const std::string& name) {
  const std::lock_guard lock(mutex_);
  cut_.erase(name);
  const auto [begin, end] = opened_.equal_range(name);
  for (auto at = begin; at != end; ++at) {
    put(at->second.first, {Port::Event::Kind::connected, at->second.second, {}, {}}, 0);
  }
}

std::uint64_t MemoryNetwork::random() {
  state_ ^= state_ << 13;
  state_ ^= state_ >> 7;
  state_ ^= state_ << 17;
  return state_;
}

void MemoryNetwork::put(const std::string& to, Port::Event event, Nanoseconds delay) {
  const auto found = boxes_.find(to);
  if (found == boxes_.end()) return;
  found->second->events.emplace(monotonic_now() + delay, std::move(event));
  found->second->changed.notify_all();
}

void MemoryNetwork::carry(const std::string& from, const std::string& to, Port::Event event) {
  Passing passing{from, to, frames_++, FrameType::hello};
  const auto frame = decode_frame(event.bytes);
  if (frame) passing.type = frame->type;
  ++sent_[passing.type];
  if (cut_.contains(from) || cut_.contains(to)) return;
  const Fate fate_now = fate ? fate(passing) : Fate::pass;
  if (cut_.contains(from) || cut_.contains(to)) return;  // the fate may have been to kill it
  if (fate_now != Fate::pass) ++faults_;
  switch (fate_now) {
    case Fate::pass:
      return put(to, std::move(event), 0);
    case Fate::drop:
      return;
    case Fate::duplicate:
      put(to, event, 0);
      return put(to, std::move(event), 0);
    case Fate::truncate:
      event.bytes.resize(random() % event.bytes.size());
      return put(to, std::move(event), 0);
    case Fate::corrupt: {
      const std::uint64_t bit = random() % (event.bytes.size() * 8);
      event.bytes[bit / 8] = static_cast<char>(event.bytes[bit / 8] ^ (1 << (bit % 8)));
      return put(to, std::move(event), 0);
    }
    case Fate::delay:
      return put(to, std::move(event), static_cast<Nanoseconds>(20 + random() % 40) * millisecond);
    case Fate::reorder:
      return put(to, std::move(event), static_cast<Nanoseconds>(1 + random() % 5) * millisecond);
  }
}

std::int64_t MemoryNetwork::faults() const {
  const std::lock_guard lock(mutex_);
  return faults_;
}
std::int64_t MemoryNetwork::frames() const {
  const std::lock_guard lock(mutex_);
  return frames_;
}
std::int64_t MemoryNetwork::frames_of(FrameType type) const {
  const std::lock_guard lock(mutex_);
  const auto found = sent_.find(type);
  return found == sent_.end() ? 0 : found->second;
}

}  // namespace tiercut::runtime
