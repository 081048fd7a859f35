// SPDX-License-Identifier: Apache-2.0
#include "study/replications.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include "study/own_process.hpp"
#include "study/result_bytes.hpp"
#include "study/worker_pool.hpp"

namespace tiercut::study {
namespace {

using simulator::SimulationResult;

constexpr std::int64_t least_until_close = 10;

Span sum(Span a, Span b) { return a > Span::longest() - b ? Span::longest() : a + b; }

void add_weighted(Summary& to, const Summary& from, double weight) {
  to.mean += weight * from.mean;
  to.p50 += weight * from.p50;
  to.p90 += weight * from.p90;
  to.p95 += weight * from.p95;
  to.p99 += weight * from.p99;
  to.max = std::max(to.max, from.max);
}

void add_unanswered(SimulationResult& to, const SimulationResult& from) {
  for (const simulator::Unanswered& part : from.unanswered) {
    const auto same = std::ranges::find_if(
        to.unanswered, [&](const auto& other) { return other.ending == part.ending && other.why == part.why; });
    if (same == to.unanswered.end()) {
      to.unanswered.push_back(part);
    } else {
      same->samples += part.samples;
    }
  }
}

void add_counts(SimulationResult& to, const SimulationResult& from) {
  to.samples += from.samples;
  for (std::size_t i = 0; i < to.answered_by.size(); ++i) to.answered_by[i] += from.answered_by[i];
  if (to.late) *to.late += from.late.value_or(0);
  if (to.right) *to.right += from.right.value_or(0);
  to.fallbacks += from.fallbacks;
  add_unanswered(to, from);
  for (std::size_t t = 0; t < to.total_terms.size(); ++t)
    to.total_terms[t] = sum(to.total_terms[t], from.total_terms[t]);
  to.percentile_error = std::max(to.percentile_error, from.percentile_error);
  to.duration += from.duration;
  for (std::size_t r = 0; r < to.resources.size(); ++r) {
    simulator::ResourceReport& resource = to.resources[r];
    const simulator::ResourceReport& other = from.resources[r];
    resource.utilisation += other.utilisation;
    resource.busy += other.busy;
    resource.served += other.served;
    resource.payload += other.payload;
    resource.control += other.control;
    resource.lost += other.lost;
    if (resource.dropped) *resource.dropped += other.dropped.value_or(0);
  }
}

SimulationResult pooled(const std::vector<SimulationResult>& results) {
  SimulationResult all = results.front();
  for (std::size_t i = 1; i < results.size(); ++i) add_counts(all, results[i]);
  const double share = 1 / static_cast<double>(results.size());
  for (auto& resource : all.resources) resource.utilisation *= share;
  all.latency_s = {};
  std::fill(all.latency_by_exit_s.begin(), all.latency_by_exit_s.end(), Summary());
  RunningMean means;
  for (const SimulationResult& result : results) {
    means.add(result.latency_s.mean);
    add_weighted(all.latency_s, result.latency_s, share);
    for (std::size_t i = 0; i < all.answered_by.size(); ++i) {
      if (result.answered_by[i] == 0) continue;
      add_weighted(all.latency_by_exit_s[i], result.latency_by_exit_s[i],
                   static_cast<double>(result.answered_by[i]) / static_cast<double>(all.answered_by[i]));
    }
  }
  all.mean_standard_error_s =
      std::isfinite(all.latency_s.mean) ? std::sqrt(means.variance() * share) : std::numeric_limits<double>::infinity();
  return all;
}

class Replicator {
 public:
  Replicator(const deployment::StageGraph& graph, const ReplicationOptions& options)
      : graph_(graph), options_(options) {}

