// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <tuple>

#include "scenarios/scenario.hpp"

namespace tiercut::scenarios {

static void PrintTo(const Hop& hop, std::ostream* out) { *out << "link " << hop.link << " member " << hop.member; }

namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

class Platform {
 public:
  int device(const std::string& name, int count = 1) {
    Device device;
    device.name = name;
    device.count = count;
    scenario_.devices.push_back(std::move(device));
    return static_cast<int>(scenario_.devices.size()) - 1;
  }
  int link(std::vector<DeviceRef> from, std::vector<DeviceRef> to, double latency_ms, bool is_shared = false) {
    Link link;
    link.name = "link" + std::to_string(scenario_.links.size());
    link.from = std::move(from);
    link.to = std::move(to);
    link.latency = Seconds(latency_ms / 1e3);
    link.is_shared = is_shared;
    scenario_.links.push_back(std::move(link));
    return static_cast<int>(scenario_.links.size()) - 1;
  }
  Scenario& scenario() { return scenario_; }
  Scenario prepared(int source_members = 1) {
    scenario_.workload.source_members = source_members;
    scenario_.prepare();
    return scenario_;
  }

 private:
  Scenario scenario_;
};

TEST(Routes, CrossARelay) {
  Platform platform;
  const int pi = platform.device("pi"), hub = platform.device("hub"), cloud = platform.device("cloud");
  const int in = platform.link({{pi, 0}}, {{hub, 0}}, 1);
  const int up = platform.link({{hub, 0}}, {{cloud, 0}}, 15);
  const Scenario scenario = platform.prepared();
  EXPECT_THAT(scenario.route({pi, 0}, {cloud, 0}), Optional(ElementsAre(Hop{in, 0}, Hop{up, 0})));
  EXPECT_THAT(scenario.route({pi, 0}, {pi, 0}), Optional(IsEmpty()));
  EXPECT_EQ(scenario.route({cloud, 0}, {pi, 0}), std::nullopt);
  EXPECT_EQ(scenario.route({pi, 0}, {7, 0}), std::nullopt);
  EXPECT_EQ(scenario.route({pi, 3}, {cloud, 0}), std::nullopt);
}

TEST(Routes, TakeTheLeastLatencyThenTheFewestHopsThenTheFirstInTheFile) {
  Platform platform;
  const int a = platform.device("a"), b = platform.device("b"), c = platform.device("c");
  platform.link({{a, 0}}, {{c, 0}}, 5);                 // link 0: slow and straight
  const int ab = platform.link({{a, 0}}, {{b, 0}}, 2);  // 2 + 2 < 5
  const int bc = platform.link({{b, 0}}, {{c, 0}}, 2);
  EXPECT_THAT(platform.prepared().route({a, 0}, {c, 0}), Optional(ElementsAre(Hop{ab, 0}, Hop{bc, 0})));
  const int straight = platform.link({{a, 0}}, {{c, 0}}, 4);  // as slow as the two together
  EXPECT_THAT(platform.prepared().route({a, 0}, {c, 0}), Optional(ElementsAre(Hop{straight, 0})));
  platform.link({{a, 0}}, {{c, 0}}, 4);  // its twin, later in the file
  EXPECT_THAT(platform.prepared().route({a, 0}, {c, 0}), Optional(ElementsAre(Hop{straight, 0})));
}

TEST(Routes, AGroupHasALinkForEachMember) {
  Platform platform;
  const int cameras = platform.device("cameras", 3), hub = platform.device("hub");
  const int up = platform.link({{cameras, 0}}, {{hub, 0}}, 1);
  const int down = platform.link({{hub, 0}}, {{cameras, 0}}, 1);
  const Scenario as_source = platform.prepared(3);
  EXPECT_THAT(as_source.route({cameras, 0}, {hub, 0}), Optional(ElementsAre(Hop{up, 0})));
  EXPECT_THAT(as_source.route({cameras, 2}, {hub, 0}), Optional(ElementsAre(Hop{up, 2})));
  EXPECT_THAT(as_source.route({hub, 0}, {cameras, 3}), Optional(ElementsAre(Hop{down, 3})));
  EXPECT_THAT(as_source.route({cameras, 1}, {cameras, 3}), Optional(ElementsAre(Hop{up, 1}, Hop{down, 3})));
  EXPECT_EQ(as_source.route({cameras, 4}, {hub, 0}), std::nullopt);
  // Where samples arise elsewhere, there is no own member.
  const Scenario elsewhere = platform.prepared(1);
  EXPECT_EQ(elsewhere.route({cameras, 0}, {hub, 0}), std::nullopt);
  EXPECT_THAT(elsewhere.route({cameras, 2}, {hub, 0}), Optional(ElementsAre(Hop{up, 2})));
}

TEST(Routes, GroupsAreJoinedMemberByMember) {
  Platform platform;
  const int cameras = platform.device("cameras", 3), boxes = platform.device("boxes", 3);
  const int up = platform.link({{cameras, 0}}, {{boxes, 0}}, 1);
  const Scenario scenario = platform.prepared(3);
  EXPECT_THAT(scenario.route({cameras, 0}, {boxes, 0}), Optional(ElementsAre(Hop{up, 0})));
  EXPECT_THAT(scenario.route({cameras, 2}, {boxes, 2}), Optional(ElementsAre(Hop{up, 2})));
  EXPECT_EQ(scenario.route({cameras, 2}, {boxes, 3}), std::nullopt);
}

TEST(Routes, ASharedLinkIsOneMedium) {
  Platform platform;
  const int cameras = platform.device("cameras", 3), hub = platform.device("hub");
  const int air = platform.link({{cameras, 0}, {hub, 0}}, {{cameras, 0}, {hub, 0}}, 1, true);
  const Scenario scenario = platform.prepared(3);
  EXPECT_THAT(scenario.route({cameras, 2}, {hub, 0}), Optional(ElementsAre(Hop{air, 0})));
  EXPECT_THAT(scenario.route({hub, 0}, {cameras, 3}), Optional(ElementsAre(Hop{air, 0})));
  EXPECT_THAT(scenario.route({cameras, 1}, {cameras, 3}), Optional(ElementsAre(Hop{air, 0})));
}

TEST(Routes, ALinkOfOneMemberIsNotTheOthers) {
  Platform platform;
  const int cameras = platform.device("cameras", 3), hub = platform.device("hub");
  const int own = platform.link({{cameras, 2}}, {{hub, 0}}, 1);
  const Scenario scenario = platform.prepared();
  EXPECT_THAT(scenario.route({cameras, 2}, {hub, 0}), Optional(ElementsAre(Hop{own, 0})));
  EXPECT_EQ(scenario.route({cameras, 1}, {hub, 0}), std::nullopt);
}

TEST(Routes, FollowAChangedLatency) {
  Platform platform;
  const int a = platform.device("a"), b = platform.device("b");
  const int first = platform.link({{a, 0}}, {{b, 0}}, 1);
  const int second = platform.link({{a, 0}}, {{b, 0}}, 2);
  const Scenario scenario = platform.prepared();
  const Scenario changed = with_link_latency(scenario, {first}, Seconds(3e-3));
  EXPECT_THAT(scenario.route({a, 0}, {b, 0}), Optional(ElementsAre(Hop{first, 0})));
  EXPECT_THAT(changed.route({a, 0}, {b, 0}), Optional(ElementsAre(Hop{second, 0})));
}

TEST(Routes, ALongChainOfDaysDoesNotOverflow) {
  Platform platform;
  for (int i = 0; i < 200; ++i) platform.device(std::to_string(i));
  for (int i = 0; i + 1 < 200; ++i) platform.link({{i, 0}}, {{i + 1, 0}}, 86400e3);
  const auto route = platform.prepared().route({0, 0}, {199, 0});
  ASSERT_TRUE(route);
  EXPECT_EQ(route->size(), 199u);
}

// By latency, hops, then links in the order of the file: the best of all simple paths, tried one by one.
std::optional<std::vector<int>> best_by_brute_force(const Scenario& scenario, int from, int to) {
  using Rank = std::tuple<std::int64_t, std::size_t, std::vector<int>>;
  std::optional<Rank> best;
  std::vector<bool> is_visited(scenario.devices.size(), false);
  std::vector<int> path;
  const std::function<void(int, std::int64_t)> extend = [&](int device, std::int64_t latency) {
    if (device == to) {
      const Rank rank(latency, path.size(), path);
      if (!best || rank < *best) best = rank;
      return;
    }
    is_visited[static_cast<std::size_t>(device)] = true;
    for (std::size_t i = 0; i < scenario.links.size(); ++i) {
      const Link& link = scenario.links[i];
      const auto is_here = [&](DeviceRef ref) { return ref.device == device; };
      if (std::none_of(link.from.begin(), link.from.end(), is_here)) continue;
      for (const DeviceRef next : link.to) {
        if (is_visited[static_cast<std::size_t>(next.device)]) continue;
        path.push_back(static_cast<int>(i));
        extend(next.device, latency + Span::from(link.latency).picoseconds());
        path.pop_back();
      }
    }
    is_visited[static_cast<std::size_t>(device)] = false;
  };
  extend(from, 0);
  return best ? std::optional(std::get<2>(*best)) : std::nullopt;
}

RC_GTEST_PROP(Routes, EqualTheBestOfAllSimplePaths, ()) {
  Platform platform;
  const int devices = *rc::gen::inRange(2, 7);
  for (int i = 0; i < devices; ++i) platform.device(std::to_string(i));
  const int links = *rc::gen::inRange(0, 13);
  for (int i = 0; i < links; ++i) {
    const auto end = [&] { return DeviceRef{*rc::gen::inRange(0, devices), 0}; };
    const bool is_shared = *rc::gen::inRange(0, 4) == 0;
    const double latency_ms = *rc::gen::inRange(0, 4);
    if (is_shared) {
      const std::vector<DeviceRef> from = {end(), end()}, to = {end(), end()};
      platform.link(from, to, latency_ms, true);
    } else {
      const DeviceRef from = end(), to = end();
      if (from != to) platform.link({from}, {to}, latency_ms);
    }
  }
  const Scenario scenario = platform.prepared();
  for (int from = 0; from < devices; ++from) {
    for (int to = 0; to < devices; ++to) {
      const auto route = scenario.route({from, 0}, {to, 0});
      const auto best = best_by_brute_force(scenario, from, to);
      RC_ASSERT(route.has_value() == best.has_value());
      if (!route) continue;
      std::vector<int> taken;
      for (const Hop& hop : *route) {
        RC_ASSERT(hop.member == 0);
        taken.push_back(hop.link);
      }
      RC_ASSERT(taken == *best);
    }
  }
}

}  // namespace
}  // namespace tiercut::scenarios
