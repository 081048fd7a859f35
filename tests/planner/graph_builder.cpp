// SPDX-License-Identifier: Apache-2.0
#include "tests/planner/graph_builder.hpp"

namespace tiercut::testing {

using namespace deployment;

int GraphBuilder::unit(const std::string& name) {
  Resource resource;
  resource.name = name;
  graph.resources.push_back(resource);
  return static_cast<int>(graph.resources.size()) - 1;
}

int GraphBuilder::link(const std::string& name, Span latency, BytesPerSecond bandwidth,
                       scenarios::Discipline discipline, Span overhead) {
  Resource resource;
  resource.kind = Resource::Kind::link;
  resource.name = name;
  resource.latency = resource.fixed_latency = latency;
  resource.bandwidth = bandwidth;
  resource.discipline = discipline;
  resource.overhead = overhead;
  graph.resources.push_back(resource);
  return static_cast<int>(graph.resources.size()) - 1;
}

int GraphBuilder::connection(scenarios::Transport transport, Span round_trip) {
  Connection made;
  made.transport = transport;
  made.round_trip = round_trip;
  graph.connections.push_back(made);
  return static_cast<int>(graph.connections.size()) - 1;
}

int GraphBuilder::exit(const std::string& name, double probability) {
  const int index = static_cast<int>(graph.exits.size());
  graph.exits.push_back({name, probability, index});
  return index;
}

GraphBuilder::Id GraphBuilder::add(Edges inputs, StageWork work) {
  const Id id = static_cast<Id>(graph.stages.size());
  graph.stages.push_back({"stage " + std::to_string(id), std::move(inputs), std::move(work)});
  return id;
}

GraphBuilder::Id GraphBuilder::source(Span offset) { return add({}, Source{0, {0, 0}, offset}); }

GraphBuilder::Id GraphBuilder::compute(Edges inputs, int unit, Span cost, Span exit_check) {
  Compute work;
  work.unit = {unit, 0};
  work.cost = cost;
  work.exit_check = exit_check;
  return add(std::move(inputs), work);
}

static Message message_over(const std::vector<int>& links, Bytes size, int connection) {
  Message message;
  message.size = size;
  message.connection = connection;
  for (int link : links) message.hops.push_back({link, 0});
  return message;
}

GraphBuilder::Id GraphBuilder::transfer(Edges inputs, std::vector<int> links, Bytes size, int connection,
                                        bool is_return) {
  Message message = message_over(links, size, connection);
  message.is_return = is_return;
  return add(std::move(inputs), Transfer{message});
}

GraphBuilder::Id GraphBuilder::control(Edges inputs, std::vector<int> links, Bytes size, int connection,
                                       std::vector<Id> cancels) {
  return add(std::move(inputs), Control{message_over(links, size, connection), std::move(cancels)});
}

GraphBuilder::Id GraphBuilder::decision(Edges inputs, int exit, std::vector<Id> cancels) {
  return add(std::move(inputs), Decision{exit, {0, 0}, std::move(cancels)});
}

GraphBuilder::Id GraphBuilder::join(Edges inputs, int quorum, std::optional<Span> deadline) {
  return add(std::move(inputs), Join{quorum, deadline});
}

GraphBuilder::Id GraphBuilder::first_conclusive(Edges inputs) { return add(std::move(inputs), FirstConclusive{}); }

GraphBuilder::Id GraphBuilder::answer(Edges inputs) {
  const Id id = add(std::move(inputs), Answer{});
  graph.answer = id;
  return id;
}

}  // namespace tiercut::testing
