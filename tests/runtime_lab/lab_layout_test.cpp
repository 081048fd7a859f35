// SPDX-License-Identifier: Apache-2.0
#include "runtime/lab/layout.hpp"

#include "tests/runtime_lab/lab_scenarios.hpp"

namespace tiercut::lab {
namespace {

using namespace literals;

Result<Layout> lay_out(const scenarios::Scenario& scenario, const Options& options = {}) {
  Diagnostics warnings;
  return lab::lay_out(scenario, options, warnings);
}

void expect_code(const Result<Layout>& layout, const std::string& code, const std::string& message) {
  ASSERT_FALSE(layout);
  EXPECT_EQ(layout.error().front().code, code);
  EXPECT_NE(layout.error().front().message.find(message), std::string::npos) << layout.error().front().message;
}

scenarios::Scenario pair() { return test::two_devices(test::link("up", 0, 1, 15_ms, 100_Mbit_per_s)); }

TEST(LabLayout, EveryDeviceAndMemberHasAnAddress) {
  const auto scenario = scenarios::read_scenario("ddnn/six-cameras");
  ASSERT_TRUE(scenario) << to_text(scenario.error());
  const auto layout = lay_out(**scenario);
  ASSERT_TRUE(layout);
  // cameras.1 to cameras.6, hub, gateway, cloud: in the order of the file.
  ASSERT_EQ(layout->nodes.size(), 9u);
  EXPECT_EQ(layout->nodes[0].device.name, "cameras.1");
  EXPECT_EQ(layout->nodes[5].device.address, "10.77.0.6");
  EXPECT_EQ(layout->nodes[8].device.name, "cloud");
  // A camera reaches the cloud over its own cable and the one uplink.
  const auto& path = layout->paths[2][8];
  ASSERT_TRUE(path);
  ASSERT_EQ(path->links.size(), 2u);
  EXPECT_EQ(layout->links[static_cast<std::size_t>(path->links[0])].name, "cable.3");
  EXPECT_EQ(layout->links[static_cast<std::size_t>(path->links[1])].name, "uplink");
  EXPECT_EQ(layout->paths[3][8]->links[1], path->links[1]);
  EXPECT_NE(layout->paths[3][8]->links[0], path->links[0]);
}

TEST(LabLayout, BuffersAreThoseOfLinuxOrAHundredMilliseconds) {
  const auto slow = lay_out(pair());
  EXPECT_EQ(slow->links[0].buffer, 1.5e6);  // 100 ms at 12.5 MB/s would be 1.25 MB
  const auto fast = lay_out(test::two_devices(test::link("up", 0, 1, 15_ms, 1000_Mbit_per_s)));
  EXPECT_EQ(fast->links[0].buffer, 12.5e6);
}

TEST(LabLayout, PacketsTakeAtMostATenthOfAMillisecondOfALink) {
  EXPECT_EQ(lay_out(pair())->nodes[0].most_segments, 1);
  // 62.5 bytes a microsecond: 6250 in 100 us are four segments of 1448.
  EXPECT_EQ(lay_out(test::two_devices(test::link("up", 0, 1, 15_ms, 500_Mbit_per_s)))->nodes[0].most_segments, 4);
  EXPECT_EQ(lay_out(test::two_devices(test::link("up", 0, 1, 15_ms)))->nodes[0].most_segments, 44);
}

TEST(LabLayout, TheInitialWindowIsInSegments) {
  EXPECT_EQ(lay_out(pair())->paths[0][1]->first_segments, 10);  // 14,480 / 1448
  EXPECT_FALSE(lay_out(pair())->paths[0][1]->is_ideal);
}

TEST(LabLayout, DevicesWithoutAWayHaveNoPath) {
  const auto layout = lay_out(test::platform({"a", "b"}, {test::link("up", 0, 1, 15_ms)}));
  EXPECT_TRUE(layout->paths[0][1]);
  EXPECT_FALSE(layout->paths[1][0]);
}

TEST(LabLayout, NetworksAreChecked) {
  for (const auto& [network, why] :
       std::vector<std::pair<std::string, std::string>>{{"10.77.0.0", "not of the form"},
                                                        {"10.77.0.0/31", "from 8 to 30"},
                                                        {"10.77.0.0/2x", "from 8 to 30"},
                                                        {"10.77.0.1/16", "bits beyond"},
                                                        {"8.8.0.0/16", "not in 10.0.0.0/8"},
                                                        {"127.0.0.0/8", "not in 10.0.0.0/8"},
                                                        {"192.168.0.0/8", "bits beyond"}}) {
    Options options;
    options.network = network;
    expect_code(lay_out(pair(), options), "lab-bad-network", why);
  }
  Options options;
  options.network = "192.168.7.0/30";  // two hosts
  EXPECT_TRUE(lay_out(pair(), options));
  expect_code(lay_out(test::platform({"a", "b", "c"}, {}), options), "lab-bad-network", "2 addresses for 3 devices");
}

TEST(LabLayout, UnknownDevicesTooManyAndNameClashesAreTold) {
  Options options;
  options.processors["aa"] = 0.5;
  expect_code(lay_out(pair(), options), "unknown-device", "'aa'");
  scenarios::Scenario many = pair();
  many.devices[0].count = 257;
  many.prepare();
  expect_code(lay_out(many), "lab-too-many-devices", "258 devices");
  expect_code(lay_out(test::platform({"localhost"}, {})), "lab-name-clash", "localhost");
}

}  // namespace
}  // namespace tiercut::lab
