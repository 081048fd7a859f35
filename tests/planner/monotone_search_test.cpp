// SPDX-License-Identifier: Apache-2.0
#include "planner/monotone_search.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

namespace tiercut::planner {
namespace {

RC_GTEST_PROP(MonotoneSearch, FindsTheLastValueWithinOnStaircases, ()) {
  auto steps = *rc::gen::container<std::vector<int>>(60, rc::gen::inRange(0, 5));
  for (std::size_t i = 1; i < steps.size(); ++i) steps[i] += steps[i - 1];
  const int limit = *rc::gen::inRange(-2, 150);
  const auto f = [&](std::int64_t x) { return static_cast<double>(steps[static_cast<std::size_t>(x)]); };
  std::optional<std::int64_t> wanted;
  for (std::int64_t x = 0; x < 60; ++x)
    if (f(x) <= limit) wanted = x;
  RC_ASSERT(last_within(f, limit, 0, 59) == wanted);
}

TEST(MonotoneSearch, SolvesALineInAHandfulOfEvaluations) {
  int evaluations = 0;
  const auto f = [&](std::int64_t x) {
    ++evaluations;
    return 0.01642 + 2e-12 * static_cast<double>(x);
  };
  EXPECT_EQ(last_within(f, 0.04, 0, 40'000'000'000), 11'790'000'000);
  EXPECT_LE(evaluations, 12);
}

}  // namespace
}  // namespace tiercut::planner
