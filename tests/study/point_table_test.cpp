// SPDX-License-Identifier: Apache-2.0
#include "study/point_table.hpp"

#include <gmock/gmock.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "tests/study/study_case.hpp"

namespace tiercut::study {
namespace {

using ::testing::HasSubstr;

class PointTableTest : public tiercut::testing::StudyCase {
 protected:
  scenarios::Study grid() {
    return study(
        "scenario: big-little/eager\nsamples: 4\nmeasures: [max, late, unanswered, shares, utilisation, payload]\n"
        "axes:\n  wait: {path: links.up.latency, values: [1 ms, 250 us]}\n"
        "  policy: {path: policy.escalation, values: [after, eager]}\n");
  }
  /// Four samples: two by the little network, one by the big one, one without an answer.
  static PointResult figures() {
    PointResult result;
    result.point = 3;
    result.verdict = Verdict::missed;
    result.answers = {"little", "final"};
    result.arrivals = 4;
    result.result.emplace();
    result.result->samples = 4;
    result.result->latency_s.max = std::numeric_limits<double>::infinity();
    result.result->answered_by = {2, 1};
    result.result->late = 1;
    result.result->resources = {{"pi", false, 0.25, Seconds(1), 4, {}, {}, 0},
                                {"cloud", false, 0.5, Seconds(1), 1, {}, {}, 0},
                                {"up", true, 0.125, Seconds(1), 2, Bytes(6000), Bytes(8), 0}};
    return result;
  }
};

TEST_F(PointTableTest, NamesColumnsWithTheirUnitsInTheOrderOfTheFormat) {
  const auto study = grid();
  const PointTable table(study, PointTable::Form::csv);
  const std::string head = table.head();
  EXPECT_THAT(head, HasSubstr(", 4 samples, seed 1\n"));
  EXPECT_EQ(head.substr(head.find('\n') + 1),
            "point,wait_s,policy,verdict,max_s,late,unanswered,share_little,share_final,utilisation,busiest_unit,"
            "payload_bytes_per_sample,control_bytes_per_sample,reason\n");
  EXPECT_EQ(table.line(figures()), "3,0.00025,eager,missed,inf,1,1,0.5,0.25,0.5,cloud,1500,2,");
  EXPECT_EQ(table.line(failed_point(2, "a \"bad\", one")), "2,0.00025,after,failed,,,,,,,,,,\"a \"\"bad\"\", one\"");
}

TEST_F(PointTableTest, JsonLinesHoldTheSame) {
  const auto study = grid();
  const PointTable table(study, PointTable::Form::json_lines);
  const auto head = nlohmann::json::parse(table.head({2, 5}));
  EXPECT_EQ(head["results"], "tiercut/study-results/1");
  EXPECT_EQ(head["shard"], "2/5");
  EXPECT_EQ(table.line(figures()),
            R"({"point":3,"wait_s":0.00025,"policy":"eager","verdict":"missed","max_s":null,"late":1,"unanswered":1,)"
            R"("share_little":0.5,"share_final":0.25,"utilisation":0.5,"busiest_unit":"cloud",)"
            R"("payload_bytes_per_sample":1500.0,"control_bytes_per_sample":2.0,"reason":null})");
}

TEST_F(PointTableTest, ReadsBackWhatItWrote) {
  const auto study = grid();
  for (const auto form : {PointTable::Form::csv, PointTable::Form::json_lines}) {
    const PointTable table(study, form);
    EXPECT_EQ(table.headline(), "max");
    auto result = figures();
    result.result->latency_s.max = 0.0425;
    const auto essence = table.parse(table.line(result));
    ASSERT_TRUE(essence);
    EXPECT_EQ(essence->point, 3);
    EXPECT_EQ(essence->verdict, Verdict::missed);
    EXPECT_EQ(essence->headline_s, 0.0425);
    EXPECT_EQ(table.parse(table.line(failed_point(2, "a \"bad\", one")))->reason, "a \"bad\", one");
    for (const char* text : {"", "1,2", "{}", "nonsense"}) EXPECT_FALSE(table.parse(text)) << text;
    result.point = 0;
    std::string line = table.line(result);
    line.replace(line.find('0'), 1, "9");  // a point that the study does not have
    EXPECT_FALSE(table.parse(line));
  }
}

TEST(Shard, SplitsPointsEvenly) {
  EXPECT_EQ(shard_named("2/8"), (Shard{2, 8}));
  for (const char* text : {"", "2", "0/8", "9/8", "2/8x", "/8", "2/", "-1/8", "1/99999999"}) {
    EXPECT_FALSE(shard_named(text)) << text;
  }
  int owners = 0;
  for (std::int64_t i = 1; i <= 3; ++i) owners += Shard{i, 3}.owns(10) ? 1 : 0;
  EXPECT_EQ(owners, 1);
  EXPECT_EQ(shard_in_head("# tiercut 1, study s, seed 1, shard 3/4\nx"), (Shard{3, 4}));
  EXPECT_EQ(shard_in_head(R"({"seed":1,"shard":"3/4","columns":[]})"), (Shard{3, 4}));
  EXPECT_EQ(shard_in_head("# tiercut 1, study s, seed 1\n"), Shard());
}

}  // namespace
}  // namespace tiercut::study
