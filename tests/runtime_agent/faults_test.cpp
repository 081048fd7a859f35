// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "core/random.hpp"
#include "tests/runtime_agent/fault_checks.hpp"

namespace tiercut::runtime {
namespace {

TEST(Faults, EachKindEndsInRightAnswersOrTypedErrors) {
  for (const Fate fate : {Fate::drop, Fate::duplicate, Fate::truncate, Fate::corrupt, Fate::delay, Fate::reorder}) {
    RunInMemory run("tiny-after.yaml");
    run.request.samples = 300;
    // One frame in thirty, from the first hello on.
    run.network.fate = [fate](const Passing& frame) {
      RandomStream luck(static_cast<std::uint64_t>(fate), 1, static_cast<std::uint64_t>(frame.number));
      return luck.uniform() < 1.0 / 30 ? fate : Fate::pass;
    };
    const Outcomes outcomes = run_and_check(run);
    EXPECT_GT(run.network.faults(), 10) << static_cast<int>(fate);
    // What only comes twice or late hurts nobody.
    if (fate == Fate::duplicate || fate == Fate::reorder) {
      EXPECT_EQ(outcomes.failed, 0) << static_cast<int>(fate);
    }
    EXPECT_GT(outcomes.answered, 100) << static_cast<int>(fate);
  }
}

TEST(Faults, AnAgentKilledAtAnyFrameLosesNoSample) {
  // Every step of the protocol: the cloud dies when so many frames have gone to or from it.
  std::int64_t fallbacks = 0, refused = 0;
  for (int step = 0; step < 60; ++step) {
    RunInMemory run("tiny-after.yaml");
    run.request.samples = 100;
    run.request.replan = [&](const std::set<std::string>&) { return all_on_first_device(*run.request.scenario); };
    std::atomic<int> seen{0};
    std::atomic<bool> is_dead{false};
    run.network.fate = [&](const Passing& frame) {
      const bool is_cloud = frame.from == "cloud" || frame.to == "cloud";
      if (is_cloud && seen++ >= step) is_dead = true;
      return is_cloud && is_dead ? Fate::drop : Fate::pass;
    };
    const Outcomes outcomes = run_and_check(run);
    fallbacks += outcomes.fallback;
    if (outcomes.is_refused) ++refused;
    EXPECT_TRUE(outcomes.is_refused || outcomes.failed == 0) << step << ": " << outcomes.failed << " failed";
  }
  EXPECT_GT(fallbacks, 0);
  EXPECT_GT(refused, 0);
  EXPECT_LT(refused, 60);
}

TEST(Faults, WithoutAnotherPlanOnlySamplesThatNeededTheAgentFail) {
  RunInMemory run("tiny-after.yaml");
  run.request.samples = 300;
  std::atomic<int> tensors{0};
  run.network.fate = [&](const Passing& frame) {
    const bool is_cloud = frame.from == "cloud" || frame.to == "cloud";
    if (is_cloud && frame.type == FrameType::tensor) ++tensors;
    return is_cloud && tensors > 50 ? Fate::drop : Fate::pass;
  };
  const Outcomes outcomes = run_and_check(run);
  EXPECT_GT(outcomes.failed, 20);
  for (const SampleRecord& record : outcomes.records) {
    // Whoever could answer on the Pi did.
    if (run.expected(record.sample).answered_by == 0) {
      EXPECT_EQ(record.status, SampleStatus::answered);
    }
  }
}

TEST(Faults, AnAgentThatComesBackIsTakenIn) {
  RunInMemory run("tiny-after.yaml");
  run.request.samples = 1500;
  const RunPlan original = run.request.plan;
  run.request.replan = [&](const std::set<std::string>& lost) -> Result<RunPlan> {
    if (lost.empty()) return original;
    return all_on_first_device(*run.request.scenario);
  };
  std::atomic<bool> is_killed{false}, is_revived{false};
  std::thread fate;
  run.request.progress = [&](std::int64_t done, std::int64_t) {
    if (done > 200 && !is_killed.exchange(true)) run.kill_agent("cloud");
    if (done > 700 && !is_revived.exchange(true)) fate = std::thread([&] { run.revive_agent("cloud"); });
  };
  const Outcomes outcomes = run_and_check(run);
  if (fate.joinable()) fate.join();
  EXPECT_EQ(outcomes.failed, 0);
  EXPECT_GT(outcomes.fallback, 0);
  ASSERT_EQ(outcomes.plans.size(), 3u);
  EXPECT_EQ(outcomes.plans[1].why, "agent-lost: cloud");
  EXPECT_EQ(outcomes.plans[2].why, "agent-back: cloud");
  // It is really used again: images go up.
  std::int64_t sent_after = 0;
  for (const SampleRecord& record : outcomes.records) {
    if (record.epoch == 3) sent_after += record.payload_bytes;
    if (record.epoch == 2) {
      EXPECT_EQ(record.payload_bytes, 0);
    }
  }
  EXPECT_GT(sent_after, 0);
}

TEST(Faults, AnAgentThatAppearsIsTakenIntoANewPlan) {
  // Nothing is placed on the cloud to begin with, and nobody is there; then it comes, and half of the work moves to it.
  RunInMemory run("tiny-after.yaml");
  run.request.samples = 1000;
  const RunPlan divided = run.request.plan;
  run.request.plan = all_on_first_device(*run.request.scenario).value();
  run.request.replan = [&](const std::set<std::string>& lost) -> Result<RunPlan> {
    if (lost.empty()) return divided;
    return all_on_first_device(*run.request.scenario);
  };
  run.kill_agent("cloud");
  std::atomic<bool> has_come{false};
  std::thread fate;
  run.request.progress = [&](std::int64_t done, std::int64_t) {
    if (done > 200 && !has_come.exchange(true)) fate = std::thread([&] { run.revive_agent("cloud"); });
  };
  const Outcomes outcomes = run_and_check(run);
  if (fate.joinable()) fate.join();
  ASSERT_FALSE(outcomes.is_refused);
  // No sample is lost while modules move, and none has to be started again.
  EXPECT_EQ(outcomes.failed, 0);
  EXPECT_EQ(outcomes.fallback, 0);
  ASSERT_EQ(outcomes.plans.size(), 2u);
  EXPECT_EQ(outcomes.plans[1].why, "agent-back: cloud");
  std::int64_t sent_before = 0, sent_after = 0;
  for (const SampleRecord& record : outcomes.records) {
    (record.epoch == 1 ? sent_before : sent_after) += record.payload_bytes;
  }
  EXPECT_EQ(sent_before, 0);
  EXPECT_GT(sent_after, 0);
}

TEST(Faults, AnAgentThatDisappearsIsNoticedWithinTheHeartbeat) {
  RunInMemory run("tiny-after.yaml");
  run.request.samples = 600;
  run.request.replan = [&](const std::set<std::string>&) { return all_on_first_device(*run.request.scenario); };
  Nanoseconds killed = 0, noticed = 0;
  run.request.progress = [&](std::int64_t done, std::int64_t) {
    if (done > 100 && killed == 0) {
      killed = monotonic_now();
      run.kill_agent("cloud");
    }
  };
  run.request.note = [&](const std::string& text) {
    if (text == "agent 'cloud' is lost") noticed = monotonic_now();
  };
  const Outcomes outcomes = run_and_check(run);
  ASSERT_GT(killed, 0);
  ASSERT_GT(noticed, 0);
  // It may have been heard of just before; and this process may have to wait for a processor as long again.
  EXPECT_LT(noticed - killed, 2 * (run.request.heartbeat_timeout + run.request.heartbeat));
  EXPECT_EQ(outcomes.failed, 0);
}

}  // namespace
}  // namespace tiercut::runtime
