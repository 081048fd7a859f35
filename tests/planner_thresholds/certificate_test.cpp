// SPDX-License-Identifier: Apache-2.0
#include "planner/thresholds/certificate.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "planner/thresholds/binomial.hpp"
#include "planner/thresholds/threshold_baselines.hpp"
#include "planner/thresholds/threshold_front.hpp"
#include "tests/planner_thresholds/random_trace.hpp"

namespace tiercut::planner {
namespace {

using profiles::TracePart;

/// The tail by the recursion of Pascal's triangle over samples, which shares nothing with the closed form.
double tail_by_recursion(std::size_t n, std::size_t errors, double p) {
  std::vector<double> chance(errors + 2, 0.0);
  chance[0] = 1;
  for (std::size_t sample = 0; sample < n; ++sample)
    for (std::size_t k = errors + 1; k-- > 0;) chance[k] = chance[k] * (1 - p) + (k > 0 ? chance[k - 1] * p : 0);
  double sum = 0;
  for (std::size_t k = 0; k <= errors; ++k) sum += chance[k];
  return sum;
}

TEST(BinomialTail, EqualsTheRecursionOverSamples) {
  for (const std::size_t n : {1, 7, 60, 400, 5000})
    for (const double p : {0.001, 0.01, 0.2, 0.5, 0.9})
      for (const std::size_t errors : {0, 1, 5, 18, 40, 90, 300})
        if (errors < n) {
          const double expected = tail_by_recursion(n, errors, p);
          EXPECT_NEAR(binomial_tail(n, errors, p), expected, 1e-9 * expected + 1e-290)
              << n << ' ' << errors << ' ' << p;
        }
  EXPECT_EQ(binomial_tail(10, 10, 0.3), 1);
}

TEST(BinomialTail, CertifiesFromTheSamplesThatTheoryAsks) {
  // 0.99^298 = 0.05004 is just above 5 %, 0.99^299 = 0.04954 below: 299 clean samples, not 298.
  EXPECT_NEAR(binomial_tail(298, 0, 0.01), std::pow(0.99, 298), 1e-12);
  EXPECT_GT(std::pow(0.99, 298), 0.05);
  EXPECT_EQ(fewest_samples(0.01, 0.05), 299U);
  EXPECT_EQ(most_errors(298, 0.01, 0.05), -1);
  EXPECT_EQ(most_errors(299, 0.01, 0.05), 0);
  EXPECT_EQ(most_errors(5000, 0.01, 0.1), 40);
  EXPECT_EQ(most_errors(5000, 0.005, 0.1), 18);
}

TEST(BinomialTail, UpperConfidenceInvertsTheTail) {
  for (const std::uint64_t errors : {0, 3, 40}) {
    const double bound = upper_confidence(5000, errors, 0.1);
    EXPECT_NEAR(tail_by_recursion(5000, errors, bound), 0.1, 1e-9);
  }
  EXPECT_NEAR(upper_confidence(299, 0, 0.05), 1 - std::pow(0.05, 1.0 / 299), 1e-12);
  EXPECT_EQ(upper_confidence(5, 5, 0.1), 1);
}

const LevelCosts five{"five", {1, 2, 4, 9, 20}};

struct Parts {
  ThresholdProblem calibration, test;
};
Parts split(const profiles::ExitTrace& trace, LossKind loss) {
  return {*make_threshold_problem(trace, {loss}, TracePart::calibration),
          *make_threshold_problem(trace, {loss}, TracePart::test)};
}

TEST(Certificate, StopsAtTheFirstFailureAndShowsThreeFigures) {
  const auto parts = split(testing::synthetic_trace({}, 11, 4000, 2000), LossKind::gap);
  ThresholdOptimiser optimiser(parts.calibration);
  const auto path = *threshold_front(optimiser, 60, {{five}});
  const auto certificate = *certify(parts.calibration, parts.test, path, {{five}}, {0.01, 0.1, {}});
  ASSERT_TRUE(certificate.is_certified);
  ASSERT_LT(certificate.step + 1, path.size());
  EXPECT_EQ(certificate.tests, certificate.step + 2);
  // 13 of 2,000 certify 1 % at 90 %, 14 do not: by the recursion.
  ASSERT_LE(tail_by_recursion(2000, 13, 0.01), 0.1);
  ASSERT_GT(tail_by_recursion(2000, 14, 0.01), 0.1);
  EXPECT_LE(replay(parts.test, path[certificate.step].choices).loss, 13U);
  EXPECT_GT(replay(parts.test, path[certificate.step + 1].choices).loss, 13U);
  for (std::size_t step = 0; step < certificate.step; ++step)
    EXPECT_LE(replay(parts.test, path[step].choices).loss, 13U);
  EXPECT_EQ(certificate.loss.certified, 0.01);
  EXPECT_DOUBLE_EQ(certificate.loss.measured * 2000, static_cast<double>(path[certificate.step].loss));
  EXPECT_EQ(certificate.loss.held_out_count, replay(parts.test, path[certificate.step].choices).loss);
  EXPECT_NE(certificate.guarantee.find("2000 samples"), std::string::npos);
  EXPECT_NE(certificate.guarantee.find("90 %"), std::string::npos);
}

TEST(Certificate, GuaranteesNothingFromTooFewSamples) {
  const auto parts = split(testing::synthetic_trace({}, 11, 2200, 2000), LossKind::gap);
  ThresholdOptimiser optimiser(parts.calibration);
  const auto path = *threshold_front(optimiser, 20, {{five}});
  const auto certificate = *certify(parts.calibration, parts.test, path, {{five}}, {0.01, 0.05, {}});
  EXPECT_FALSE(certificate.is_certified);
  EXPECT_EQ(certificate.loss.certified, 1);
  EXPECT_NE(certificate.guarantee.find("299 samples"), std::string::npos);
}

TEST(Certificate, RefusesPromisesItCannotKeep) {
  const auto trace = testing::synthetic_trace({}, 11, 200, 100);
  const auto parts = split(trace, LossKind::gap);
  EXPECT_EQ(certify(parts.calibration, parts.test, {}, {{five}}, {0.01, 0.05, {}}).error().front().code, "bad-promise");
  const auto f1 = *make_threshold_problem(trace, {LossKind::f1, 1, 0.9});
  const std::vector<ThresholdAnswer> path(1);
  EXPECT_EQ(certify(f1, f1, path, {{five}}, {0.01, 0.05, {}}).error().front().code, "bad-promise");
}

/// Independent draws (with replacement) from a finite population whose true rates can be counted.
class Coverage {
 public:
  static constexpr std::size_t draws = 200, size = 500;

