// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <optional>

#include "cli/console.hpp"
#include "cli/engine_option.hpp"
#include "cli/interrupt.hpp"
#include "cli/simulator_entry.hpp"
#include "core/files.hpp"
#include "scenarios/study.hpp"
#include "study/cluster_script.hpp"
#include "study/own_process.hpp"
#include "study/sweep.hpp"
#include "study/sweep_report.hpp"

namespace tiercut::cli {

namespace {

constexpr std::int64_t usual_shards = 8;

Result<void> check_usage(const Arguments& arguments) {
  const auto slip = [](const std::string& what, const std::string& hint) { return fail("bad-usage", what, hint); };
  if (arguments.files.size() > 1 && !arguments.is_gather) {
    return slip("'" + arguments.files[1] + "' is one too many", "results of shards are given with --gather");
  }
  if (arguments.is_gather && arguments.files.size() < 2) {
    return slip("--gather has nothing to gather", "name the results of the shards after the study");
  }
  if (arguments.is_gather && (arguments.shard || arguments.workers || arguments.is_forced)) {
    return slip("--gather computes nothing, so --shard, --workers and --force do not go with it", "leave them out");
  }
  if (arguments.emit && *arguments.emit != "slurm" && *arguments.emit != "snakemake") {
    return slip("there is no script for '" + *arguments.emit + "'", "write --emit slurm or --emit snakemake");
  }
  if (arguments.emit && !arguments.out) return slip("a script needs to know --out", "name the results file");
  if (arguments.emit && (arguments.shard || arguments.is_gather)) {
    return slip("--emit writes a script for all shards", "leave out --shard and --gather");
  }
  if (arguments.shards && !arguments.emit) return slip("--shards goes with --emit", "one shard: --shard 1/8");
  if (arguments.shard && !study::shard_named(*arguments.shard)) {
    return slip("'" + *arguments.shard + "' is no shard", "write --shard 2/8 for the second of eight");
  }
  return {};
}

bool shares_fairly(const Node& node) {
  if (node.kind == NodeKind::scalar) return node.text == "fair";
  return std::ranges::any_of(node.items, shares_fairly) ||
         std::ranges::any_of(node.fields, [](const auto& field) { return shares_fairly(field.second); });
}

/// Whether any point may need SimGrid.
bool may_need_simgrid(const scenarios::Study& study) {
  if (study.engine) return *study.engine != simulator::to_text(simulator::Engine::fast);
  const bool is_shared = std::ranges::any_of(
      study.base->links, [](const scenarios::Link& link) { return link.discipline == scenarios::Discipline::fair; });
  return is_shared || std::ranges::any_of(study.axes, [](const scenarios::StudyAxis& axis) {
           return std::ranges::any_of(axis.values, shares_fairly);
         });
}

std::vector<std::string> repeated_options(const Arguments& arguments) {
  std::vector<std::string> words;
  const auto add = [&words](const char* name, const auto& value) {
    if (!value) return;
    words.emplace_back(name);
    if constexpr (std::is_arithmetic_v<std::decay_t<decltype(*value)>>) {
      words.push_back(std::to_string(*value));
    } else {
      words.push_back(*value);
    }
  };
  add("--samples", arguments.samples);
  add("--seed", arguments.seed);
  add("--engine", arguments.engine);
  for (const std::string& text : arguments.overrides) {
    words.emplace_back("--set");
    words.push_back(text);
  }
  return words;
}

ExitStatus emit(const Arguments& arguments, const scenarios::Study& study, Console& console) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  study::ClusterJob job;
  job.name = study.name;
  job.program = fs::read_symlink("/proc/self/exe", ignored).string();
  job.study = fs::absolute(study.file).lexically_normal().string();
  job.out = fs::absolute(*arguments.out).lexically_normal().string();
  job.options = repeated_options(arguments);
  job.shards = std::min(arguments.shards.value_or(usual_shards), study.points());
  job.workers = arguments.workers.value_or(1);
  const std::string script = *arguments.emit == "slurm" ? study::slurm_script(job) : study::snakemake_script(job);
  return console.finish(script, ExitStatus::yes);
}

ExitStatus tell(const Arguments& arguments, const scenarios::Study& study, const study::SweepResult& result,
                const study::PointTable& table, Console& console) {
  const bool has_failed =
      std::ranges::any_of(result.points, [](const auto& point) { return point.verdict == study::Verdict::failed; });
  const ExitStatus status = has_failed ? ExitStatus::no : ExitStatus::yes;
  if (!arguments.out) return console.finish(result.text, status);
  return console.finish(arguments.is_json ? study::sweep_json(study, result.points)
                                          : study::sweep_text(study, result.points, table.headline()),
                        status);
}

}  // namespace

