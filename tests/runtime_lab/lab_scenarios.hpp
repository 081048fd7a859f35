// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "core/units.hpp"
#include "runtime/lab/lab.hpp"
#include "scenarios/scenario.hpp"

namespace tiercut::lab::test {

inline scenarios::Link link(const std::string& name, int from, int to, Seconds latency,
                            BytesPerSecond bandwidth = BytesPerSecond::infinite()) {
  scenarios::Link made;
  made.name = name;
  made.from = {{from, 0}};
  made.to = {{to, 0}};
  made.latency = latency;
  made.bandwidth = bandwidth;
  made.transport.kind = scenarios::Transport::Kind::tcp;
  return made;
}

/// Devices without profiles, of these names.
inline scenarios::Scenario platform(const std::vector<std::string>& names, std::vector<scenarios::Link> links) {
  scenarios::Scenario made;
  for (const std::string& name : names) {
    scenarios::Device device;
    device.name = name;
    made.devices.push_back(device);
  }
  made.links = std::move(links);
  made.prepare();
  return made;
}

/// a and b, the same link each way.
inline scenarios::Scenario two_devices(const scenarios::Link& there) {
  scenarios::Link back = there;
  back.name += ".back";
  std::swap(back.from, back.to);
  return platform({"a", "b"}, {there, back});
}

/// Labs need root and /dev/net/tun; without, a test says so and is skipped.
class LabTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root, to make network namespaces";
    if (::access("/dev/net/tun", R_OK | W_OK) != 0) GTEST_SKIP() << "needs /dev/net/tun";
  }
  static Lab up(const scenarios::Scenario& scenario, const Options& options = {}) {
    Diagnostics warnings;
    auto lab = Lab::bring_up(scenario, options, warnings);
    if (!lab) throw std::runtime_error(to_text(lab.error()));
    return std::move(*lab);
  }
};

}  // namespace tiercut::lab::test
