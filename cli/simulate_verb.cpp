// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "cli/console.hpp"
#include "cli/engine_option.hpp"
#include "cli/interrupt.hpp"
#include "cli/prediction.hpp"
#include "cli/simulator_entry.hpp"
#include "report/answers.hpp"
#include "report/records.hpp"
#include "report/simulation_report.hpp"
#include "simulator/fault_reach.hpp"

namespace tiercut::cli {

namespace {

Result<void> apply_warm_up(const Arguments& arguments, std::int64_t samples, deployment::StageGraph& graph) {
  if (arguments.warm_up) graph.warm_up = static_cast<int>(*arguments.warm_up);
  if (graph.warm_up < samples) return {};
  return fail("bad-usage",
              "a warm-up of " + std::to_string(graph.warm_up) + " leaves none of " + std::to_string(samples) +
                  " samples to count",
              "simulate more --samples or choose a smaller --warm-up");
}

/// Fails where the simulation cannot be repeated in one process.
Result<decltype(report::SimulatedRun::intervals)> intervals_of(const Arguments& arguments, const deployment::Plan& plan,
                                                               const simulator::Options& options) {
  const auto scenario = scenarios::read_scenario(arguments.files.front(), arguments.overrides);
  if (!scenario) return tl::unexpected(scenario.error());
  const auto calibration = validation::read_calibration(*arguments.calibration);
  if (!calibration) return tl::unexpected(calibration.error());
  PredictionRequest request;
  request.scenario = scenario->get();
  request.plan = &plan;
  request.calibration = &*calibration;
  request.samples = options.samples;
  request.seed = options.seed + 1;
  request.stop = options.stop;
  request.warm_up = arguments.warm_up;
  const auto prediction = predict(request);
  if (!prediction) return tl::unexpected(prediction.error());
  return prediction->intervals;
}

}  // namespace

ExitStatus run_simulate(const Arguments& arguments, Console& console) {
  const auto engine = engine_of(arguments);
  if (!engine) return console.refuse(engine.error());
  auto subject = read_deployment_to_simulate(arguments, *engine, console);
  if (!subject) return console.refuse(subject.error());
  simulator::Options options;
  options.engine = *engine;
  options.samples = arguments.samples.value_or(options.samples);
  options.seed = static_cast<std::uint64_t>(arguments.seed.value_or(1));
  if (const auto fits = apply_warm_up(arguments, options.samples, subject->graph); !fits) {
    return console.refuse(fits.error());
  }
  std::optional<report::RecordWriter> records;
  if (arguments.records) {
    auto writer = report::RecordWriter::create(*arguments.records, *subject->scenario, subject->graph, options.seed);
    if (!writer) return console.refuse(writer.error());
    records = std::move(*writer);
    options.with_unanswered = true;
  }
  console.tell(report::overload_warnings(subject->graph, subject->estimate.load));
  console.tell(simulator::fault_warnings(subject->graph));

  const Interruptible interruptible;
  report::Progress progress = console.progress("simulate");
  options.progress = [&](std::int64_t done, std::int64_t total) { progress.update(done, total); };
  options.stop = interruptible.stop();
  simulator::RecordSink sink;
  if (records) sink = [&](const simulator::Record& record) { records->add(record); };
  const auto result = run_simulator(subject->graph, options, sink);
  progress.finish();
  if (!result) return console.refuse(result.error());
  if (result->is_interrupted || interruptible.is_interrupted()) {
    console.note(records ? "interrupted; no result and no records" : "interrupted; no result");
    return ExitStatus::interrupted;
  }
  if (records) {
    if (const auto written = records->commit(*result); !written) return console.refuse(written.error());
  }
  report::SimulatedRun run{*subject->scenario, subject->plan, subject->graph, *result, {}};
  if (arguments.calibration) {
    const auto intervals = intervals_of(arguments, subject->plan, options);
    if (interruptible.is_interrupted()) {
      console.note("interrupted; no result");
      return ExitStatus::interrupted;
    }
    intervals ? (void)(run.intervals = *intervals) : console.tell(intervals.error());
  }
  return console.finish(
      arguments.is_json ? report::simulation_json(run) : report::simulation_text(run),
      report::keeps_promise(*subject->scenario, result->latency_s) ? ExitStatus::yes : ExitStatus::no);
}

}  // namespace tiercut::cli