  explicit Coverage(LossKind loss) : loss_(loss) {
    testing::Population population;
    population.accuracy = {0.90, 0.93, 0.95};
    population_ = testing::synthetic_trace(population, 21, 20000, 20000);
    whole_ = *make_threshold_problem(population_, {loss});
  }

  profiles::ExitTrace draw(std::uint64_t number) const {
    profiles::ExitTrace trace = population_;
    RandomStream random(number, entity_id("coverage"), 0);
    trace.ids.clear();
    trace.labels.clear();
    trace.parts.clear();
    for (auto& level : trace.scores) level.clear();
    for (std::size_t i = 0; i < 2 * size; ++i) {
      const std::size_t from = testing::draw(random, population_.size());
      trace.ids.push_back(population_.ids[from]);
      trace.labels.push_back(population_.labels[from]);
      trace.parts.push_back(i < size ? TracePart::calibration : TracePart::test);
      for (std::size_t a = 0; a < trace.scores.size(); ++a) trace.scores[a].push_back(population_.scores[a][from]);
    }
    return trace;
  }

  double true_loss(const ThresholdAnswer& answer) const {
    return static_cast<double>(replay(whole_, answer.choices).loss) / static_cast<double>(whole_.samples());
  }
  double true_share(const ThresholdAnswer& answer, std::size_t level) const {
    return static_cast<double>(replay(whole_, answer.choices).answered[level]) / static_cast<double>(whole_.samples());
  }
  LossKind loss() const { return loss_; }

