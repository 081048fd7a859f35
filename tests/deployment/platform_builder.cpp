// SPDX-License-Identifier: Apache-2.0
#include "tests/deployment/platform_builder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace tiercut::testing {

using model::LayerId;
using model::LayerType;

profiles::Unit unit_of(const std::string& name, const std::string& kind) {
  profiles::CostLaw law;
  law.name = "microsecond a weight";
  law.form = profiles::PiecewiseLaw{profiles::Axis::weights, {{0, Seconds(0)}, {1e6, Seconds(1)}}};
  profiles::Unit unit;
  unit.name = name;
  unit.kind = kind;
  unit.laws.push_back(law);
  return unit;
}

std::shared_ptr<profiles::Profile> profile_of(std::vector<profiles::Unit> units) {
  auto profile = std::make_shared<profiles::Profile>();
  profile->name = "test";
  profile->units = std::move(units);
  profile->pools.push_back({"ram", Bytes(1e9), Bytes(5e8), Bytes(1000), {}});
  return profile;
}

LayerId NetBuilder::add(model::Layer layer) {
  std::vector<const model::Layer*> before;
  for (const LayerId id : layer.inputs) before.push_back(&net_.layer(id));
  const std::string misfit = model::derive(layer, before);
  if (!misfit.empty()) throw std::logic_error(layer.name + ": " + misfit);
  net_.layers.push_back(std::move(layer));
  return net_.layer_count() - 1;
}

LayerId NetBuilder::add(const std::string& name, LayerType type, std::vector<LayerId> inputs, std::int64_t outputs) {
  model::Layer layer;
  layer.name = name;
  layer.type = type;
  layer.inputs = std::move(inputs);
  layer.parameters.outputs = outputs;
  layer.parameters.has_bias = false;
  return add(std::move(layer));
}

LayerId NetBuilder::input(const std::string& name, std::vector<std::int64_t> extents) {
  model::Layer layer;
  layer.name = name;
  layer.type = LayerType::input;
  layer.shape.extents = std::move(extents);
  return add(std::move(layer));
}

void NetBuilder::exit(const std::string& name, LayerId layer) {
  model::Exit exit;
  exit.name = name;
  exit.layer = layer;
  exit.class_map.resize(static_cast<std::size_t>(net_.layer(layer).shape.elements()));
  std::iota(exit.class_map.begin(), exit.class_map.end(), 0);
  exit.answers = exit.class_map;
  net_.exits.push_back(std::move(exit));
}

model::ModelPointer NetBuilder::finish() {
  auto net = std::make_shared<model::Model>(net_);
  if (const Result<void> done = net->finish(); !done) throw std::logic_error(to_text(done.error()));
  return net;
}

PlatformBuilder::PlatformBuilder(model::ModelPointer net) {
  scenario.name = "test";
  scenario.file = "test.yaml";
  scenario.hash = "sha256:test";
  scenario.model = std::move(net);
  for (std::size_t k = 0; k < scenario.model->exits.size(); ++k) {
    scenario.exits.push_back(scenarios::ExitStatement{0.5, "test"});
    scenario.policy.escalation.push_back(scenarios::Escalation::after);
  }
}

DeviceRef PlatformBuilder::device(const std::string& name, profiles::ProfilePointer profile, int count) {
  scenarios::Device device;
  device.name = name;
  device.profile = std::move(profile);
  device.count = count;
  scenario.devices.push_back(std::move(device));
  return {static_cast<int>(scenario.devices.size()) - 1, 0};
}

void PlatformBuilder::link(DeviceRef a, DeviceRef b) {
  one_way(scenario.name_of(a) + "-" + scenario.name_of(b), a, b);
  one_way(scenario.name_of(b) + "-" + scenario.name_of(a), b, a);
}

scenarios::Link& PlatformBuilder::one_way(const std::string& name, DeviceRef from, DeviceRef to) {
  scenarios::Link link;
  link.name = name;
  link.from = {from};
  link.to = {to};
  link.latency = Seconds(0.015);
  scenario.links.push_back(std::move(link));
  return scenario.links.back();
}

void PlatformBuilder::source(const std::string& input, DeviceRef device, Seconds offset) {
  scenario.workload.inputs.push_back({scenario.model->find(input), device, offset});
}

scenarios::Scenario PlatformBuilder::finish(DeviceRef answer_at) {
  scenario.workload.answer_at = answer_at;
  scenario.prepare();
  return scenario;
}

deployment::Plan placed(const scenarios::Scenario& scenario, const std::vector<std::pair<std::string, Place>>& places) {
  deployment::Plan plan = deployment::undivided(scenario, places.front().second);
  for (LayerId id = 0; id < scenario.model->layer_count(); ++id) {
    const model::Layer& layer = scenario.model->layer(id);
    if (layer.type == LayerType::input || layer.type == LayerType::output) continue;
    std::size_t longest = 0;
    for (const auto& [prefix, place] : places) {
      if (!layer.name.starts_with(prefix) || prefix.size() < longest) continue;
      longest = prefix.size();
      plan.placement[static_cast<std::size_t>(id)] = place;
    }
  }
  return plan;
}

scenarios::Scenario big_little() {
  NetBuilder net;
  const LayerId image = net.input("image");
  const LayerId fc = net.add("little/fc", LayerType::linear, {image}, 2);
  const LayerId little = net.add("little/softmax", LayerType::softmax, {fc});
  const LayerId fc1 = net.add("big/fc1", LayerType::linear, {image}, 8);
  const LayerId fc2 = net.add("big/fc2", LayerType::linear, {fc1}, 2);
  net.add("output", LayerType::output, {fc2});
  net.exit("little", little);
  PlatformBuilder platform(net.finish());
  const DeviceRef pi = platform.device("pi");
  const DeviceRef cloud = platform.device("cloud");
  platform.link(pi, cloud);
  platform.source("image", pi);
  return platform.finish(pi);
}

std::string outline(const deployment::StageGraph& graph) {
  std::string text;
  for (std::size_t i = 0; i < graph.stages.size(); ++i) {
    text += fmt::format("{} {}", i, graph.stages[i].name);
    if (!graph.stages[i].inputs.empty()) text += " <-";
    std::vector<std::string> edges;
    for (const deployment::Edge& edge : graph.stages[i].inputs) {
      const char* mark = edge.when == deployment::Condition::always       ? ""
                         : edge.when == deployment::Condition::conclusive ? "?"
                                                                          : "!";
      edges.push_back(fmt::format("{:3}{}", edge.from, mark));
    }
    std::sort(edges.begin(), edges.end());
    for (const std::string& edge : edges) text.append(" ").append(edge, edge.find_first_not_of(' '));
    text += "\n";
  }
  return text;
}

deployment::StageId find_stage(const deployment::StageGraph& graph, std::string_view name) {
  for (std::size_t i = 0; i < graph.stages.size(); ++i) {
    if (graph.stages[i].name == name) return static_cast<deployment::StageId>(i);
  }
  throw std::runtime_error("no stage " + std::string(name) + " in\n" + outline(graph));
}

std::vector<std::string> codes_of(const Diagnostics& diagnostics) {
  std::vector<std::string> codes;
  for (const Diagnostic& diagnostic : diagnostics) codes.push_back(diagnostic.code);
  return codes;
}

}  // namespace tiercut::testing
