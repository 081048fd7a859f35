// SPDX-License-Identifier: Apache-2.0
#include "tests/support/random_case.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "core/random.hpp"

namespace tiercut::testing {

namespace {

using scenarios::DeviceRef;

class Builder {
 public:
  Builder(std::uint64_t seed, const CaseOptions& options)
      : options_(options), random_(seed, entity_id("random case"), 0) {}

  RandomCase build() {
    scenario_.name = "random";
    scenario_.model = build_model();
    build_devices();
    build_links();
    build_workload();
    scenario_.hash = "sha256:random";
    scenario_.prepare();
    RandomCase result{scenario_, build_plan()};
    return result;
  }

 private:
  int below(int n) { return std::min(n - 1, static_cast<int>(random_.uniform() * n)); }
  int between(int least, int most) { return least + below(most - least + 1); }
  bool chance(double p) { return random_.uniform() < p; }
  /// Few distinct values, so that ties happen often.
  Seconds coarse_time(int most_ms) { return Seconds(0.001 * between(0, most_ms)); }

  model::LayerId add(model::Model& made, const std::string& name, model::LayerType type,
                     std::vector<model::LayerId> inputs, std::int64_t outputs = 0) {
    model::Layer layer;
    layer.name = name + std::to_string(made.layers.size());
    layer.type = type;
    layer.inputs = std::move(inputs);
    layer.parameters.outputs = outputs;
    if (type == model::LayerType::input) layer.shape = {{4}};
    std::vector<const model::Layer*> before;
    for (const auto id : layer.inputs) before.push_back(&made.layer(id));
    const std::string problem = model::derive(layer, before);
    if (!problem.empty()) throw std::logic_error(problem);
    made.layers.push_back(layer);
    return made.layer_count() - 1;
  }

  model::ModelPointer build_model() {
    auto made = std::make_shared<model::Model>();
    made->name = "random";
    const int inputs = options_.is_chain ? 1 : between(1, 3);
    std::vector<model::LayerId> heads;
    for (int i = 0; i < inputs; ++i) heads.push_back(add(*made, "in", model::LayerType::input, {}));
    const int middle = between(1, std::max(1, options_.most_layers - inputs));
    for (int i = 0; i < middle; ++i) grow(*made, heads);
    while (heads.size() > 1) join(*made, heads);
    const auto last = add(*made, "scores", model::LayerType::linear, {heads[0]}, 4);
    add(*made, "out", model::LayerType::output, {last});
    const auto finished = made->finish();
    if (!finished) throw std::logic_error(to_text(finished.error()));
    return made;
  }

  void grow(model::Model& made, std::vector<model::LayerId>& heads) {
    const auto index = static_cast<std::size_t>(below(static_cast<int>(heads.size())));
    if (!options_.is_chain && heads.size() > 1 && chance(0.25)) return join(made, heads);
    if (!options_.is_chain && heads.size() < 4 && chance(0.2)) {
      heads.push_back(add(made, "fork", model::LayerType::linear, {heads[index]}, 4));
      return;
    }
    if (made.exits.size() < 3 && chance(0.25)) {
      auto branch = heads[index];
      for (int i = between(1, 2); i > 0; --i) branch = add(made, "branch", model::LayerType::linear, {branch}, 4);
      model::Exit exit;
      exit.name = "exit" + std::to_string(made.exits.size());
      exit.layer = branch;
      exit.answers = {0, 1, 2, 3};
      exit.class_map = {0, 1, 2, 3};
      made.exits.push_back(exit);
    }
    const auto type = chance(0.7) ? model::LayerType::linear : model::LayerType::relu;
    heads[index] = add(made, "fc", type, {heads[index]}, type == model::LayerType::linear ? 4 : 0);
  }

  void join(model::Model& made, std::vector<model::LayerId>& heads) {
    const auto joined = add(made, "join", model::LayerType::join_max, {heads[0], heads[1]});
    heads.erase(heads.begin());
    heads[0] = joined;
  }

  profiles::CostLaw law(profiles::Scope scope) {
    profiles::CostLaw made;
    made.name = "law";
    made.scope = scope;
    profiles::PiecewiseLaw line;
    line.axis = profiles::Axis::weights;
    const Seconds base = coarse_time(3);
    line.points = {{0, base}, {20, base + coarse_time(4)}, {100, base + Seconds(0.004) + coarse_time(9)}};
    made.form = line;
    return made;
  }

  void build_devices() {
    const int devices = between(1, options_.most_devices);
    for (int d = 0; d < devices; ++d) {
      auto profile = std::make_shared<profiles::Profile>();
      profile->name = "p" + std::to_string(d);
      profile->pools.push_back({"ram", Bytes(1e9), Bytes(1e9), Bytes(0), {}});
      const int units = chance(0.3) ? 2 : 1;
      for (int u = 0; u < units; ++u) {
        profiles::Unit unit;
        unit.name = u == 0 ? "cpu" : "gpu";
        unit.kind = unit.name;
        const bool is_stage_scope = chance(0.4);
        unit.execution = !is_stage_scope && chance(0.4) ? profiles::Execution::layer : profiles::Execution::call;
        unit.overhead_per_call = coarse_time(1);
        unit.exit_check = coarse_time(1);
        unit.laws.push_back(law(is_stage_scope ? profiles::Scope::stage : profiles::Scope::layer));
        profile->units.push_back(unit);
      }
      if (chance(0.3)) profile->serialise = BytesPerSecond(16000);
      if (chance(0.3)) profile->deserialise = BytesPerSecond(16000);
      if (chance(0.5)) profile->unit_transfer_overhead = Seconds(0.001);
      scenarios::Device device;
      device.name = "d" + std::to_string(d);
      device.profile = profile;
      scenario_.devices.push_back(device);
    }
  }

