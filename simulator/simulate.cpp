// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <stdexcept>
#include <string>

#include "deployment/arrival_times.hpp"
#include "simulator/compiled_graph.hpp"
#include "simulator/simulation.hpp"
#include "simulator/simulation_run.hpp"
#include "simulator/simulator.hpp"

namespace tiercut::simulator {

std::string_view to_text(Engine engine) {
  switch (engine) {
    case Engine::automatic:
      return "auto";
    case Engine::fast:
      return "fast";
    case Engine::simgrid:
      return "simgrid";
    case Engine::simgrid_timers:
      return "simgrid-timers";
  }
  throw std::logic_error("no such engine");
}

std::optional<Engine> engine_named(std::string_view name) {
  for (const Engine engine : {Engine::fast, Engine::simgrid, Engine::simgrid_timers}) {
    if (to_text(engine) == name) return engine;
  }
  return std::nullopt;
}

Result<Engine> engine_for(const deployment::StageGraph& graph, Engine asked) {
  if (asked == Engine::simgrid || asked == Engine::simgrid_timers) return asked;
  const deployment::Resource* sharing = sharing_link(graph);
  if (sharing == nullptr) return Engine::fast;
  if (asked == Engine::automatic) return Engine::simgrid;
  return fail("engine-unfit", "the engine fast cannot run link " + sharing->name + ", which is shared fairly",
              "leave the choice of the engine to tiercut, or give the link the discipline fifo");
}

namespace {

bool are_playable(const std::vector<Course>& courses, int members, std::int64_t samples) {
  if (static_cast<std::int64_t>(courses.size()) != samples) return false;
  Instant last;
  for (const Course& course : courses) {
    if (course.arrival < last || course.member < 1 || course.member > members) return false;
    last = course.arrival;
  }
  return true;
}

}  // namespace

Diagnostics find_faults(const deployment::StageGraph& graph, const Options& options) {
  Diagnostics faults;
  const auto add = [&faults](std::string code, std::string message, std::string hint) {
    faults.push_back({Severity::error, std::move(code), {}, std::move(message), std::move(hint)});
  };
  if (options.samples < 1 || options.samples <= graph.warm_up) {
    add("bad-samples",
        "cannot simulate " + std::to_string(options.samples) + " samples, of which " + std::to_string(graph.warm_up) +
            " are warm-up",
        "ask for at least " + std::to_string(graph.warm_up + 1));
  }
  const auto has_many_inputs = [](const deployment::Stage& stage) { return stage.inputs.size() >= 1U << 16; };
  if (options.samples >= Event::most_samples || graph.stages.size() >= std::size_t{Event::most_stages} ||
      std::ranges::any_of(graph.stages, has_many_inputs)) {
    add("simulation-too-large", "a simulation has fewer than 2^40 samples, 2^20 stages and 2^16 inputs of a stage",
        "simulate fewer samples, or a part of the deployment");
  }
  if (options.courses && !are_playable(*options.courses, graph.members, options.samples)) {
    add("bad-courses", "the samples to be replayed are not in order, or not those of this deployment",
        "replay a run of the same scenario");
  }
  if (auto shortage = deployment::arrival_shortage(graph, options.samples); shortage && !options.courses)
    faults.push_back(std::move(*shortage));
  for (const auto& resource : graph.resources) {
    if (resource.loss.probability < 1) continue;
    add("certain-loss", "link " + resource.name + " loses every message, so none would ever arrive",
        "state a loss below 1");
  }
  return faults;
}

namespace {

std::string names_of(const deployment::StageGraph& graph, const std::vector<model::LayerId>& inputs) {
  std::string names;
  for (const model::LayerId input : inputs) {
    for (const auto& stage : graph.stages) {
      const auto* source = std::get_if<deployment::Source>(&stage.work);
      if (source == nullptr || source->input != input) continue;
      const auto blank = stage.name.rfind(' ');
      names += (names.empty() ? "" : ", ") + stage.name.substr(blank == std::string::npos ? 0 : blank + 1);
      break;
    }
  }
  return names;
}

tl::unexpected<Diagnostics> unknown_loss(const deployment::StageGraph& graph, const UnknownLoss& loss) {
  const auto answer = static_cast<std::size_t>(loss.answer);
  const std::string name = answer < graph.exits.size() ? "exit " + graph.exits[answer].name : "the final answer";
  std::string recorded;
  for (const auto& known : graph.replay->losses) {
    if ((known.known >> answer & 1U) != 0) recorded += (recorded.empty() ? "" : "; ") + names_of(graph, known.lost);
  }
  return fail("unknown-loss",
              "a sample lost " + names_of(graph, loss.missing) + ", and the exit trace " + graph.replay->trace +
                  " does not say what " + name + " then answers",
              recorded.empty() ? "it records no losses; train with some, or leave out the exit trace"
                               : "it records the loss of: " + recorded);
}

}  // namespace

Result<SimulationResult> run_simulation(const deployment::StageGraph& graph, const Options& options,
                                        const RecordSink& sink, SimulationResult result,
                                        const DriverMaker& make_driver) {
  result.warm_up = graph.warm_up;
  result.seed = options.seed;
  const CompiledGraph compiled(graph);
  try {
    Simulation simulation(compiled, options, sink);
    const auto driver = make_driver ? make_driver(compiled, simulation) : nullptr;
    simulation.run(driver.get());
    simulation.fill(result);
  } catch (const UnknownLoss& loss) {
    return unknown_loss(graph, loss);
  } catch (const std::overflow_error& error) {
    return fail("horizon-exceeded", error.what(), "simulate fewer samples, or ones that arise closer together");
  } catch (const std::length_error& error) {
    return fail("simulation-too-large", error.what(), "simulate fewer samples, or ones that arise further apart");
  }
  if (options.progress) options.progress(result.is_interrupted ? result.samples : options.samples, options.samples);
  return result;
}

Result<SimulationResult> simulate(const deployment::StageGraph& graph, const Options& options, const RecordSink& sink) {
  const auto engine = engine_for(graph, options.engine);
  if (!engine) return tl::unexpected(engine.error());
  if (*engine != Engine::fast) {
    return fail("engine-missing", "this needs the engine " + std::string(to_text(*engine)) + ", which is not loaded",
                "run it in tiercut-simulator");
  }
  if (auto faults = find_faults(graph, options); !faults.empty()) return tl::unexpected(std::move(faults));
  SimulationResult result;
  result.engine = to_text(Engine::fast);
  result.engine_version = TIERCUT_VERSION;
  result.network_model = "own fifo links, exact to the picosecond";
  return run_simulation(graph, options, sink, std::move(result), {});
}

}  // namespace tiercut::simulator