const Verb& sweep_verb() {
  static const Verb verb = {
      "sweep",
      "a study: a scenario simulated over a grid of its values",
      "STUDY [PART...]",
      1,
      std::numeric_limits<std::size_t>::max(),
      {{"--out", "FILE", "a line a point: CSV, or JSON lines for *.jsonl", &Arguments::out},
       {"--workers", "N", "processes; default: one a processor", &Arguments::workers, 1, 1024},
       {"--samples", "N", "a point, instead of the study's", &Arguments::samples, 1, 1'000'000'000},
       {"--seed", "S", "instead of the study's; the same at every point", &Arguments::seed},
       {"--engine", "NAME", "fast, simgrid or simgrid-timers; default: the first fit", &Arguments::engine},
       {"--shard", "I/N", "only the I-th of N parts, for one of N machines", &Arguments::shard},
       {"--gather", "", "make one file of the parts named after STUDY", &Arguments::is_gather},
       {"--emit", "SYSTEM", "print a script for a cluster: slurm or snakemake", &Arguments::emit},
       {"--shards", "N", "with --emit: into how many parts; default 8", &Arguments::shards, 1, study::most_shards},
       {"--force", "", "compute anew what is there already", &Arguments::is_forced}},
      {"Interrupted, it keeps FILE.partial, and the same call goes on from there.",
       "A point that fails is a line with its reason; exit status 1 says there are some."},
      {"sweep big-little/links --out links.csv"},
      run_sweep};
  return verb;
}

ExitStatus run_sweep(const Arguments& arguments, Console& console) {
  if (const auto fine = check_usage(arguments); !fine) return console.refuse(fine.error());
  if (const auto engine = engine_of(arguments); !engine) return console.refuse(engine.error());
  auto study = scenarios::read_study(arguments.files.front(), arguments.overrides);
  if (!study) return console.refuse(study.error());
  if (arguments.samples) study->samples = *arguments.samples;
  if (arguments.seed) study->seed = static_cast<std::uint64_t>(*arguments.seed);
  if (arguments.engine) study->engine = *arguments.engine;
  if (arguments.emit) return emit(arguments, *study, console);
  if (!arguments.is_gather && may_need_simgrid(*study)) {
    if (const auto entered = enter_simulator(); !entered) return console.refuse(entered.error());
  }
  console.tell(study->base->warnings);

  using Form = study::PointTable::Form;
  const Form form = arguments.out       ? study::PointTable::form_of(*arguments.out)
                    : arguments.is_json ? Form::json_lines
                                        : Form::csv;
  const study::PointTable table(*study, form);
  if (arguments.is_gather) {
    const auto gathered = study::gather(*study, form, {arguments.files.begin() + 1, arguments.files.end()});
    if (!gathered) return console.refuse(gathered.error());
    if (arguments.out) {
      if (const auto written = write_file(*arguments.out, gathered->text); !written) {
        return console.refuse(written.error());
      }
    }
    return tell(arguments, *study, *gathered, table, console);
  }

  const Interruptible interruptible;
  report::Progress progress = console.progress("sweep");
  study::SweepOptions options;
  options.out = arguments.out;
  options.form = form;
  if (arguments.shard) options.shard = *study::shard_named(*arguments.shard);
  options.workers = static_cast<int>(arguments.workers.value_or(study::processors()));
  options.is_afresh = arguments.is_forced;
  options.simulate = [](const deployment::StageGraph& graph, const simulator::Options& how) {
    return run_simulator(graph, how, {});
  };
  options.stop = interruptible.stop();
  options.progress = [&](std::int64_t done, std::int64_t total) { progress.update(done, total); };
  options.note = [&](const std::string& text) { console.note(text); };
  const auto result = study::sweep(*study, options);
  progress.finish();
  if (!result) return console.refuse(result.error());
  if (result->is_interrupted) {
    console.note(arguments.out ? "interrupted; finished points are in '" + *arguments.out +
                                     ".partial', and the same command goes on from there"
                               : std::string("interrupted; no result"));
    return ExitStatus::interrupted;
  }
  if (arguments.out && result->known == std::ssize(result->points)) {
    console.note("all points were in '" + *arguments.out + "' already; --force computes them anew");
  }
  return tell(arguments, *study, *result, table, console);
}

}  // namespace tiercut::cli