  void add_link(int from, int to, scenarios::Discipline discipline, scenarios::Transport::Kind transport) {
    scenarios::Link link;
    link.name = "l" + std::to_string(scenario_.links.size());
    link.from = {DeviceRef{from, 0}};
    link.to = {DeviceRef{to, 0}};
    link.latency = coarse_time(20);
    if (chance(0.7)) link.bandwidth = BytesPerSecond(4000.0 * between(1, 4));
    if (chance(0.3)) link.overhead = Seconds(0.001);
    link.discipline = discipline;
    link.transport.kind = transport;
    link.transport.initial_window = Bytes(8);
    scenario_.links.push_back(link);
  }

  void build_links() {
    const int devices = static_cast<int>(scenario_.devices.size());
    const auto discipline =
        options_.with_fair_links && chance(0.5) ? scenarios::Discipline::fair : scenarios::Discipline::fifo;
    const auto transport =
        options_.with_tcp && chance(0.5) ? scenarios::Transport::Kind::tcp : scenarios::Transport::Kind::ideal;
    for (int d = 1; d < devices; ++d) {
      const int other = below(d);
      add_link(d, other, discipline, transport);
      add_link(other, d, discipline, transport);
    }
    for (int extra = below(3); extra > 0 && devices > 1; --extra) {
      const int from = below(devices);
      add_link(from, (from + 1 + below(devices - 1)) % devices, discipline, transport);
    }
  }

  DeviceRef any_device() { return {below(static_cast<int>(scenario_.devices.size())), 0}; }

  void build_workload() {
    auto& workload = scenario_.workload;
    for (const auto input : scenario_.model->inputs()) {
      const Seconds offset = workload.inputs.empty() ? Seconds(0) : coarse_time(2);
      workload.inputs.push_back({input, any_device(), offset});
    }
    workload.arrivals.period = Seconds(1000);
    workload.answer_at = any_device();
    for (std::size_t k = 0; k < scenario_.model->exits.size(); ++k) {
      scenario_.exits.push_back(scenarios::ExitStatement{0.25 * between(1, 3), "random"});
      scenario_.policy.escalation.push_back(chance(0.5) ? scenarios::Escalation::after : scenarios::Escalation::eager);
    }
    if (!scenario_.exits.empty() && chance(0.4)) build_trace();
    scenario_.policy.cancel = chance(0.5);
    if (!options_.with_joins) return;
    for (model::LayerId id = 0; id < scenario_.model->layer_count(); ++id) {
      if (!model::is_join(scenario_.model->layer(id).type) || !chance(0.4)) continue;
      scenarios::JoinPolicy join{id, between(1, 2), std::nullopt};
      if (chance(0.7) || join.quorum < 2) join.deadline = coarse_time(15);
      scenario_.joins.push_back(join);
    }
  }

  /// Few rows with coarse confidences, so that thresholds are met exactly and patterns are left out.
  void build_trace() {
    auto trace = std::make_shared<profiles::ExitTrace>();
    trace->name = "random";
    trace->classes = 4;
    for (const auto& exit : scenario_.model->exits) trace->answers.push_back({exit.name, {0, 1, 2}, {0, 1, 2, 3}, {}});
    trace->answers.push_back({"final", {0, 1, 2, 3}, {0, 1, 2, 3}, {}});
    trace->scores.resize(trace->answers.size());
    const int rows = between(1, 12);
    for (int row = 0; row < rows; ++row) {
      trace->ids.push_back(static_cast<std::uint32_t>(row));
      trace->labels.push_back(below(4));
      trace->parts.push_back(profiles::TracePart::test);
      for (auto& scores : trace->scores) {
        const auto level = static_cast<float>(below(5)) / 4.0F;
        scores.push_back({below(4), level, 1.0F - level / 2, 1.0F - level});
      }
    }
    for (auto& statement : scenario_.exits) statement->threshold = 0.25 * below(5);
    scenario_.exit_trace = scenarios::TraceUse{std::move(trace), profiles::TracePart::test, chance(0.5), {}};
  }

  deployment::Plan build_plan() {
    const auto places = scenario_.places();
    deployment::Plan plan = deployment::undivided(scenario_, places.front());
    auto place = places[static_cast<std::size_t>(below(static_cast<int>(places.size())))];
    for (model::LayerId id = 0; id < scenario_.model->layer_count(); ++id) {
      const auto type = scenario_.model->layer(id).type;
      if (type == model::LayerType::input || type == model::LayerType::output) continue;
      if (chance(0.4)) place = places[static_cast<std::size_t>(below(static_cast<int>(places.size())))];
      plan.placement[static_cast<std::size_t>(id)] = place;
    }
    for (std::size_t k = 0; k < plan.uses_exit.size(); ++k) plan.uses_exit[k] = chance(0.8);
    return plan;
  }

  CaseOptions options_;
  RandomStream random_;
  scenarios::Scenario scenario_;
};

}  // namespace

RandomCase random_case(std::uint64_t seed, const CaseOptions& options) { return Builder(seed, options).build(); }

}  // namespace tiercut::testing
