// SPDX-License-Identifier: Apache-2.0
#include "cli/replicated_simulation.hpp"

#include <charconv>
#include <optional>
#include <utility>

#include "cli/interrupt.hpp"
#include "cli/simulator_entry.hpp"
#include "report/answers.hpp"
#include "report/simulation_report.hpp"
#include "study/own_process.hpp"
#include "study/replications.hpp"

namespace tiercut::cli {

namespace {

constexpr std::int64_t usual_limit = 1000;

/// `1%` or `0.01`, as a share in (0, 1).
std::optional<double> share_of(std::string_view text) {
  const bool is_percent = text.ends_with('%');
  if (is_percent) text.remove_suffix(1);
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (is_percent) value /= 100;
  const bool is_share = read.ec == std::errc() && read.ptr == text.data() + text.size() && value > 0 && value < 1;
  return is_share ? std::optional(value) : std::nullopt;
}

}  // namespace

Result<void> check_replications(const Arguments& arguments) {
  if (!arguments.replications && !arguments.until_interval) return {};
  if (arguments.until_interval && !share_of(*arguments.until_interval)) {
    return fail("bad-usage", "'" + *arguments.until_interval + "' is no share of the mean", "write --until-ci 1%");
  }
  const std::pair<bool, const char*> others[] = {{arguments.records.has_value(), "--records"},
                                                 {arguments.calibration.has_value(), "--calibration"},
                                                 {arguments.chrome_trace.has_value(), "--chrome-trace"},
                                                 {arguments.series.has_value(), "--series"}};
  for (const auto& [is_given, name] : others) {
    if (is_given)
      return fail("bad-usage", std::string("replications do not go with ") + name,
                  "that is of one simulation; leave out one of the two");
  }
  return {};
}

ExitStatus simulate_again_and_again(const Arguments& arguments, const Deployment& subject,
                                    const simulator::Options& options, Console& console) {
  study::ReplicationOptions how;
  how.simulation = options;
  if (arguments.until_interval) how.until = share_of(*arguments.until_interval);
  how.most = arguments.replications.value_or(usual_limit);
  how.workers = study::processors();
  how.simulate = [](const deployment::StageGraph& graph, const simulator::Options& each) {
    return run_simulator(graph, each, {});
  };
  const Interruptible interruptible;
  report::Progress progress = console.progress("simulate");
  how.progress = [&](std::int64_t done, std::int64_t total) { progress.update(done, total); };
  how.stop = interruptible.stop();
  const auto result = study::replicate(subject.graph, how);
  progress.finish();
  if (interruptible.is_interrupted()) {
    console.note("interrupted; no result");
    return ExitStatus::interrupted;
  }
  if (!result) return console.refuse(result.error());
  report::SimulatedRun run{*subject.scenario, subject.plan, subject.graph, result->pooled, {}, {}};
  run.replicated = {result->count, study::replication_confidence, result->intervals};
  if (!result->is_close_enough) {
    console.tell(Diagnostics{
        Diagnostic{Severity::warning, "interval-too-wide", Location{},
                   std::to_string(result->count) + " replications leave the mean less certain than was asked for",
                   "simulate more --samples in each, or more --replications"}});
  }
  const bool is_kept = report::keeps_promise(*subject.scenario, result->pooled.latency_s);
  return console.finish(arguments.is_json ? report::simulation_json(run) : report::simulation_text(run),
                        is_kept && result->is_close_enough ? ExitStatus::yes : ExitStatus::no);
}

}  // namespace tiercut::cli
