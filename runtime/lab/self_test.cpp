// SPDX-License-Identifier: Apache-2.0
#include "runtime/lab/self_test.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "core/statistics.hpp"
#include "runtime/lab/probes.hpp"

namespace tiercut::lab {
namespace {

constexpr std::size_t most_pairs = 8;
constexpr std::size_t datagrams = 400;
constexpr Seconds interval{0.005};
constexpr std::size_t payload = 64;

struct Pair {
  std::size_t from = 0, to = 0;
  std::vector<scenarios::Hop> hops;
};

/// Pairs, the longest ways first, until every link that leads anywhere is crossed.
std::vector<Pair> pairs_over_all_links(const scenarios::Scenario& scenario, const Lab& lab) {
  std::vector<Pair> all;
  for (std::size_t from = 0; from < lab.devices().size(); ++from) {
    for (std::size_t to = 0; to < lab.devices().size(); ++to) {
      if (from == to) continue;
      const auto hops = scenario.route(lab.devices()[from].ref, lab.devices()[to].ref);
      if (hops) all.push_back({from, to, *hops});
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const Pair& a, const Pair& b) { return a.hops.size() > b.hops.size(); });
  std::set<std::pair<int, int>> crossed;
  std::vector<Pair> chosen;
  for (Pair& pair : all) {
    const std::size_t before = crossed.size();
    for (const auto& hop : pair.hops) crossed.insert({hop.link, 0});  // one copy of a group's links stands for all
    if (crossed.size() > before && chosen.size() < most_pairs) chosen.push_back(std::move(pair));
  }
  return chosen;
}

PairResult expected(const scenarios::Scenario& scenario, const Lab& lab, const Pair& pair) {
  PairResult result;
  result.from = lab.devices()[pair.from].name;
  result.to = lab.devices()[pair.to].name;
  result.stated_rate = std::numeric_limits<double>::infinity();
  double survival = 1;
  for (const auto& hop : pair.hops) {
    const auto& link = scenario.links[static_cast<std::size_t>(hop.link)];
    const bool has_jitter = link.jitter.kind != scenarios::Jitter::Kind::none;
    result.wanted_s += link.latency.value() + link.overhead.value();
    if (has_jitter) result.wanted_s += link.jitter.mean.value();
    result.wanted_s += (Bytes(payload) / link.bandwidth).value();
    result.is_random |= has_jitter && link.jitter.deviation.value() > 0;
    result.stated_rate = std::min(result.stated_rate, link.bandwidth.value());
    survival *= 1 - link.loss.probability;
  }
  result.loss = 1 - survival;
  return result;
}

Result<PairResult> test_pair(const scenarios::Scenario& scenario, const Lab& lab, const Pair& pair) {
  PairResult result = expected(scenario, lab, pair);
  const auto sent = measure_one_way(lab, pair.from, pair.to, datagrams, interval, payload);
  if (!sent) return tl::unexpected(sent.error());
  result.sent = sent->sent;
  result.came = sent->seconds.size();
  if (result.came > 0) {
    result.median_s = summarise(sent->seconds).p50;
    std::vector<double> errors;
    for (const double seconds : sent->seconds) errors.push_back(std::abs(seconds - result.wanted_s));
    const Summary summary = summarise(errors);
    if (!result.is_random) result.p50_error_s = summary.p50;
    if (!result.is_random) result.p99_error_s = summary.p99;
  }
  const ErrorHistogram before = lab.report().error;
  const auto rate = measure_bulk(lab, pair.from, pair.to, Seconds(1), Seconds(2));
  if (!rate) return tl::unexpected(rate.error());
  result.measured_rate = rate->value();
  result.bulk_error = lab.report().error.since(before);
  return result;
}

std::string rate_text(double bytes_per_second) {
  return std::isfinite(bytes_per_second) ? fmt::format("{:.1f} Mbit/s", bytes_per_second * 8 / 1e6) : "no limit";
}

}  // namespace

Result<SelfTest> self_test(const scenarios::Scenario& scenario, const Lab& lab, const volatile bool* stop) {
  SelfTest test;
  for (const Pair& pair : pairs_over_all_links(scenario, lab)) {
    if (*stop) break;
    auto result = test_pair(scenario, lab, pair);
    if (!result) return tl::unexpected(result.error());
    test.pairs.push_back(std::move(*result));
  }
  test.forwarder = lab.report();
  return test;
}

std::string self_test_text(const SelfTest& test) {
  std::string text;
  for (const PairResult& pair : test.pairs) {
    text += fmt::format("{} -> {}\n  one way {:.3f} ms wanted, {:.3f} ms in the median", pair.from, pair.to,
                        pair.wanted_s * 1e3, pair.median_s * 1e3);
    if (!pair.is_random) {
      text += fmt::format("; off by p50 {:.3f} ms, p99 {:.3f} ms", pair.p50_error_s * 1e3, pair.p99_error_s * 1e3);
    }
    text += fmt::format("\n  lost {} of {}", pair.sent - pair.came, pair.sent);
    if (pair.loss > 0) text += fmt::format(" ({:.1f} wanted)", pair.loss * static_cast<double>(pair.sent));
    text += fmt::format("\n  bulk {} (stated: {}); the forwarder late by p99 {:.0f} us meanwhile\n",
                        rate_text(pair.measured_rate), rate_text(pair.stated_rate), pair.bulk_error.percentile(0.99));
  }
  return text + report_text(test.forwarder);
}

std::string self_test_json(const SelfTest& test) {
  nlohmann::ordered_json pairs = nlohmann::ordered_json::array();
  for (const PairResult& pair : test.pairs) {
    nlohmann::ordered_json entry = {{"from", pair.from},
                                    {"to", pair.to},
                                    {"wanted_s", pair.wanted_s},
                                    {"median_s", pair.median_s},
                                    {"sent", pair.sent},
                                    {"came", pair.came},
                                    {"loss_wanted", pair.loss},
                                    {"bulk_bytes_per_s", pair.measured_rate},
                                    {"bulk_late_p99_us", pair.bulk_error.percentile(0.99)}};
    if (std::isfinite(pair.stated_rate)) entry["stated_bytes_per_s"] = pair.stated_rate;
    if (!pair.is_random) entry["error_s"] = {{"p50", pair.p50_error_s}, {"p99", pair.p99_error_s}};
    pairs.push_back(std::move(entry));
  }
  const auto forwarder = nlohmann::ordered_json::parse(report_json(test.forwarder));
  return nlohmann::ordered_json{{"pairs", pairs}, {"forwarder", forwarder}}.dump(2) + "\n";
}

}  // namespace tiercut::lab
