// SPDX-License-Identifier: Apache-2.0
#include "cli/verb.hpp"

#include <algorithm>

namespace tiercut::cli {

std::span<const Option> common_options() {
  static const std::vector<Option> options = {
      {"--json", "", "the result as JSON", &Arguments::is_json},
      {"--quiet", "", "only errors on stderr: no progress, warnings or notes", &Arguments::is_quiet},
      {"--set", "PATH=VALUE", "override a value of the scenario; repeatable", &Arguments::overrides},
      {"--help", "", "this text", &Arguments::is_help},
  };
  return options;
}

const Verb& profile_verb() {
  static const Verb verb = {
      "profile",
      "measure this machine: what layers cost on it",
      "",
      0,
      0,
      {{"--out", "FILE", "the profile; default: named after the processor", &Arguments::out},
       {"--quick", "", "within a minute instead of 12, less exact", &Arguments::is_quick},
       {"--model", "M", "also measure exactly the layers of this model", &Arguments::model},
       {"--threads", "N", "threads a layer runs on; default 1", &Arguments::threads, 1, 1024},
       {"--backend", "NAME", "kernels to measure; default: the best ones", &Arguments::backend},
       {"--budget", "TIME", "for everything, as 5min", &Arguments::budget},
       {"--cold", "", "with cold caches, as if other work ran in between", &Arguments::is_cold},
       {"--resume", "", "only go on from an interrupted call", &Arguments::is_resumed},
       {"--check", "PROFILE", "hold a profile against this machine, on other layers", &Arguments::checked},
       {"--shapes", "N", "with --check: about so many layers; default 400", &Arguments::shapes, 0, 100'000},
       {"--estimate", "BOARD", "reckon, do not measure: a board not at hand", &Arguments::estimate}},
      {"Interrupted, it keeps FILE.partial, and the same call goes on from there.",
       "Leave the machine alone meanwhile; what disturbed it is told and noted.",
       "Boards of --estimate: those with a profiles/devices/BOARD/tiercut.yaml."},
      {"profile --quick --out mine.yaml", "profile --model big-little/net1 --out mine.yaml",
       "profile --check mine.yaml --out errors.csv", "profile --estimate raspberry-pi-2"},
      run_profile};
  return verb;
}

const Verb* find_verb(std::string_view name) {
  const auto found = std::ranges::find(all_verbs(), name, &Verb::name);
  return found == all_verbs().end() ? nullptr : &*found;
}

}  // namespace tiercut::cli
