// SPDX-License-Identifier: Apache-2.0
#include "cli/starter_scenario.hpp"

#include <fmt/format.h>

namespace tiercut::cli {

std::string_view starter_scenario() {
  return R"(# A scenario: a neural network, the devices it may run on, the links between them, and a promise to keep.
#   tiercut plan FILE        where each layer runs
#   tiercut simulate FILE    the latency people see
#   tiercut capacity FILE    what each device can take
# Every quantity has a unit. `tiercut schema scenario` describes every key for an editor.
schema: tiercut/scenario/1
name: starter
description: A camera on a small board and a server behind a link; answers within 80 ms?

# A shipped model, or a file beside this one. This model has an early exit, called `little`.
model: big-little/big-little

# Name: profile. A profile says what layers cost on a device, and where that figure comes from.
devices:
  board: raspberry-pi-2/theano-2015
  server: xeon-e5-2650v2/theano-2015
  # Many alike: {profile: raspberry-pi-2/theano-2015, count: 6}

# Each link goes one way. `unlimited` is a bandwidth, too.
links:
  up: {from: board, to: server, latency: 15 ms, bandwidth: 100 Mbit/s}
  down: {from: server, to: board, latency: 15 ms, bandwidth: 100 Mbit/s}
  # Random delay:    jitter: {distribution: gamma, mean: 2 ms, deviation: 1 ms}
  # Lost messages:   loss: {probability: 0.1 %, timeout: 200 ms}
  # Slow start:      transport: {protocol: tcp}

workload:
  inputs: {image: board}                        # each input of the model, and where it arises
  arrivals: {process: periodic, period: 100 ms} # or {process: poisson, rate: 10 Hz}
  answer: board                                 # who wants the answer

# What must hold: mean, p50, p90, p95, p99 or max of the time from a sample's arrival to its answer.
requirement:
  latency: {statistic: max, at_most: 80 ms}

# How often the early exit is sure enough to answer. Without measurements this is stated.
exits:
  little: {probability: 50 %, source: an assumption to replace}

# after: ask the exit first, go on when it cannot answer. eager: go on meanwhile.
policy: {escalation: after}

# Layers that may not be moved; without pins the planner places everything.
# pins:
#   - {layers: little/*, device: board}
)";
}

std::string starter_scenario_for(const model::Model& model, const std::string& model_file) {
  return fmt::format(R"(# {0} between a board, a box beside it and a server: where does each layer run?
#   tiercut plan FILE                      the best plan, with its proof or its gap
#   tiercut plan FILE --set links.lan.bandwidth='1 Gbit/s'
#   tiercut plan FILE --pareto mean,bytes  what fewer bytes cost
# `tiercut init` without --model writes a scenario that explains more keys.
schema: tiercut/scenario/1
name: {0}
description: {0} on what a board sees, answered at the board.

model: {1}

# Estimated profiles (their notes say how far off they may be); `tiercut profile` measures the machine it runs on.
devices:
  board: raspberry-pi-2
  box: jetson-tk1
  server: server-e5-2620v3-gtx980

links:
  lan: {{from: board, to: box, latency: 1 ms, bandwidth: 100 Mbit/s}}
  lan-back: {{from: box, to: board, latency: 1 ms, bandwidth: 100 Mbit/s}}
  up: {{from: box, to: server, latency: 10 ms, bandwidth: 20 Mbit/s}}
  down: {{from: server, to: box, latency: 10 ms, bandwidth: 50 Mbit/s}}

workload:
  inputs: {{{2}: board}}
  arrivals: {{process: periodic, period: 10 s}}
  answer: board
)",
                     model.name, model_file, model.layer(model.inputs().front()).name);
}

}  // namespace tiercut::cli
