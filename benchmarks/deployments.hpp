// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deployment/stage_graph.hpp"

namespace tiercut::benchmarks {

/// 2 ms on a device, 4096 B over 15 ms and 100 Mbit/s, 1 ms on a server, 100 B back: 33.33568 ms a sample. `members`
/// alike, each with a device, links and a server of its own; a sample every `period_s` at each.
deployment::StageGraph device_and_server(int members, double period_s);
inline constexpr double device_and_server_latency = 0.03333568;  // 2 + 15 + 0.32768 + 1 + 15 + 0.008 ms

/// The same with luck: Poisson arrivals, lognormal costs (coefficient of variation 0.3), both links lose 1 %
/// (200 ms until a message is sent again). An exit on the device answers 60 %, one on the server half of the rest; what
/// is left costs the server another 1 ms.
deployment::StageGraph two_exits(int members, double period_s);

namespace two_exits_figures {
inline constexpr double first_exit = 0.6, second_exit = 0.5, variation = 0.3, loss = 0.01;
}  // namespace two_exits_figures

}  // namespace tiercut::benchmarks
