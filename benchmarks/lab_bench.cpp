// SPDX-License-Identifier: Apache-2.0
// What the lab's links do, beside what they should: the tables of docs/validation.md. Needs root, takes two minutes.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "core/statistics.hpp"
#include "deployment/stage_graph.hpp"
#include "runtime/lab/lab.hpp"
#include "runtime/lab/probes.hpp"
#include "scenarios/scenario.hpp"

namespace {

using namespace tiercut;
using scenarios::Transport;

/// a and b, the same link each way.
scenarios::Scenario two_devices(Seconds latency, BytesPerSecond bandwidth, const std::string& congestion = "cubic") {
  scenarios::Scenario scenario;
  for (const char* name : {"a", "b"}) {
    scenario.devices.emplace_back();
    scenario.devices.back().name = name;
  }
  for (int from = 0; from < 2; ++from) {
    scenarios::Link link;
    link.name = from == 0 ? "up" : "down";
    link.from = {{from, 0}};
    link.to = {{1 - from, 0}};
    link.latency = latency;
    link.bandwidth = bandwidth;
    link.transport.kind = Transport::Kind::tcp;
    link.transport.congestion = congestion;
    scenario.links.push_back(std::move(link));
  }
  scenario.prepare();
  return scenario;
}

lab::Lab up(const scenarios::Scenario& scenario) {
  Diagnostics warnings;
  auto lab = lab::Lab::bring_up(scenario, {}, warnings);
  if (lab) return std::move(*lab);
  std::fputs(to_text(lab.error()).c_str(), stderr);
  std::exit(2);
}

template <class T>
T checked(Result<T> result) {
  if (result) return std::move(*result);
  std::fputs(to_text(result.error()).c_str(), stderr);
  std::exit(1);
}

double p50_ms(const std::vector<double>& seconds) { return summarise(seconds).p50 * 1e3; }

void print_round_trips() {
  const lab::Lab lab = up(two_devices(Seconds(0.015), BytesPerSecond::infinite()));
  std::vector<double> trips = checked(lab::measure_round_trips(lab, 0, 1, 300, Seconds(0.035)));
  const Summary summary = summarise(trips);
  std::printf("round trip over 15 ms links, 300 datagrams: p50 %.3f ms, p99 %.3f ms, least %.3f ms, most %.3f ms\n",
              summary.p50 * 1e3, summary.p99 * 1e3, *std::min_element(trips.begin(), trips.end()) * 1e3,
              summary.max * 1e3);
}

void print_rate(double mbit_per_s, Seconds latency) {
  const bool is_limited = mbit_per_s > 0;
  const auto bandwidth = is_limited ? BytesPerSecond(mbit_per_s * 1e6 / 8) : BytesPerSecond::infinite();
  const lab::Lab lab = up(two_devices(latency, bandwidth));
  const auto before = lab.report().error;
  const double rate = checked(lab::measure_bulk(lab, 0, 1, Seconds(2), Seconds(4))).value() * 8 / 1e6;
  const auto error = lab.report().error.since(before);
  const std::string stated = is_limited ? std::to_string(static_cast<int>(mbit_per_s)) : "no limit";
  std::printf("| %s | %.0f | %.1f | %.0f | %.0f | %.0f |\n", stated.c_str(), latency.value() * 1e3, rate,
              error.percentile(0.5), error.percentile(0.99), error.percentile(0.999));
}

void print_exchanges(const std::string& congestion) {
  const BytesPerSecond bandwidth(105e6);
  const lab::Lab lab = up(two_devices(Seconds(0.015), bandwidth, congestion));
  for (const std::size_t bytes : {std::size_t{4000}, std::size_t{16000}, std::size_t{64000}, std::size_t{256000}}) {
    const Bytes size(static_cast<double>(bytes));
    deployment::Connection connection;
    connection.transport.kind = Transport::Kind::tcp;
    connection.round_trip = Span::from(Seconds(0.030));
    Bytes window = connection.transport.initial_window;
    const Seconds delay = deployment::window_delay(connection, size, bandwidth, window).seconds();
    const double plain = (Seconds(0.030) + size / bandwidth).value() * 1e3;
    const double first = p50_ms(checked(lab::measure_exchange(lab, 0, 1, bytes, 15, lab::Connection::first)));
    const double busy = p50_ms(checked(lab::measure_exchange(lab, 0, 1, bytes, 30, lab::Connection::busy)));
    const double idle = p50_ms(checked(lab::measure_exchange(lab, 0, 1, bytes, 5, lab::Connection::after_idle)));
    std::printf("| %s | %zu | %.1f | %.1f | %.1f | %.1f | %.1f |\n", congestion.c_str(), bytes, first,
                plain + delay.value() * 1e3, busy, plain, idle);
  }
}

}  // namespace

int main() {
  print_round_trips();
  std::puts(
      "\n| stated Mbit/s | one way ms | measured Mbit/s | late p50 us | p99 us | p99.9 us "
      "|\n|---|---|---|---|---|---|");
  print_rate(10, Seconds(0.015));
  print_rate(100, Seconds(0.015));
  print_rate(500, Seconds(0.002));
  print_rate(1000, Seconds(0.002));
  print_rate(0, Seconds(0.002));
  std::puts(
      "\n| congestion | bytes | first ms | model | busy ms | model | after 1 s ms |\n|---|---|---|---|---|---|---|");
  for (const char* congestion : {"cubic", "bbr"}) print_exchanges(congestion);
  return 0;
}
