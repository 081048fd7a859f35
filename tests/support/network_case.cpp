// SPDX-License-Identifier: Apache-2.0
#include "tests/support/network_case.hpp"

#include <stdexcept>

#include "core/files.hpp"
#include "model/builders/catalogue.hpp"
#include "model/builders/graph_builder.hpp"

namespace tiercut::testing {
namespace {

using scenarios::DeviceRef;

scenarios::Link link(const std::string& name, int from, int to, double latency_ms, double megabits) {
  scenarios::Link made;
  made.name = name;
  made.from = {DeviceRef{from, 0}};
  made.to = {DeviceRef{to, 0}};
  made.latency = Seconds(latency_ms / 1e3);
  made.bandwidth = BytesPerSecond(megabits * 1e6 / 8);
  return made;
}

}  // namespace

scenarios::Scenario network_case(model::Model model) {
  scenarios::Scenario scenario;
  scenario.name = model.name;
  scenario.hash = "sha256:network";
  scenario.model = std::make_shared<const model::Model>(std::move(model));
  const char* names[][2] = {{"board", "raspberry-pi-2"}, {"box", "jetson-tk1"}, {"server", "server-e5-2620v3-gtx980"}};
  for (const auto& [name, profile] : names) {
    const auto read = profiles::read_profile(data_directory() + "/profiles/devices/" + profile + ".yaml");
    if (!read) throw std::runtime_error(to_text(read.error()));
    scenarios::Device device;
    device.name = name;
    device.profile = *read;
    scenario.devices.push_back(device);
  }
  scenario.links = {link("lan", 0, 1, 1, 100), link("lan-back", 1, 0, 1, 100), link("up", 1, 2, 10, 20),
                    link("down", 2, 1, 10, 50)};
  for (const auto input : scenario.model->inputs()) scenario.workload.inputs.push_back({input, DeviceRef{0, 0}, {}});
  scenario.workload.arrivals.period = Seconds(1000);
  scenario.workload.answer_at = DeviceRef{0, 0};
  scenario.prepare();
  return scenario;
}

scenarios::Scenario network_case(const std::string& architecture) {
  const auto* found = model::find_architecture(architecture);
  if (found == nullptr) throw std::runtime_error("no network " + architecture);
  return network_case(found->build());
}

model::Model long_chain(int layers) {
  model::builders::GraphBuilder builder;
  auto last = builder.input("in", {512}, model::Encoding::f32);
  for (int i = 0; i < layers; ++i) last = builder.linear("layer" + std::to_string(i), last, 64 + 64 * ((i * 7) % 11));
  builder.plain("out", model::LayerType::output, {last});
  return builder.finish("chain", "");
}

}  // namespace tiercut::testing
