// SPDX-License-Identifier: Apache-2.0
#include "runtime/agent/run.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "deployment/lowering.hpp"
#include "tests/runtime_agent/run_in_memory.hpp"

namespace tiercut::runtime {
namespace {

std::string codes_of(const Result<RunResult>& result) {
  std::string codes;
  if (!result) {
    for (const Diagnostic& each : result.error()) codes += (codes.empty() ? "" : " ") + each.code;
  }
  return codes;
}

Nanoseconds sum_of(const TermTimes& terms) { return std::accumulate(terms.begin(), terms.end(), Nanoseconds{0}); }

void expect_right_answers(const RunInMemory& run, const RunResult& result) {
  ASSERT_EQ(result.records.size(), static_cast<std::size_t>(run.request.samples));
  for (const SampleRecord& record : result.records) {
    const RunInMemory::Expected expected = run.expected(record.sample);
    EXPECT_EQ(record.status, SampleStatus::answered) << record.sample << " " << record.why;
    EXPECT_EQ(record.answered_by, expected.answered_by) << record.sample;
    EXPECT_EQ(record.predicted, expected.predicted) << record.sample;
    ASSERT_TRUE(record.terms.has_value()) << record.sample;
    EXPECT_EQ(sum_of(*record.terms), record.latency) << record.sample;
    EXPECT_GT(record.latency, 0);
  }
}

TEST(RunPlan, AnswersWhatTheWholeNetworkAnswers) {
  RunInMemory run("tiny-after.yaml");
  const auto result = run.run();
  ASSERT_TRUE(result) << codes_of(result);
  expect_right_answers(run, *result);
  // The image crosses only when the little network could not answer: 24 floats up, 5 floats back.
  std::int64_t early = 0;
  for (const SampleRecord& record : result->records) {
    const bool is_early = record.answered_by == 0;
    EXPECT_EQ(record.payload_bytes, is_early ? 0 : 24 * 4 + 5 * 4) << record.sample;
    if (is_early) ++early;
  }
  EXPECT_GT(early, 0);
  EXPECT_LT(early, run.request.samples);
  EXPECT_TRUE(result->is_clock_shared);
  EXPECT_EQ(result->exit_rules, std::vector<std::string>{"threshold"});
}

TEST(RunPlan, EagerAnswersComeFromWhoeverIsFirst) {
  RunInMemory run("tiny-after.yaml");
  run.request.plan.plan.escalation = {scenarios::Escalation::eager};
  run.request.plan.graph = deployment::lower(*run.request.scenario, run.request.plan.plan).value();
  const auto result = run.run();
  ASSERT_TRUE(result) << codes_of(result);
  ASSERT_EQ(result->records.size(), 100u);
  for (const SampleRecord& record : result->records) {
    EXPECT_EQ(record.status, SampleStatus::answered);
    EXPECT_GE(record.payload_bytes, 24 * 4) << record.sample;  // the image goes up in any case
    const RunInMemory::Expected expected = run.expected(record.sample);
    if (record.answered_by == expected.answered_by) {
      EXPECT_EQ(record.predicted, expected.predicted);
    } else {
      EXPECT_EQ(record.answered_by, 1) << record.sample;  // a little network that is unsure answers nothing
    }
    EXPECT_EQ(sum_of(*record.terms), record.latency);
  }
}

TEST(RunPlan, WithoutWeightsExitsAreDrawnAndNothingIsPredicted) {
  RunInMemory run("tiny-after.yaml");
  run.request.weights = nullptr;
  run.request.samples = 400;
  const auto result = run.run();
  ASSERT_TRUE(result) << codes_of(result);
  std::int64_t early = 0;
  for (const SampleRecord& record : result->records) {
    EXPECT_FALSE(record.predicted.has_value());
    if (record.answered_by == 0) ++early;
  }
  // Half of 400, give or take five standard deviations of 10.
  EXPECT_NEAR(static_cast<double>(early), 200, 50);
  EXPECT_EQ(result->exit_rules, std::vector<std::string>{"probability"});
}

TEST(RunPlan, CamerasAreJoined) {
  RunInMemory run("three-cameras.yaml");
  const auto result = run.run();
  ASSERT_TRUE(result) << codes_of(result);
  expect_right_answers(run, *result);
  EXPECT_EQ(result->connections.size(), 3u);
}

TEST(RunPlan, ALostCameraIsNotWaitedForBeyondTheDeadline) {
  RunInMemory run("three-cameras.yaml");
  run.request.samples = 300;
  std::atomic<std::int64_t> tensors{0};
  run.network.fate = [&](const Passing& frame) {
    if (frame.type == FrameType::tensor && frame.from == "cameras.2" && ++tensors > 100) return Fate::drop;
    return Fate::pass;
  };
  const auto result = run.run();
  ASSERT_TRUE(result) << codes_of(result);
  std::int64_t waited = 0;
  for (const SampleRecord& record : result->records) {
    ASSERT_EQ(record.status, SampleStatus::answered) << record.sample << " " << record.why;
    const auto wait = (*record.terms)[static_cast<std::size_t>(deployment::Term::aggregation_wait)];
    if (wait >= 15'000'000) ++waited;
  }
  // Those whose tensor was dropped, and whose two others came together: 20 ms after the first.
  EXPECT_NEAR(static_cast<double>(waited), 200, 20);
}

TEST(RunPlan, WeightsAreShippedOnce) {
  RunInMemory run("tiny-after.yaml");
  ASSERT_TRUE(run.run());
  const std::int64_t first = run.network.frames_of(FrameType::weights);
  EXPECT_EQ(first, 4);  // the four Linear layers, a chunk each
  ASSERT_TRUE(run.run());
  EXPECT_EQ(run.network.frames_of(FrameType::weights), first);
}

TEST(RunPlan, TooLittleMemoryIsSaidBeforeAnythingIsShipped) {
  RunInMemory run("tiny-after.yaml");
  AgentOptions options = RunInMemory::options_of("cloud");
  options.memory_limit = 1000;  // the big network has 24 x 40 + 40 + 40 x 5 + 5 weights
  run.start_agent("cloud", options);
  EXPECT_EQ(codes_of(run.run()), "memory-exhausted");
  EXPECT_EQ(run.network.frames_of(FrameType::deploy), 0);
}

TEST(RunPlan, AFullQueueFailsSamplesAndSaysSo) {
  RunInMemory run("tiny-after.yaml");
  AgentOptions options = RunInMemory::options_of("pi");
  options.longest_queue = 0;
  run.start_agent("pi", options);
  const auto result = run.run();
  ASSERT_TRUE(result) << codes_of(result);
  for (const SampleRecord& record : result->records) EXPECT_EQ(record.why, "queue-full");
}

TEST(RunPlan, WhatDoesNotFitIsRefused) {
  {
    RunInMemory run("tiny-after.yaml");
    AgentOptions other = RunInMemory::options_of("cloud");
    other.version = "0.0.1";
    run.start_agent("cloud", other);
    EXPECT_EQ(codes_of(run.run()), "version-mismatch");
  }
  {
    RunInMemory run("tiny-after.yaml");
    AgentOptions other = RunInMemory::options_of("somebody");
    run.start_agent("cloud", other);
    EXPECT_EQ(codes_of(run.run()), "agent-misnamed");
  }
  {
    RunInMemory run("tiny-after.yaml");
    run.request.agents.pop_back();
    EXPECT_EQ(codes_of(run.run()), "agents-missing");
  }
  {
    RunInMemory run("tiny-after.yaml");
    AgentOptions other = RunInMemory::options_of("cloud");
    other.units = {"gpu"};
    run.start_agent("cloud", other);
    EXPECT_EQ(codes_of(run.run()), "unit-absent");
  }
  {
    RunInMemory run("tiny-after.yaml");
    run.start_agent("cloud");
    run.kill_agent("cloud");
    EXPECT_EQ(codes_of(run.run()), "agent-unreachable");
  }
}

TEST(RunPlan, ASecondCoordinatorHasToWait) {
  RunInMemory run("tiny-after.yaml");
  run.request.samples = 400;
  std::thread first([&] { EXPECT_TRUE(run.run()); });
  while (run.network.frames_of(FrameType::input) == 0) std::this_thread::yield();
  const auto port = run.network.port("another");
  EXPECT_EQ(codes_of(run_plan(run.request, *port)), "agent-busy agent-busy");
  first.join();
}

TEST(RunPlan, AnInterruptedRunKeepsWhatHasArisen) {
  RunInMemory run("tiny-after.yaml");
  run.request.samples = 100'000;
  volatile bool is_stopped = false;
  run.request.stop = &is_stopped;
  run.request.progress = [&](std::int64_t done, std::int64_t) {
    if (done >= 50) is_stopped = true;
  };
  const auto result = run.run();
  ASSERT_TRUE(result) << codes_of(result);
  EXPECT_TRUE(result->is_interrupted);
  EXPECT_GE(result->records.size(), 50u);
  EXPECT_LT(result->records.size(), 5000u);
  std::int64_t next = 0;
  for (const SampleRecord& record : result->records) {
    EXPECT_EQ(record.sample, next++);
    if (record.status == SampleStatus::failed) {
      EXPECT_EQ(record.why, "interrupted");
    }
  }
}

}  // namespace
}  // namespace tiercut::runtime
