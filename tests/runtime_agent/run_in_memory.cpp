// SPDX-License-Identifier: Apache-2.0
#include "tests/runtime_agent/run_in_memory.hpp"

#include <algorithm>
#include <stdexcept>

#include "deployment/lowering.hpp"
#include "kernels/confidence.hpp"
#include "kernels/forward.hpp"
#include "profiles/exit_trace.hpp"

namespace tiercut::runtime {
namespace {

constexpr const char* version = "test";
constexpr Nanoseconds millisecond = 1'000'000;

}  // namespace

RunInMemory::RunInMemory(const std::string& file) {
  auto scenario = scenarios::read_scenario(std::string(TIERCUT_SOURCE_DIR) + "/tests/runtime_agent/fixtures/" + file);
  if (!scenario) throw std::runtime_error(to_text(scenario.error()));
  request.scenario = *scenario;
  const model::Model& model = *request.scenario->model;
  auto plan = deployment::pinned(*request.scenario);
  if (!plan) throw std::runtime_error(to_text(plan.error()));
  // Midway between what the little network says of most inputs, so that about half stop there.
  plan->thresholds.assign(model.exits.size(), 0.42);
  auto graph = deployment::lower(*request.scenario, *plan);
  if (!graph) throw std::runtime_error(to_text(graph.error()));
  request.plan = {std::move(*plan), std::move(*graph)};

  auto weights = std::make_shared<kernels::WeightsFile>();
  weights->model = model.name;
  for (const model::Layer& layer : model.layers) {
    weights->layers.push_back(kernels::random_weights(layer, 7 + weights->layers.size()));
  }
  request.weights = weights;
  request.input = made_up_input(model, 3);
  request.input.labels.assign(static_cast<std::size_t>(request.input.rows), 3);
  request.version = version;
  request.samples = 100;
  request.connect_timeout = 500 * millisecond;
  request.deploy_timeout = 2000 * millisecond;
  request.sample_timeout = 300 * millisecond;
  request.heartbeat = 10 * millisecond;
  request.heartbeat_timeout = 150 * millisecond;
  request.lead = 20 * millisecond;
  for (const std::string& device : devices_in_use(*request.scenario, request.plan.graph)) {
    request.agents.push_back({device, "mem://" + device, {}, {}});
  }
}

RunInMemory::~RunInMemory() {
  while (!agents_.empty()) stop_agent(agents_.begin()->first);
}

AgentOptions RunInMemory::options_of(const std::string& device) {
  AgentOptions options;
  options.name = device;
  options.version = version;
  options.coordinator_timeout = 500 * millisecond;
  return options;
}

void RunInMemory::start_agent(const std::string& device) { start_agent(device, options_of(device)); }

void RunInMemory::start_agent(const std::string& device, const AgentOptions& options) {
  auto running = std::make_unique<Running>();
  running->port = network.port(device);
  running->agent = std::make_unique<Agent>(options, *running->port);
  running->thread = std::thread([&each = *running] { each.agent->serve([&each] { return each.is_stopping.load(); }); });
  agents_[device] = std::move(running);
}

void RunInMemory::stop_agent(const std::string& device) {
  const auto found = agents_.find(device);
  if (found == agents_.end()) return;
  found->second->is_stopping = true;
  found->second->port->wake();
  found->second->thread.join();
  agents_.erase(found);
}

void RunInMemory::kill_agent(const std::string& device) { network.cut(device); }

void RunInMemory::revive_agent(const std::string& device) {
  stop_agent(device);
  start_agent(device);
  network.restore(device);
}

Result<RunResult> RunInMemory::run() {
  for (const AgentAddress& agent : request.agents) {
    if (!agents_.contains(agent.device)) start_agent(agent.device);
  }
  const auto port = network.port("coordinator");
  return run_plan(request, *port);
}

RunInMemory::Expected RunInMemory::expected(std::int64_t sample) const {
  const model::Model& model = *request.scenario->model;
  std::vector<model::LayerId> layers;
  for (model::LayerId id = 0; id < model.layer_count(); ++id) layers.push_back(id);
  kernels::ThreadPool threads(1);
  auto pass = kernels::ForwardPass::make(model, layers, request.weights->layers, threads);
  if (!pass) throw std::runtime_error(to_text(pass.error()));
  const std::vector<model::LayerId> inputs = model.inputs();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto elements = static_cast<std::size_t>(model.layer(inputs[i]).shape.elements());
    const auto row = static_cast<std::size_t>(sample % request.input.rows);
    std::copy_n(request.input.values[i].data() + row * elements, elements, pass->tensor(inputs[i]).floats());
  }
  pass->run();
  const auto largest = [&](model::LayerId layer) {
    const float* scores = pass->tensor(layer).floats();
    return static_cast<int>(std::max_element(scores, scores + model.layer(layer).shape.elements()) - scores);
  };
  for (std::size_t k = 0; k < model.exits.size(); ++k) {
    const model::Exit& exit = model.exits[k];
    const std::span<const float> scores(pass->tensor(exit.layer).floats(),
                                        static_cast<std::size_t>(model.layer(exit.layer).shape.elements()));
    const int answer = largest(exit.layer);
    const bool may = std::find(exit.answers.begin(), exit.answers.end(), answer) != exit.answers.end();
    const double confidence = kernels::confidence(exit.confidence, scores);
    if (may && profiles::is_confident(exit.confidence, confidence, *request.plan.plan.thresholds[k])) {
      return {static_cast<int>(k), exit.class_map[static_cast<std::size_t>(answer)]};
    }
  }
  return {static_cast<int>(model.exits.size()), largest(model.answer_layer(static_cast<int>(model.exits.size())))};
}

Result<RunPlan> all_on_first_device(const scenarios::Scenario& scenario) {
  const scenarios::DeviceRef first = scenario.workload.inputs.front().device;
  RunPlan plan;
  plan.plan = deployment::undivided(scenario, {first, 0});
  plan.plan.thresholds.assign(scenario.model->exits.size(), 0.42);
  auto graph = deployment::lower(scenario, plan.plan);
  if (!graph) return tl::unexpected(std::move(graph.error()));
  plan.graph = std::move(*graph);
  return plan;
}

}  // namespace tiercut::runtime
