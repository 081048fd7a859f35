// SPDX-License-Identifier: Apache-2.0
// Apart from the other rows, as boards have an agent and nothing to run it with.
#include "cli/verb.hpp"

namespace tiercut::cli {

const Verb& agent_verb() {
  static const Verb verb = {
      "agent",
      "run this device's part of plans, until stopped",
      "",
      0,
      0,
      {{"--listen", "ADDRESS", "where; default 0.0.0.0:7337; port *: any free one", &Arguments::listen},
       {"--name", "NAME", "of the device; default: the machine's", &Arguments::name},
       {"--keys", "DIR", "NAME.secret, and NAME.public of all who may connect", &Arguments::keys},
       {"--init-keys", "", "only make this device's keys", &Arguments::is_init_keys},
       {"--memory", "LIMIT", "for weights and tensors; default 80 % of what is free", &Arguments::memory},
       {"--units", "LIST", "that it has, as cpu,gpu; default cpu", &Arguments::units},
       {"--threads", "N", "that share a kernel; default 1", &Arguments::threads, 1, 1024},
       {"--profile", "NAME", "what `devices` shows of it", &Arguments::profile}},
      {"Peers without a known key are refused. `run` talks to it; see runtime/README.md."},
      {"agent --init-keys --name pi --keys keys", "agent --name pi --keys keys"},
      run_agent};
  return verb;
}

}  // namespace tiercut::cli
