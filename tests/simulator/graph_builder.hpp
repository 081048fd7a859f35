// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "deployment/stage_graph.hpp"

namespace tiercut::testing {

constexpr Span milliseconds(std::int64_t n) { return Span(n * 1'000'000'000); }
constexpr Span microseconds(std::int64_t n) { return Span(n * 1'000'000); }

/// Stage graphs by hand: each call adds one stage and returns its id.
class GraphBuilder {
 public:
  deployment::StageGraph graph;

  GraphBuilder() { graph.arrivals.period = Seconds(1); }

  int unit(std::string name, int copies = 1) {
    deployment::Resource r;
    r.name = std::move(name);
    r.copies = copies;
    return add_resource(std::move(r));
  }

  int link(std::string name, Span latency, BytesPerSecond bandwidth, bool is_fair = false, int copies = 1) {
    deployment::Resource r;
    r.kind = deployment::Resource::Kind::link;
    r.name = std::move(name);
    r.copies = copies;
    r.latency = r.fixed_latency = latency;
    r.bandwidth = bandwidth;
    r.discipline = is_fair ? scenarios::Discipline::fair : scenarios::Discipline::fifo;
    return add_resource(std::move(r));
  }
  deployment::Resource& resource(int index) { return graph.resources[static_cast<std::size_t>(index)]; }

  int connection(Span round_trip = {}, scenarios::Transport transport = {}, int copies = 1) {
    deployment::Connection c;
    c.copies = copies;
    c.transport = std::move(transport);
    c.round_trip = round_trip;
    graph.connections.push_back(std::move(c));
    return static_cast<int>(graph.connections.size()) - 1;
  }

  int exit(std::string name, double probability) {
    graph.exits.push_back({std::move(name), probability, 0});
    return static_cast<int>(graph.exits.size()) - 1;
  }

  int source(Span offset = {}) { return add("source", {}, deployment::Source{0, {}, offset}); }

  int compute(std::string name, std::vector<deployment::Edge> inputs, int unit, Span cost, double variation = 0,
              Span exit_check = {}, int member = 0) {
    deployment::Compute c;
    c.unit = {unit, member};
    c.cost = cost;
    c.coefficient_of_variation = variation;
    c.exit_check = exit_check;
    return add(std::move(name), std::move(inputs), std::move(c));
  }

  int transfer(std::string name, std::vector<deployment::Edge> inputs, std::vector<int> hops, Bytes size,
               int connection = -1) {
    return add(std::move(name), std::move(inputs), deployment::Transfer{message(hops, size, connection)});
  }
  deployment::Message& message_of(int stage) {
    auto& work = graph.stages[static_cast<std::size_t>(stage)].work;
    if (auto* control = std::get_if<deployment::Control>(&work)) return control->message;
    return std::get<deployment::Transfer>(work).message;
  }

  int control(std::string name, std::vector<deployment::Edge> inputs, std::vector<int> hops, Bytes size,
              std::vector<int> cancels, int connection = -1) {
    return add(std::move(name), std::move(inputs),
               deployment::Control{message(hops, size, connection), std::move(cancels)});
  }

  int decision(std::vector<deployment::Edge> inputs, int exit, std::vector<int> cancels = {}) {
    return add("decision", std::move(inputs), deployment::Decision{exit, {}, std::move(cancels)});
  }
  int join(std::vector<deployment::Edge> inputs, int quorum, std::optional<Span> deadline = {}) {
    return add("join", std::move(inputs), deployment::Join{quorum, deadline});
  }
  int first_conclusive(std::vector<deployment::Edge> inputs) {
    return add("first", std::move(inputs), deployment::FirstConclusive{});
  }
  int answer(std::vector<deployment::Edge> inputs) {
    return graph.answer = add("answer", std::move(inputs), deployment::Answer{});
  }

 private:
  int add_resource(deployment::Resource r) {
    graph.resources.push_back(std::move(r));
    return static_cast<int>(graph.resources.size()) - 1;
  }
  template <class Work>
  int add(std::string name, std::vector<deployment::Edge> inputs, Work work) {
    graph.stages.push_back({std::move(name), std::move(inputs), std::move(work)});
    return static_cast<int>(graph.stages.size()) - 1;
  }
  static deployment::Message message(const std::vector<int>& hops, Bytes size, int connection) {
    deployment::Message m;
    for (int hop : hops) m.hops.push_back({hop, 0});
    m.size = size;
    m.connection = connection;
    return m;
  }
};

inline deployment::Edge after(int stage) { return {stage, deployment::Condition::always}; }
inline deployment::Edge if_conclusive(int stage) { return {stage, deployment::Condition::conclusive}; }
inline deployment::Edge if_inconclusive(int stage) { return {stage, deployment::Condition::inconclusive}; }

}  // namespace tiercut::testing
