// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "cli/console.hpp"
#include "cli/engine_option.hpp"
#include "cli/interrupt.hpp"
#include "cli/prediction.hpp"
#include "cli/replicated_simulation.hpp"
#include "cli/simulator_entry.hpp"
#include "report/answers.hpp"
#include "report/chrome_trace.hpp"
#include "report/records.hpp"
#include "report/simulation_report.hpp"
#include "report/time_series.hpp"
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

/// What else is written while samples go by.
struct Watchers {
  std::optional<report::ChromeTrace> trace;
  std::optional<report::TimeSeries> series;

  static Result<Watchers> create(const Arguments& arguments, const deployment::StageGraph& graph,
                                 std::int64_t samples) {
    Watchers made;
    if (arguments.chrome_trace && samples > report::most_traced_samples)
      return fail("bad-usage", "a trace of " + std::to_string(samples) + " samples is more than anybody can look at",
                  "at most " + std::to_string(report::most_traced_samples) + " --samples with --chrome-trace");
    if (arguments.interval && !arguments.series)
      return fail("bad-usage", "--interval says nothing without --series", "name a file with --series");
    if (arguments.chrome_trace) {
      auto trace = report::ChromeTrace::create(*arguments.chrome_trace, graph);
      if (!trace) return tl::unexpected(trace.error());
      made.trace = std::move(*trace);
    }
    if (!arguments.series) return made;
    Span interval = report::usual_interval(graph, samples);
    if (arguments.interval) {
      const auto seconds = parse_quantity(*arguments.interval, Dimension::time);
      if (!seconds || !(*seconds >= 1e-9 && *seconds <= 86400))
        return fail("bad-usage", "--interval takes a time from 1 ns to a day, not '" + *arguments.interval + "'",
                    "write it as 100ms");
      interval = Span::from(Seconds(*seconds));
    }
    auto series = report::TimeSeries::create(*arguments.series, interval);
    if (!series) return tl::unexpected(series.error());
    made.series = std::move(*series);
    return made;
  }

  bool is_needed() const { return trace || series; }
  void ended(const simulator::Record& record) {
    if (trace) trace->ended(record);
    if (series) series->ended(record);
  }
  Result<void> commit(const simulator::SimulationResult& result) {
    if (trace)
      if (auto written = trace->commit(result); !written) return written;
    if (series) return series->commit(result);
    return {};
  }
};

}  // namespace

ExitStatus run_simulate(const Arguments& arguments, Console& console) {
  const auto engine = engine_of(arguments);
  if (!engine) return console.refuse(engine.error());
  if (const auto fits = check_replications(arguments); !fits) return console.refuse(fits.error());
  auto subject = read_deployment_to_simulate(arguments, *engine, console);
  if (!subject) return console.refuse(subject.error());
  simulator::Options options;
  options.engine = *engine;
  options.samples = arguments.samples.value_or(options.samples);
  options.seed = static_cast<std::uint64_t>(arguments.seed.value_or(1));
  if (const auto fits = apply_warm_up(arguments, options.samples, subject->graph); !fits) {
    return console.refuse(fits.error());
  }
  console.tell(report::overload_warnings(subject->graph, subject->estimate.load));
  console.tell(simulator::fault_warnings(subject->graph));
  if (arguments.replications || arguments.until_interval)
    return simulate_again_and_again(arguments, *subject, options, console);
  std::optional<report::RecordWriter> records;
  if (arguments.records) {
    auto writer = report::RecordWriter::create(*arguments.records, *subject->scenario, subject->graph, options.seed);
    if (!writer) return console.refuse(writer.error());
    records = std::move(*writer);
    options.with_unanswered = true;
  }
  auto watchers = Watchers::create(arguments, subject->graph, options.samples);
  if (!watchers) return console.refuse(watchers.error());
  if (watchers->is_needed()) options.with_unanswered = true;
  if (watchers->trace) options.on_fired = [&](const simulator::Firing& firing) { watchers->trace->fired(firing); };

  const Interruptible interruptible;
  report::Progress progress = console.progress("simulate");
  options.progress = [&](std::int64_t done, std::int64_t total) { progress.update(done, total); };
  options.stop = interruptible.stop();
  simulator::RecordSink sink;
  if (records || watchers->is_needed())
    sink = [&](const simulator::Record& record) {
      if (records) records->add(record);
      watchers->ended(record);
    };
  const auto result = run_simulator(subject->graph, options, sink);
  progress.finish();
  if (!result) return console.refuse(result.error());
  if (result->is_interrupted || interruptible.is_interrupted()) {
    console.note(records || watchers->is_needed() ? "interrupted; no result and no files" : "interrupted; no result");
    return ExitStatus::interrupted;
  }
  if (records) {
    if (const auto written = records->commit(*result); !written) return console.refuse(written.error());
  }
  if (const auto written = watchers->commit(*result); !written) return console.refuse(written.error());
  report::SimulatedRun run{*subject->scenario, subject->plan, subject->graph, *result, {}, {}};
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
