// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/simulator/graph_builder.hpp"

namespace tiercut::testing {

struct RandomGraphOptions {
  bool with_luck = false;  ///< Poisson arrivals, random costs, every kind of jitter, loss, windows
  bool with_fair_links = false;
  bool with_faults = false;  ///< of units, links and devices, at times and by rate
  bool with_queues = false;  ///< with limits, of units and links; and units with several workers
};

/// A stage graph of every kind of stage. Durations are whole milliseconds, often 0, so that ties abound.
class RandomGraph {
 public:
  explicit RandomGraph(unsigned seed, RandomGraphOptions options = {}) : random_(seed), options_(options) {
    b.graph.members = 1 + pick(3);
    b.graph.arrivals.period = Seconds(0.001 * (1 + pick(8)) * b.graph.members);
    if (options_.with_luck && pick(2) == 0) b.graph.arrivals.process = scenarios::Arrivals::Process::poisson;
    for (int i = 0; i <= pick(3); ++i) {
      units_.push_back(b.unit("unit" + std::to_string(i), pick(2) == 0 ? b.graph.members : 1));
    }
    for (int i = 0; i <= pick(3); ++i) add_link(i);
    open_.push_back(b.source());
    if (pick(3) == 0) open_.push_back(b.source(milliseconds(pick(4))));
    for (int i = 0, n = 3 + pick(10); i < n; ++i) add_stage();
    std::vector<deployment::Edge> inputs;
    for (int i = 0; i < 3; ++i) inputs.push_back(edge());
    remove_repeats(inputs);
    b.answer({after(pick(2) == 0 ? b.first_conclusive(inputs) : b.join(inputs, 1 + pick(inputs.size())))});
    if (options_.with_faults) add_faults();
    if (options_.with_queues) add_queues();
  }
  GraphBuilder b;

 private:
  template <class Count>
  int pick(Count n) {
    return static_cast<int>(random_() % static_cast<unsigned>(n));
  }

  void add_link(int i) {
    const bool is_fair = options_.with_fair_links && pick(3) == 0;
    const auto bandwidth = pick(3) == 0 ? BytesPerSecond::infinite() : BytesPerSecond(1e6);
    const int link = b.link("link" + std::to_string(i), milliseconds(pick(4)), bandwidth, is_fair,
                            pick(2) == 0 ? b.graph.members : 1);
    b.resource(link).overhead = milliseconds(pick(3) == 0 ? 1 : 0);
    if (options_.with_luck && pick(2) == 0) {
      using Kind = scenarios::Jitter::Kind;
      constexpr Kind kinds[] = {Kind::uniform, Kind::normal, Kind::lognormal, Kind::gamma};
      b.resource(link).jitter = {kinds[pick(4)], Seconds(0.0005 * pick(3)), Seconds(0.001)};
    }
    if (options_.with_luck && pick(2) == 0) b.resource(link).loss = {0.2, Seconds(0.004)};
    (is_fair ? fair_links_ : links_).push_back(link);
  }

  void add_queues() {
    for (auto& resource : b.graph.resources) {
      if (resource.kind == deployment::Resource::Kind::unit) resource.workers = 1 + pick(3);
      if (resource.discipline == scenarios::Discipline::fair || pick(3) == 0) continue;
      auto& queue = resource.queue.emplace();
      if (pick(2) == 0) queue.drop = scenarios::QueueLimit::Drop::oldest;
      if (pick(4) > 0) queue.length = pick(3);
      if (!queue.length || pick(3) == 0) queue.deadline = Seconds(0.001 * pick(12));
    }
  }

