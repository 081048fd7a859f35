// SPDX-License-Identifier: Apache-2.0
#include "tests/runtime_agent/fault_checks.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <set>

namespace tiercut::runtime {
namespace {

const std::set<std::string> known_reasons = {"agent-lost", "sample-timeout", "peer-unreachable", "memory-exhausted",
                                             "queue-full", "input-missing",  "never-answered"};
const std::set<std::string> known_refusals = {"agent-unreachable", "agent-lost", "deploy-timeout", "peer-refused"};

void check(const RunInMemory& run, const SampleRecord& record) {
  if (record.status == SampleStatus::failed) {
    EXPECT_TRUE(known_reasons.contains(record.why)) << record.why;
    return;
  }
  const RunInMemory::Expected expected = run.expected(record.sample);
  EXPECT_EQ(record.predicted, expected.predicted) << record.sample;
  EXPECT_EQ(record.answered_by, expected.answered_by) << record.sample;
  EXPECT_GE(record.latency, 0);
  if (record.terms) {
    EXPECT_EQ(std::accumulate(record.terms->begin(), record.terms->end(), Nanoseconds{0}), record.latency);
  }
}

}  // namespace

Outcomes run_and_check(RunInMemory& run) {
  const Nanoseconds begun = monotonic_now();
  auto result = run.run();
  const Nanoseconds took = monotonic_now() - begun;
  const RunRequest& request = run.request;
  const auto arrivals = static_cast<Nanoseconds>(request.plan.graph.arrivals.period.value() * 1e9) * request.samples;
  EXPECT_LT(took, arrivals + 2 * (request.connect_timeout + request.deploy_timeout + request.sample_timeout));
  Outcomes outcomes;
  if (!result) {
    outcomes.is_refused = true;
    for (const Diagnostic& each : result.error()) EXPECT_TRUE(known_refusals.contains(each.code)) << each.code;
    return outcomes;
  }
  EXPECT_EQ(result->records.size(), static_cast<std::size_t>(request.samples));
  std::int64_t next = 0;
  for (const SampleRecord& record : result->records) {
    EXPECT_EQ(record.sample, next++);
    check(run, record);
    ++(record.status == SampleStatus::failed     ? outcomes.failed
       : record.status == SampleStatus::fallback ? outcomes.fallback
                                                 : outcomes.answered);
  }
  outcomes.records = std::move(result->records);
  outcomes.plans = std::move(result->plans);
  return outcomes;
}

}  // namespace tiercut::runtime
