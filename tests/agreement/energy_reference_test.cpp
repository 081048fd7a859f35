// SPDX-License-Identifier: Apache-2.0
// Energy against SimGrid's plugin, which follows a host's load for itself.
#include <gtest/gtest.h>
#include <simgrid/plugins/energy.h>
#include <sys/wait.h>
#include <unistd.h>

#include <simgrid/s4u.hpp>
#include <string>
#include <utility>
#include <vector>

#include "report/energy.hpp"
#include "simulator/simulator.hpp"
#include "tests/simulator/graph_builder.hpp"

namespace tiercut {
namespace {

using namespace testing;
namespace s4u = simgrid::s4u;

struct Work {
  double begin = 0, length = 0;  // seconds
};

/// What a host of 1.2 W idle and 3.7 W busy consumes with this work until the end, by SimGrid.
double consumed(const std::vector<Work>& works, double end) {
  int argc = 1;
  char name[] = "energy";
  char* argv[] = {name, nullptr};
  s4u::Engine engine(&argc, argv);
  sg_host_energy_plugin_init();
  auto* zone = s4u::create_full_zone("zone");
  auto* host = zone->create_host("host", 1e9);
  host->set_property("wattage_per_state", "1.2:3.7:3.7");
  host->seal();
  zone->seal();
  double joules = 0;
  s4u::Actor::create("worker", host, [&] {
    for (const Work& work : works) {
      s4u::this_actor::sleep_until(work.begin);
      s4u::this_actor::execute(work.length * 1e9);
    }
    s4u::this_actor::sleep_until(end);
    joules = sg_host_get_consumed_energy(host);
  });
  engine.run();
  return joules;
}

/// The same in a process of its own, as one engine is all that SimGrid allows.
double consumed_apart(const std::vector<Work>& works, double end) {
  int ends[2];
  if (::pipe(ends) != 0) return -1;
  const pid_t child = ::fork();
  if (child == 0) {
    const double joules = consumed(works, end);
    ::_exit(::write(ends[1], &joules, sizeof joules) == sizeof joules ? 0 : 1);
  }
  ::close(ends[1]);
  double joules = -1;
  const bool is_read = ::read(ends[0], &joules, sizeof joules) == sizeof joules;
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return is_read ? joules : -1;
}

TEST(EnergyReference, IsThatOfSimgridsPluginForTheSameWork) {
  GraphBuilder b;
  const int unit = b.unit("pi");
  b.answer({after(b.compute("work", {after(b.source())}, unit, milliseconds(30), 0.8))});
  b.graph.arrivals = {scenarios::Arrivals::Process::poisson, Seconds(0.05)};
  simulator::Options options;
  options.samples = 500;
  std::vector<Work> works;
  double first = -1;
  const auto result = simulator::simulate(b.graph, options, [&](const simulator::Record& record) {
    const auto term = [&](deployment::Term which) {
      return record.terms[static_cast<std::size_t>(which)].seconds().value();
    };
    if (first < 0) first = record.arrival.since_start().value();
    works.push_back({record.arrival.since_start().value() - first + term(deployment::Term::queue),
                     term(deployment::Term::compute)});
  });
  ASSERT_TRUE(result);
  scenarios::Scenario scenario;
  auto profile = std::make_shared<profiles::Profile>();
  profile->idle_power = Watts(1.2);
  profile->units.resize(1);
  profile->units[0].busy_power = Watts(3.7);
  scenario.devices.resize(1);
  scenario.devices[0].name = "pi";
  scenario.devices[0].profile = profile;
  const auto energy = report::energy_of(scenario, b.graph, *result, options.samples);
  ASSERT_TRUE(energy);
  EXPECT_GT(energy->parts[0].compute.value(), 0.3 * energy->parts[0].idle.value());
  EXPECT_NEAR(energy->parts[0].total().value(), consumed_apart(works, result->duration.value()),
              1e-6 * energy->parts[0].total().value());
}

}  // namespace
}  // namespace tiercut
