// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tiercut::cli {

class Console;

/// What the command's exit status says (DESIGN.md, Command line).
enum class ExitStatus {
  yes = 0,
  no = 1,         ///< no plan, requirement missed, a plan that does not hold
  bad_input = 2,  ///< usage or input
  internal_fault = 3,
  interrupted = 130,
};

/// A parsed command line. What a verb does not take stays empty.
struct Arguments {
  std::vector<std::string> files;
  bool is_json = false, is_quiet = false, is_help = false;
  std::vector<std::string> overrides;        ///< of --set
  std::optional<std::int64_t> replications;  ///< of simulate
  std::optional<std::string> until_interval;
  std::optional<std::string> plan, out, records, engine, deadline, pareto;
  std::optional<std::string> in_force, weights_at, fallbacks;  ///< of plan; fallbacks also of run
  std::optional<std::int64_t> horizon;
  bool is_sensitivity = false;
  std::optional<std::string> chrome_trace, series, interval;  ///< of simulate
  std::vector<std::string> ranges;  ///< of --regret
  std::optional<std::int64_t> samples, seed, warm_up, sample, worst;
  bool is_forced = false;
  std::optional<std::string> at, network;  ///< of lab
  std::optional<std::int64_t> lab;
  std::vector<std::string> processors, pinned;
  bool is_self_test = false, is_counting_packets = false;
  std::vector<std::string> command;  ///< what follows `--`, of a verb that takes one
  bool is_quick = false, is_cold = false, is_resumed = false;
  std::optional<std::string> model, backend, budget, estimate, checked;
  std::optional<std::int64_t> threads, shapes;
  std::optional<std::string> measure, grid, costs, part;  ///< of exits
  std::vector<std::string> own_thresholds, lost;
  std::optional<std::int64_t> positive_class;
  std::optional<std::string> data;
  std::optional<std::int64_t> epochs;
  std::optional<std::string> listen, name, keys, memory, units, profile;  ///< of agent
  bool is_init_keys = false;
  std::optional<std::string> devices, weights, timeout;  ///< of run
  bool is_local = false, is_lab = false;
  std::optional<std::string> scenario, calibration, tolerance;  ///< of validate
  bool is_replay = false;
  std::optional<std::string> shard, emit;  ///< of sweep
  std::optional<std::int64_t> workers, shards;
  bool is_gather = false;
};

/// One option: parsing, help and range errors all come from this row.
struct Option {
  std::string_view name;      ///< `--samples`
  std::string_view argument;  ///< `N`; empty for a flag
  std::string_view meaning;
  std::variant<bool Arguments::*, std::optional<std::string> Arguments::*, std::optional<std::int64_t> Arguments::*,
               std::vector<std::string> Arguments::*>
      target;
  std::int64_t least = 0, most = std::numeric_limits<std::int64_t>::max();  ///< of a number, inclusive
};

/// Options that every verb takes.
std::span<const Option> common_options();

struct Verb {
  std::string_view name;
  std::string_view summary;  ///< one line, without a full stop
  std::string_view files;    ///< as the usage line shows them: `SCENARIO`
  std::size_t least_files = 0, most_files = 0;
  std::vector<Option> options;
  std::vector<std::string_view> notes;     ///< what else to know
  std::vector<std::string_view> examples;  ///< without `tiercut `
  ExitStatus (*run)(const Arguments&, Console&) = nullptr;
  std::string_view command{};  ///< as the usage line shows what may follow `--`; empty: nothing may
};

/// The one table of verbs of a program, in the order of the help (verb_table.cpp; of the profiler for boards,
/// profiler_verbs.cpp), and what its help tells a newcomer.
std::span<const Verb> all_verbs();
std::string_view first_steps();
const Verb& profile_verb();  ///< the row that both programs have
const Verb& exits_verb();
const Verb& train_verb();
const Verb& agent_verb();
const Verb& run_verb();
const Verb& devices_verb();
const Verb& lab_verb();
const Verb& validate_verb();
const Verb& calibrate_verb();
const Verb& sweep_verb();

/// Null when there is none of this name.
const Verb* find_verb(std::string_view name);

ExitStatus run_plan(const Arguments& arguments, Console& console);
ExitStatus run_simulate(const Arguments& arguments, Console& console);
ExitStatus run_explain(const Arguments& arguments, Console& console);
ExitStatus run_capacity(const Arguments& arguments, Console& console);
ExitStatus run_check(const Arguments& arguments, Console& console);
ExitStatus run_schema(const Arguments& arguments, Console& console);
ExitStatus run_init(const Arguments& arguments, Console& console);
ExitStatus run_profile(const Arguments& arguments, Console& console);
ExitStatus run_train(const Arguments& arguments, Console& console);
ExitStatus run_lab(const Arguments& arguments, Console& console);
ExitStatus run_exits(const Arguments& arguments, Console& console);
ExitStatus run_compare(const Arguments& arguments, Console& console);
ExitStatus run_agent(const Arguments& arguments, Console& console);
ExitStatus run_run(const Arguments& arguments, Console& console);
ExitStatus run_validate(const Arguments& arguments, Console& console);
ExitStatus run_calibrate(const Arguments& arguments, Console& console);
ExitStatus run_devices(const Arguments& arguments, Console& console);
ExitStatus run_sweep(const Arguments& arguments, Console& console);

}  // namespace tiercut::cli