  /// Devices are numbers here: who sends, receives or senses is one of three, each as often as there are members.
  void add_faults() {
    const auto device = [this] { return scenarios::DeviceRef{pick(3), 0}; };
    for (auto& stage : b.graph.stages) {
      if (auto* source = std::get_if<deployment::Source>(&stage.work)) source->device = device();
      auto* transfer = std::get_if<deployment::Transfer>(&stage.work);
      auto* control = std::get_if<deployment::Control>(&stage.work);
      if (transfer == nullptr && control == nullptr) continue;
      auto& message = transfer != nullptr ? transfer->message : control->message;
      message.from = device();
      message.to = device();
    }
    for (int i = 0; i <= pick(3); ++i) {
      deployment::Fault fault;
      fault.name = "fault" + std::to_string(i);
      fault.loses = pick(2) == 0;
      const int resource = pick(b.graph.resources.size());
      const int copies = b.resource(resource).copies;
      fault.resources.push_back({resource, copies > 1 ? pick(copies + 1) : 0});
      if (pick(2) == 0) fault.devices.push_back({pick(3), pick(b.graph.members + 1)});
      if (pick(3) == 0) {
        fault.time_between = Seconds(0.03);
        fault.time_to_repair = Seconds(0.01);
        fault.recovery = milliseconds(pick(3));
      }
      Instant at;
      for (int outage = 0; outage <= pick(3); ++outage) {
        const Instant from = at + milliseconds(pick(40));
        at = from + milliseconds(1 + pick(20));
        if (!fault.outages.empty() && fault.outages.back().until == from) continue;
        fault.outages.push_back({from, pick(12) == 0 ? Instant::never() : at});
        if (fault.outages.back().until == Instant::never()) break;
      }
      b.graph.faults.push_back(std::move(fault));
    }
    for (auto& r : b.graph.resources) {
      if (r.kind == deployment::Resource::Kind::link && pick(2) == 0) r.loss.timeout = Seconds(0.004);
    }
  }

  deployment::Edge edge() {
    const int from = open_[static_cast<std::size_t>(pick(open_.size()))];
    if (!std::holds_alternative<deployment::Decision>(b.graph.stage(from).work)) return after(from);
    return pick(2) == 0 ? if_conclusive(from) : if_inconclusive(from);
  }
  static void remove_repeats(std::vector<deployment::Edge>& edges) {
    std::vector<deployment::Edge> kept;
    for (const auto& e : edges) {
      if (std::none_of(kept.begin(), kept.end(), [&](const deployment::Edge& k) { return k.from == e.from; }))
        kept.push_back(e);
    }
    edges = kept;
  }
  std::vector<deployment::Edge> edges(int most) {
    std::vector<deployment::Edge> inputs;
    for (int i = 0; i <= pick(most); ++i) inputs.push_back(edge());
    remove_repeats(inputs);
    return inputs;
  }

  void add_stage() {
    const std::string name = "stage" + std::to_string(b.graph.stages.size());
    switch (pick(8)) {
      case 0:
        open_.push_back(b.decision(edges(1), b.exit(name, 0.5), cancels()));
        break;
      case 1:
        open_.push_back(b.first_conclusive(edges(3)));
        break;
      case 2: {
        const auto inputs = edges(3);
        const auto deadline = pick(2) == 0 ? std::optional(milliseconds(pick(5))) : std::nullopt;
        open_.push_back(b.join(inputs, 1 + pick(inputs.size()), deadline));
        break;
      }
      case 3:
      case 4:
      case 5:
        add_message(name);
        break;
      default: {
        const int unit = units_[static_cast<std::size_t>(pick(units_.size()))];
        open_.push_back(
            b.compute(name, edges(2), unit, milliseconds(pick(4)), options_.with_luck && pick(2) == 0 ? 0.5 : 0));
        may_cancel_.push_back(open_.back());
      }
    }
  }

  void add_message(const std::string& name) {
    const bool is_fair = links_.empty() || (!fair_links_.empty() && pick(2) == 0);
    const auto& from = is_fair ? fair_links_ : links_;
    std::vector<int> hops;
    for (int link : from) {
      if (pick(2) == 0) hops.push_back(link);
    }
    if (hops.empty()) hops.push_back(from.front());
    scenarios::Transport transport;
    if (options_.with_luck && pick(3) == 0) transport.kind = scenarios::Transport::Kind::tcp;
    const int connection = b.connection(milliseconds(6), transport);
    const Bytes size(1000.0 * pick(4) + (options_.with_luck && pick(3) == 0 ? 20'000 : 0));
    const bool is_control = pick(4) == 0;
    open_.push_back(is_control ? b.control(name, edges(1), hops, size, cancels(), connection)
                               : b.transfer(name, edges(1), hops, size, connection));
    auto& message = b.message_of(open_.back());
    if (pick(3) == 0) message.serialise = {{units_.front(), 0}, milliseconds(1)};
    if (pick(3) == 0) message.deserialise = {{units_.back(), 0}, milliseconds(1)};
    if (!is_fair) may_cancel_.push_back(open_.back());
  }

  std::vector<int> cancels() {
    if (may_cancel_.empty() || pick(2) == 0) return {};
    return {may_cancel_[static_cast<std::size_t>(pick(may_cancel_.size()))]};
  }

  std::mt19937 random_;
  RandomGraphOptions options_;
  std::vector<int> units_, links_, fair_links_, open_, may_cancel_;
};

}  // namespace tiercut::testing
