// SPDX-License-Identifier: Apache-2.0
#include "cli/verb.hpp"

namespace tiercut::cli {

const Verb& run_verb() {
  static const Verb verb = {
      "run",
      "run a plan on real machines, and record what happens",
      "PLAN|SCENARIO",
      1,
      1,
      {{"--plan", "FILE", "use this plan instead of making the best one", &Arguments::plan},
       {"--devices", "FILE", "where the agents are; default: who announces itself", &Arguments::devices},
       {"--local", "", "start the agents on this machine, for this run only", &Arguments::is_local},
       {"--lab", "", "the same in a lab (root): links as the scenario says", &Arguments::is_lab},
       {"--pin", "DEVICE=CPU", "with --lab: run it on this processor (also: forwarder)", &Arguments::pinned},
       {"--cpu", "DEVICE=N", "with --lab: processor time a second: pi=0.5", &Arguments::processors},
       {"--keys", "DIR", "of the coordinator and all agents", &Arguments::keys},
       {"--input", "DATA", "FORMAT:FOLDER or TRAINING:FOLDER; default: made up", &Arguments::data},
       {"--weights", "FILE", "of `train`, or the name of shipped ones; default: random", &Arguments::weights},
       {"--samples", "N", "arrivals, warm-up included; default 1000", &Arguments::samples, 1, 100'000'000},
       {"--seed", "S", "of arrivals and of exits that are drawn; default 1", &Arguments::seed},
       {"--timeout", "TIME", "after which a sample has failed; default 10 s", &Arguments::timeout},
       {"--fallbacks", "DIR", "of `plan`, for agents that are lost; default: plans anew", &Arguments::fallbacks},
       {"--out", "DIR", "write run.json and samples.csv there", &Arguments::out}},
      {"Exit status 1: the promise is missed."},
      {"run big-little/after --lab --samples 200 --out after.run"},
      run_run};
  return verb;
}

const Verb& devices_verb() {
  static const Verb verb = {
      "devices",
      "list agents: profile, units, free memory, round trip, clock",
      "",
      0,
      0,
      {{"--devices", "FILE", "where the agents are; default: who announces itself", &Arguments::devices},
       {"--keys", "DIR", "of the coordinator and all agents", &Arguments::keys}},
      {"Exit status 1: one of them does not answer."},
      {"devices --devices lab.yaml --keys keys"},
      run_devices};
  return verb;
}

}  // namespace tiercut::cli
