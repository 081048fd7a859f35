// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>

#include "cli/console.hpp"
#include "cli/engine_option.hpp"
#include "cli/interrupt.hpp"
#include "cli/simulator_entry.hpp"
#include "report/explain_report.hpp"

namespace tiercut::cli {

namespace {

// Samples that arrive later can stand in the way of this one, so the simulation goes on behind it until it is answered.
constexpr std::int64_t samples_behind = 10'000;

Result<simulator::Record> simulated_sample(deployment::StageGraph graph, simulator::Engine engine, std::int64_t sample,
                                           std::uint64_t seed) {
  graph.warm_up = 0;
  volatile bool is_found = false;
  std::optional<simulator::Record> found;
  simulator::Options options;
  options.engine = engine;
  options.samples = sample + 1 + samples_behind;
  options.seed = seed;
  options.stop = &is_found;
  const auto result = run_simulator(graph, options, [&](const simulator::Record& record) {
    if (record.sample != sample) return;
    found = record;
    is_found = true;
  });
  if (!result) return tl::unexpected(result.error());
  if (found) return *found;
  return fail("sample-unanswered", "sample " + std::to_string(sample) + " was not answered",
              "it waits behind more work than " + std::to_string(samples_behind) + " further samples allow to finish");
}

/// The slowest by latency, in memory that does not grow with the samples.
ExitStatus explain_worst(const Arguments& arguments, const Deployment& subject, simulator::Engine engine,
                         Console& console) {
  simulator::Options options;
  options.engine = engine;
  options.samples = arguments.samples.value_or(options.samples);
  options.seed = static_cast<std::uint64_t>(arguments.seed.value_or(1));
  if (subject.graph.warm_up >= options.samples) {
    return console.refuse({{Severity::error,
                            "bad-usage",
                            {},
                            "a warm-up of " + std::to_string(subject.graph.warm_up) + " leaves none of " +
                                std::to_string(options.samples) + " samples to count",
                            "simulate more --samples"}});
  }
  const Interruptible interruptible;
  report::Progress progress = console.progress("simulate");
  options.progress = [&](std::int64_t done, std::int64_t total) { progress.update(done, total); };
  options.stop = interruptible.stop();
  report::SlowestSamples slowest;
  slowest.seed = options.seed;
  slowest.simulated = options.samples - subject.graph.warm_up;
  slowest.unanswered = slowest.simulated;
  auto& kept = slowest.records;
  const auto is_slower = [](const simulator::Record& a, const simulator::Record& b) {
    return a.latency != b.latency ? a.latency > b.latency : a.sample < b.sample;
  };
  const auto result = run_simulator(subject.graph, options, [&](const simulator::Record& record) {
    if (record.sample < subject.graph.warm_up) return;
    --slowest.unanswered;
    // A heap with the fastest of those kept on top.
    if (std::ssize(kept) == *arguments.worst) {
      if (!is_slower(record, kept.front())) return;
      std::pop_heap(kept.begin(), kept.end(), is_slower);
      kept.pop_back();
    }
    kept.push_back(record);
    std::push_heap(kept.begin(), kept.end(), is_slower);
  });
  progress.finish();
  if (!result) return console.refuse(result.error());
  if (result->is_interrupted || interruptible.is_interrupted()) {
    console.note("interrupted; no result");
    return ExitStatus::interrupted;
  }
  std::sort(kept.begin(), kept.end(), is_slower);
  return console.finish(arguments.is_json ? report::worst_json(*subject.scenario, subject.graph, slowest)
                                          : report::worst_text(*subject.scenario, subject.graph, slowest),
                        ExitStatus::yes);
}

}  // namespace

ExitStatus run_explain(const Arguments& arguments, Console& console) {
  const auto engine = engine_of(arguments);
  if (!engine) return console.refuse(engine.error());
  const bool is_simulated = arguments.sample || arguments.worst;
  if (!is_simulated && (arguments.seed || arguments.engine)) {
    const std::string option = arguments.seed ? "--seed" : "--engine";
    return console.refuse(
        {{Severity::error, "bad-usage", {}, option + " says nothing without --sample", "name a sample"}});
  }
  if (arguments.samples && !arguments.worst)
    return console.refuse({{Severity::error, "bad-usage", {}, "--samples says nothing without --worst", ""}});
  if (arguments.sample && arguments.worst)
    return console.refuse({{Severity::error, "bad-usage", {}, "--sample and --worst are two questions", "ask one"}});
  const auto subject =
      is_simulated ? read_deployment_to_simulate(arguments, *engine, console) : read_deployment(arguments, console);
  if (!subject) return console.refuse(subject.error());
  if (arguments.worst) return explain_worst(arguments, *subject, *engine, console);
  const scenarios::Scenario& scenario = *subject->scenario;
  if (!arguments.sample) {
    return console.finish(arguments.is_json ? report::explanation_json(scenario, subject->graph, subject->estimate)
                                            : report::explanation_text(scenario, subject->graph, subject->estimate),
                          ExitStatus::yes);
  }
  const auto seed = static_cast<std::uint64_t>(arguments.seed.value_or(1));
  const auto record = simulated_sample(subject->graph, *engine, *arguments.sample, seed);
  if (!record) return console.refuse(record.error());
  return console.finish(arguments.is_json ? report::sample_json(scenario, subject->graph, *record, seed)
                                          : report::sample_text(scenario, subject->graph, *record, seed),
                        ExitStatus::yes);
}

}  // namespace tiercut::cli