 private:
  LossKind loss_;
  profiles::ExitTrace population_;
  ThresholdProblem whole_;
};

/// More violations than this would happen less than once in a thousand if each has a chance of delta.
std::size_t most_violations(double delta) {
  std::size_t most = 0;
  while (tail_by_recursion(Coverage::draws, most, delta) < 0.999) ++most;
  return most;
}

TEST(CertificateCoverage, LossStaysBelowThePromiseUpToDelta) {
  const LevelCosts three{"three", {1, 4, 20}};
  const Promise promise{0.03, 0.1, {}};
  const Coverage coverage(LossKind::gap);
  std::size_t certified = 0, violations = 0, uncertified_violations = 0, shared_violations = 0;
  double cost = 0, shared_cost = 0;
  for (std::uint64_t number = 0; number < Coverage::draws; ++number) {
    const auto trace = coverage.draw(number);
    const auto parts = split(trace, coverage.loss());
    ThresholdOptimiser optimiser(parts.calibration);
    const auto path = *threshold_front(optimiser, 25, {{three}});
    const auto certificate = *certify(parts.calibration, parts.test, path, {{three}}, promise);
    const auto shared = shared_path(parts.calibration, 25, three);
    const auto of_shared = *certify(parts.calibration, parts.test, shared, {{three}}, promise);
    const auto naive = *optimiser.cheapest(15, {{three}});  // 3 % of the calibration part
    uncertified_violations += coverage.true_loss(naive) > promise.loss_rate ? 1 : 0;
    if (of_shared.is_certified) {
      shared_violations += coverage.true_loss(of_shared.answer) > promise.loss_rate ? 1 : 0;
      shared_cost += of_shared.cost_held_out;
    }
    if (!certificate.is_certified) continue;
    ++certified;
    cost += certificate.cost_held_out;
    violations += coverage.true_loss(certificate.answer) > promise.loss_rate ? 1 : 0;
  }
  RecordProperty("certified", static_cast<int>(certified));
  RecordProperty("violations", static_cast<int>(violations));
  RecordProperty("cost against shared", std::to_string(cost / shared_cost));
  EXPECT_GT(certified, 190U);
  EXPECT_LE(violations, most_violations(promise.delta));
  EXPECT_LE(shared_violations, most_violations(promise.delta));
  EXPECT_GT(uncertified_violations, most_violations(promise.delta));  // else this test could not fail
}

TEST(CertificateCoverage, BothPromisesHoldTogetherUpToDelta) {
  const std::vector<double> latency = {1, 4, 20};
  const Coverage coverage(LossKind::gap);
  Promise promise{0.06, 0.1, LatePromise{{false, false, true}, 0.35}};
  const double share = cautious_share(promise.late->share, Coverage::size, promise.delta);
  ASSERT_GT(share, 0.2);
  ASSERT_LT(share, promise.late->share);
  LevelCosts three{"three", latency};
  three.limits.push_back(late_limit(latency, 10, share, Coverage::size));
  std::size_t certified = 0, violations = 0;
  for (std::uint64_t number = 0; number < Coverage::draws; ++number) {
    const auto parts = split(coverage.draw(number), coverage.loss());
    ThresholdOptimiser optimiser(parts.calibration);
    const auto path = *threshold_front(optimiser, 40, {{three}});
    if (path.empty()) continue;
    const auto certificate = *certify(parts.calibration, parts.test, path, {{three}}, promise);
    if (!certificate.is_certified) continue;
    ++certified;
    violations += coverage.true_loss(certificate.answer) > promise.loss_rate ||
                          coverage.true_share(certificate.answer, 2) > promise.late->share
                      ? 1
                      : 0;
  }
  RecordProperty("certified", static_cast<int>(certified));
  RecordProperty("violations", static_cast<int>(violations));
  EXPECT_GT(certified, 100U);
  EXPECT_LE(violations, most_violations(promise.delta));
}

}  // namespace
}  // namespace tiercut::planner
