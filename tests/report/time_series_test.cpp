// SPDX-License-Identifier: Apache-2.0
#include "report/time_series.hpp"

#include <gtest/gtest.h>

namespace tiercut::report {
namespace {

Instant at_ms(std::int64_t ms) { return Instant(ms * 1'000'000'000); }

simulator::Record record(std::int64_t arrival_ms, std::int64_t latency_ms) {
  simulator::Record made;
  made.arrival = at_ms(arrival_ms);
  made.latency = Span(latency_ms * 1'000'000'000);
  return made;
}

TEST(TimeSeries, CountsWhereThingsHappen) {
  const std::string path = testing::TempDir() + "series.csv";
  auto series = TimeSeries::create(path, Span(10'000'000'000));
  ASSERT_TRUE(series);
  series->ended(record(0, 5));
  series->ended(record(2, 7));
  series->ended(record(5, 20));
  auto lost = record(6, 0);
  lost.answered_by = -1;
  series->ended(lost);
  simulator::SimulationResult result;
  ASSERT_TRUE(series->commit(result));
  const std::string text = *read_file(path);
  EXPECT_EQ(text.substr(text.find('\n') + 1),
            "from_s,arrived,unanswered,answered,under_way,mean_s,max_s\n"
            "0,4,1,2,1,0.006,0.007\n"
            "0.01,0,0,0,1,,\n"
            "0.02,0,0,1,0,0.02,0.02\n");
}

TEST(TimeSeries, RefusesMoreLinesThanAnybodyReads) {
  const std::string path = testing::TempDir() + "long-series.csv";
  {
    auto series = TimeSeries::create(path, Span(1'000'000));
    ASSERT_TRUE(series);
    series->ended(record(10'000, 5));
    const auto written = series->commit({});
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().front().code, "too-many-intervals");
  }
  EXPECT_FALSE(read_file(path)) << "nothing is left behind";
}

TEST(TimeSeries, UsualIntervalsAreRoundAndAboutAHundred) {
  deployment::StageGraph graph;
  graph.arrivals.period = Seconds(1);
  EXPECT_EQ(usual_interval(graph, 10'000), Span::from(Seconds(100)));
  EXPECT_EQ(usual_interval(graph, 1'500), Span::from(Seconds(20)));
  graph.arrivals.period = Seconds(0.03);
  EXPECT_EQ(usual_interval(graph, 1'000), Span::from(Seconds(0.5))) << "30 s by 0.3 s";
  graph.members = 6;
  EXPECT_EQ(usual_interval(graph, 1'000), Span::from(Seconds(0.05))) << "5 s by 0.05 s";
}

}  // namespace
}  // namespace tiercut::report
