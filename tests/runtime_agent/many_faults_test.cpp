// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/random.hpp"
#include "tests/runtime_agent/fault_checks.hpp"

namespace tiercut::runtime {
namespace {

// Ten thousand frames dropped, doubled, cut, damaged or late, at all steps of the protocol and all kinds in one run.
TEST(ManyFaults, TenThousandEndInRightAnswersOrTypedErrors) {
  std::int64_t faults = 0, answered = 0, failed = 0, runs = 0, refused = 0;
  while (faults < 10'000) {
    RunInMemory run("tiny-after.yaml");
    run.request.samples = 2000;
    run.request.replan = [&](const std::set<std::string>&) { return all_on_first_device(*run.request.scenario); };
    ++runs;
    run.network.fate = [runs](const Passing& frame) {
      RandomStream luck(static_cast<std::uint64_t>(runs), 2, static_cast<std::uint64_t>(frame.number));
      if (luck.uniform() >= 0.05) return Fate::pass;
      return static_cast<Fate>(1 + static_cast<int>(luck.uniform() * 6));
    };
    const Outcomes outcomes = run_and_check(run);
    if (::testing::Test::HasFailure()) return;
    faults += run.network.faults();
    answered += outcomes.answered + outcomes.fallback;
    failed += outcomes.failed;
    if (outcomes.is_refused) ++refused;
  }
  RecordProperty("runs", static_cast<int>(runs));
  RecordProperty("faults", static_cast<int>(faults));
  RecordProperty("answered", static_cast<int>(answered));
  RecordProperty("failed", static_cast<int>(failed));
  RecordProperty("refused", static_cast<int>(refused));
  EXPECT_GT(answered, failed);
}

}  // namespace
}  // namespace tiercut::runtime