  Result<Replications> run() {
    const auto engine = simulator::engine_for(graph_, options_.simulation.engine);
    if (!engine) return tl::unexpected(engine.error());
    needs_own_process_ = *engine != simulator::Engine::fast;
    while (!is_done()) {
      const auto known = static_cast<std::int64_t>(results_.size());
      std::int64_t next = options_.most - known;
      if (options_.until) next = std::min<std::int64_t>(next, std::max(options_.workers, known == 0 ? 10 : 1));
      if (const auto added = add(next); !added) return tl::unexpected(added.error());
    }
    return conclude();
  }

 private:
  /// Looks at one replication after the other, so that the number of workers, who may do more, changes nothing.
  bool is_done() {
    while (judged_ < results_.size()) {
      means_.add(results_[judged_++].latency_s.mean);
      if (options_.until && std::cmp_greater_equal(judged_, least_until_close) && is_close()) {
        results_.resize(judged_);
        return true;
      }
    }
    return std::cmp_greater_equal(judged_, options_.most);
  }

  bool is_close() const {
    const Interval interval = confidence_interval(means_, replication_confidence);
    return interval.high - interval.low <= 2 * *options_.until * means_.mean();
  }

  std::optional<std::string> simulated(std::int64_t replication, const volatile bool* stop) const {
    simulator::Options each = options_.simulation;
    each.seed += static_cast<std::uint64_t>(replication);
    each.progress = {};
    each.stop = stop;
    const auto work = [&] { return to_bytes(options_.simulate(graph_, each)); };
    if (!needs_own_process_) return work();
    std::string why;
    auto bytes = in_own_process(work, why);
    return bytes ? std::move(bytes) : std::optional(to_bytes(died(why)));
  }

  static Result<SimulationResult> died(const std::string& how) {
    return fail("worker-died", "the process that simulated a replication " + how);
  }

  Result<void> add(std::int64_t count) {
    const auto first = static_cast<std::int64_t>(results_.size());
    std::map<std::int64_t, std::string> found;
    PoolRequest request;
    request.jobs.resize(static_cast<std::size_t>(count));
    std::iota(request.jobs.begin(), request.jobs.end(), first);
    request.workers = options_.workers;
    request.stop = options_.stop;
    request.work = [this](std::int64_t job, const volatile bool* stop) { return simulated(job, stop); };
    request.died = [](std::int64_t, const std::string& how) { return to_bytes(died(how)); };
    request.done = [&](const auto& done) -> Result<void> {
      for (const auto& [job, bytes] : done) found[job] = bytes;
      if (options_.progress) options_.progress(first + std::ssize(found), options_.most);
      return {};
    };
    const auto is_whole = run_pool(request);
    if (!is_whole) return tl::unexpected(is_whole.error());
    for (const auto& [job, bytes] : found) {
      auto result = result_from(bytes);
      if (!result) return tl::unexpected(std::move(result.error()));
      if (result->is_interrupted) return fail("interrupted", "interrupted while replications were simulated");
      results_.push_back(std::move(*result));
    }
    if (!*is_whole) return fail("interrupted", "interrupted while replications were simulated");
    return {};
  }

  Replications conclude() const {
    Replications all;
    all.count = std::ssize(results_);
    all.pooled = pooled(results_);
    all.is_close_enough = !options_.until || is_close();
    for (std::size_t i = 0; i < all_statistics.size(); ++i) {
      if (all_statistics[i] == Statistic::max) continue;
      RunningMean values;
      for (const SimulationResult& result : results_) values.add(result.latency_s.at(all_statistics[i]));
      all.intervals[i] = confidence_interval(values, replication_confidence);
    }
    return all;
  }

  const deployment::StageGraph& graph_;
  const ReplicationOptions& options_;
  bool needs_own_process_ = false;
  std::vector<SimulationResult> results_;  // by replication
  std::size_t judged_ = 0;
  RunningMean means_;  // of these
};

}  // namespace

Result<Replications> replicate(const deployment::StageGraph& graph, const ReplicationOptions& options) {
  return Replicator(graph, options).run();
}

}  // namespace tiercut::study
