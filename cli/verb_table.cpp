// SPDX-License-Identifier: Apache-2.0
#include "cli/verb.hpp"

namespace tiercut::cli {

namespace {

constexpr std::int64_t most_samples = 1'000'000'000;
constexpr std::int64_t most_explained = 100'000;
constexpr std::int64_t most_replications = 100'000;

const Option plan_option{"--plan", "FILE", "use this plan instead of making the best one", &Arguments::plan};
const Option engine_option{"--engine", "NAME", "fast, simgrid or simgrid-timers; default: the first fit",
                           &Arguments::engine};
const Option calibration_option{"--calibration", "FILE", "costs and links as `calibrate` found them",
                                &Arguments::calibration};
const Option seed_option{"--seed", "S", "of the random streams; default 1", &Arguments::seed};

const std::vector<Verb>& table() {
  static const std::vector<Verb> verbs = {
      {"plan",
       "where each layer runs, so that the promise is kept",
       "SCENARIO",
       1,
       1,
       {{"--out", "FILE", "write the plan as YAML, whole or not at all", &Arguments::out},
        {"--pareto", "A,B[,C]", "front of mean, p50..max, accuracy, bytes, energy, load", &Arguments::pareto},
        {"--deadline", "SECONDS", "end the search then; the plan so far tells its gap", &Arguments::deadline},
        {"--from", "PLAN", "plan anew from a plan in force: what moves, and if it pays", &Arguments::in_force},
        {"--horizon", "N", "with --from: move only if N samples make up for it", &Arguments::horizon, 1, most_samples},
        {"--weights-at", "DEVICE", "has the weights of lost devices; default: answer's", &Arguments::weights_at},
        {"--sensitivity", "", "which value flips the plan, and at which: nearest first", &Arguments::is_sensitivity},
        {"--regret", "KEY=A..B", "least regret over ranges; KEYs as --sensitivity has them", &Arguments::ranges},
        {"--fallbacks", "DIR", "write a plan for every single failure there, with an index", &Arguments::fallbacks},
        calibration_option},
       {"Exit status 1: no plan keeps the promise; what stands against it and the",
        "nearest ways out are printed, and --out writes nothing. An interrupt (Ctrl-C)",
        "ends the search as a deadline does: the best plan so far, exit status 130.",
        "With --pareto: every plan that no other beats; --out writes it as CSV."},
       {"plan big-little/after", "plan big-little/after --set links.up.latency=20ms --out plan.yaml"},
       run_plan},
      {"simulate",
       "what latency people really see, sample by sample",
       "SCENARIO",
       1,
       1,
       {plan_option,
        {"--samples", "N", "arrivals, warm-up included; default 10000", &Arguments::samples, 1, most_samples},
        seed_option,
        {"--warm-up", "N", "first samples left out; default: the scenario's", &Arguments::warm_up, 0, most_samples},
        {"--records", "FILE", "a line a sample: CSV, or JSON lines for *.jsonl", &Arguments::records},
        {"--chrome-trace", "F", "what runs when, for Perfetto or chrome://tracing", &Arguments::chrome_trace},
        {"--series", "FILE", "arrivals, answers and latency over time, as CSV", &Arguments::series},
        {"--interval", "TIME", "of a line of --series; default: about 100 lines", &Arguments::interval},
        {"--replications", "N", "N simulations, each with its own luck; 95 % intervals", &Arguments::replications, 2,
         most_replications},
        {"--until-ci", "P", "... as many as the mean within P (1%) takes; at most 1000", &Arguments::until_interval},
        engine_option,
        calibration_option},
       {"Exit status 1: the promise is missed, or N replications leave more than P."},
       {"simulate big-little/eager --samples 100000 --records eager.csv"},
       run_simulate},
      {"explain",
       "a latency as the sum of its named terms",
       "SCENARIO",
       1,
       1,
       {plan_option,
        {"--sample", "I", "simulate, and explain sample I (the first is 0)", &Arguments::sample, 0, most_samples},
        {"--worst", "N", "simulate, and explain the N slowest samples", &Arguments::worst, 1, most_explained},
        {"--samples", "N", "with --worst: arrivals to simulate; default 10000", &Arguments::samples, 1, most_samples},
        seed_option,
        engine_option,
        calibration_option},
       {"Without either: every course a sample may take in an idle system."},
       {"explain big-little/after", "explain big-little/after --sample 17"},
       run_explain},
      {"capacity",
       "time to compute and the largest network, device by device",
       "SCENARIO",
       1,
       1,
       {},
       {"The requirement less the way there and back is what a device may compute."},
       {"capacity big-little/budget-40ms"},
       run_capacity},
      sweep_verb(),
      {"check",
       "is a file sound: a model, profile, scenario, plan, study, ...",
       "FILE...",
       1,
       std::numeric_limits<std::size_t>::max(),
       {},
       {"A plan is also held against the scenario that it names, without the planner.",
        "Exit status 1: a plan does not hold; 2: a file cannot be used."},
       {"check scenario.yaml plan.yaml"},
       run_check},
      profile_verb(),
      exits_verb(),
      train_verb(),
      run_verb(),
      validate_verb(),
      calibrate_verb(),
      agent_verb(),
      devices_verb(),
      lab_verb(),
      {"schema",
       "JSON Schema of a file format, for editors",
       "[FORMAT]",
       0,
       1,
       {},
       {"Without a name: the formats there are."},
       {"schema scenario > scenario.schema.json"},
       run_schema},
      {"init",
       "write a scenario to start from",
       "[FILE]",
       0,
       1,
       {{"--model", "NAME", "a known network, written beside FILE as NAME.model.yaml", &Arguments::model},
        {"--force", "", "overwrite files that are there", &Arguments::is_forced}},
       {"FILE is tiercut.yaml when not given. It runs as it is.",
        "Networks: bert-base, inception-v3, mobilenet-v1, nasnet-mobile, resnet-50."},
       {"init mine.yaml && tiercut plan mine.yaml", "init --model resnet-50 && tiercut plan tiercut.yaml"},
       run_init},
      {"compare",
       "two plans or two results side by side",
       "A B",
       2,
       2,
       {},
       {"Plans are priced on the scenarios they name; results are files of --json."},
       {"simulate big-little/after --json > a.json", "simulate big-little/eager --json > b.json",
        "compare a.json b.json"},
       run_compare},
  };
  return verbs;
}

}  // namespace

std::span<const Verb> all_verbs() { return table(); }

std::string_view first_steps() {
  return "Start with  tiercut plan big-little/after  or  tiercut init; tiercut VERB --help\n";
}

}  // namespace tiercut::cli
