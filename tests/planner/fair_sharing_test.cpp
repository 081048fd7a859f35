// SPDX-License-Identifier: Apache-2.0
#include "planner/fair_sharing.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace tiercut::planner {
namespace {

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

TEST(FairSharing, GivesTheMaxMinRates) {
  // Links of 10 and 4 B/s; flow 0 on the first, flow 1 on both, flow 2 on the second. The second link is the tighter:
  // flows 1 and 2 get 2 B/s, flow 0 the remaining 8 B/s.
  const std::vector<double> capacity{10, 4};
  const std::vector<int> first{0}, both{0, 1}, second{1};
  FairSharing sharing(capacity);
  sharing.add(0, first, 80, 0);   // 10 s
  sharing.add(1, both, 10, 0);    // 5 s
  sharing.add(2, second, 40, 0);  // 20 s if nothing left
  EXPECT_EQ(sharing.share(0), 5'000'000'000'000);
  std::vector<int> done;
  sharing.finish(5'000'000'000'000, done);
  EXPECT_EQ(done, (std::vector<int>{1}));
  // Flow 0 has 40 bytes left at 10 B/s, flow 2 has 30 bytes left at 4 B/s.
  EXPECT_EQ(sharing.share(5'000'000'000'000), 9'000'000'000'000);
  done.clear();
  sharing.finish(9'000'000'000'000, done);
  EXPECT_EQ(done, (std::vector<int>{0}));
  EXPECT_EQ(sharing.share(9'000'000'000'000), 12'500'000'000'000);
}

TEST(FairSharing, TwoFlowsInClosedForm) {
  // Sizes s <= l, the second d later: the first alone for d, then halves. Ends by hand for 1 B/s, s = 3 (first), l = 5.
  const std::vector<double> capacity{1};
  const std::vector<int> link{0};
  FairSharing sharing(capacity);
  sharing.add(0, link, 3, 0);
  sharing.share(0);
  sharing.add(1, link, 5, 1'000'000'000'000);
  EXPECT_EQ(sharing.share(1'000'000'000'000), 5'000'000'000'000);  // 2 bytes left at 1/2
  std::vector<int> done;
  sharing.finish(5'000'000'000'000, done);
  EXPECT_EQ(sharing.share(5'000'000'000'000), 8'000'000'000'000);  // 8 bytes in all at 1 B/s
}

TEST(FairSharing, UnlimitedLinksTakeNoTime) {
  const std::vector<double> capacity{std::numeric_limits<double>::infinity()};
  const std::vector<int> link{0};
  FairSharing sharing(capacity);
  EXPECT_EQ(sharing.share(0), never);
  sharing.add(0, link, 1e9, 7);
  EXPECT_EQ(sharing.share(7), 7);
}

}  // namespace
}  // namespace tiercut::planner
