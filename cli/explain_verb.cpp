// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "cli/console.hpp"
#include "cli/engine_option.hpp"
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

}  // namespace

ExitStatus run_explain(const Arguments& arguments, Console& console) {
  const auto engine = engine_of(arguments);
  if (!engine) return console.refuse(engine.error());
  if (!arguments.sample && (arguments.seed || arguments.engine)) {
    const std::string option = arguments.seed ? "--seed" : "--engine";
    return console.refuse(
        {{Severity::error, "bad-usage", {}, option + " says nothing without --sample", "name a sample"}});
  }
  const auto subject =
      arguments.sample ? read_deployment_to_simulate(arguments, *engine, console) : read_deployment(arguments, console);
  if (!subject) return console.refuse(subject.error());
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
