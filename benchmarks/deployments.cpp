// SPDX-License-Identifier: Apache-2.0
#include "benchmarks/deployments.hpp"

#include <string>
#include <utility>
#include <vector>

namespace tiercut::benchmarks {

using namespace deployment;

namespace {

constexpr Span milliseconds(std::int64_t n) { return Span(n * 1'000'000'000); }

class Builder {
 public:
  explicit Builder(int members, double period_s) {
    graph.members = members;
    graph.arrivals.period = Seconds(period_s);
    for (const char* name : {"device", "server"}) add_resource(name, Resource::Kind::unit);
    for (const char* name : {"up", "down"}) {
      Resource& link = add_resource(name, Resource::Kind::link);
      link.latency = link.fixed_latency = milliseconds(15);
      link.bandwidth = BytesPerSecond(12.5e6);
      Connection connection;
      connection.copies = members;
      connection.round_trip = milliseconds(30);
      graph.connections.push_back(connection);
    }
  }

  StageId add(std::string name, std::vector<Edge> inputs, StageWork work) {
    graph.stages.push_back({std::move(name), std::move(inputs), std::move(work)});
    return static_cast<StageId>(graph.stages.size()) - 1;
  }
  StageId compute(std::string name, Edge after, int unit, Span cost, double variation) {
    Compute work;
    work.unit = {unit, 0};
    work.cost = cost;
    work.coefficient_of_variation = variation;
    return add(std::move(name), {after}, work);
  }
  StageId transfer(std::string name, Edge after, int link, double bytes) {
    Transfer work;
    work.message.hops = {{link, 0}};
    work.message.size = Bytes(bytes);
    work.message.connection = link - up;
    work.message.is_return = link == down;
    return add(std::move(name), {after}, work);
  }

  static constexpr int device = 0, server = 1, up = 2, down = 3;
  StageGraph graph;

 private:
  Resource& add_resource(const char* name, Resource::Kind kind) {
    Resource& resource = graph.resources.emplace_back();
    resource.name = name;
    resource.kind = kind;
    resource.copies = graph.members;
    return resource;
  }
};

Edge after(StageId stage, Condition when = Condition::always) { return {stage, when}; }

}  // namespace

StageGraph device_and_server(int members, double period_s) {
  Builder b(members, period_s);
  const StageId source = b.add("source", {}, Source{});
  const StageId little = b.compute("little", after(source), Builder::device, milliseconds(2), 0);
  const StageId sent = b.transfer("features", after(little), Builder::up, 4096);
  const StageId big = b.compute("big", after(sent), Builder::server, milliseconds(1), 0);
  const StageId back = b.transfer("answer back", after(big), Builder::down, 100);
  b.graph.answer = b.add("answer", {after(back)}, Answer{});
  return std::move(b.graph);
}

StageGraph two_exits(int members, double period_s) {
  using namespace two_exits_figures;
  Builder b(members, period_s);
  b.graph.arrivals.process = scenarios::Arrivals::Process::poisson;
  b.graph.is_random = true;
  for (const int link : {Builder::up, Builder::down}) {
    b.graph.resources[static_cast<std::size_t>(link)].loss = {loss, Seconds(0.2)};
  }
  b.graph.exits = {{"first", first_exit, 0}, {"second", second_exit, 1}};
  const StageId source = b.add("source", {}, Source{});
  const StageId little = b.compute("little", after(source), Builder::device, milliseconds(2), variation);
  const StageId first = b.add("first exit", {after(little)}, Decision{0, {}, {}});
  const StageId sent = b.transfer("features", after(first, Condition::inconclusive), Builder::up, 4096);
  const StageId big = b.compute("big", after(sent), Builder::server, milliseconds(1), variation);
  const StageId second = b.add("second exit", {after(big)}, Decision{1, {}, {}});
  const StageId rest =
      b.compute("rest", after(second, Condition::inconclusive), Builder::server, milliseconds(1), variation);
  const StageId early = b.transfer("early answer back", after(second, Condition::conclusive), Builder::down, 100);
  const StageId late = b.transfer("late answer back", after(rest), Builder::down, 100);
  const StageId any = b.add("any", {after(first, Condition::conclusive), after(early), after(late)}, FirstConclusive{});
  b.graph.answer = b.add("answer", {after(any)}, Answer{});
  return std::move(b.graph);
}

}  // namespace tiercut::benchmarks
