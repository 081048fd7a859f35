// SPDX-License-Identifier: Apache-2.0
#include "simulator/measurements.hpp"

#include <limits>

namespace tiercut::simulator {

namespace {

Span saturated_sum(Span a, Span b) { return a > Span::longest() - b ? Span::longest() : a + b; }

}  // namespace

Measurements::Measurements(const CompiledGraph& graph, const Options& options)
    : graph_(graph),
      with_terms_(options.with_terms),
      exact_left_(options.exact_percentiles_up_to),
      latencies_(graph.source->exits.size() + 1),
      unanswered_by_(Cause::count(*graph.source)),
      limit_(options.limit),
      usage_(graph.source->resources.size()) {}

void Measurements::answered(const Record& record) {
  if (exact_left_-- == 0) {
    for (auto& latencies : latencies_) latencies.bucket();
  }
  latencies_[static_cast<std::size_t>(record.answered_by)].add(record.latency);
  if (record.is_right.value_or(false)) ++right_;
  if (limit_ && record.latency > *limit_) ++late_;
  if (record.is_fallback) ++fallbacks_;
  for (std::size_t t = 0; with_terms_ && t < record.terms.size(); ++t) {
    total_terms_[t] = saturated_sum(total_terms_[t], record.terms[t]);
  }
}

void Measurements::fill_latencies(SimulationResult& result) {
  LatencyDistribution all;
  for (auto& latencies : latencies_) {
    result.answered_by.push_back(latencies.count());
    all.add_all(latencies);
    result.latency_by_exit_s.push_back(latencies.summary());
  }
  result.samples = all.count() + unanswered_;
  result.latency_s = all.summary(unanswered_);
  result.percentile_error = all.is_bucketed() ? LatencyDistribution::error : 0;
  result.mean_standard_error_s = unanswered_ > 0 ? std::numeric_limits<double>::infinity() : all.standard_error();
}

void Measurements::fill(SimulationResult& result, Span duration) {
  fill_latencies(result);
  for (std::size_t i = 0; i < unanswered_by_.size(); ++i) {
    if (unanswered_by_[i] == 0) continue;
    const Cause cause = Cause::at(i);
    result.unanswered.push_back({cause.ending(*graph_.source), cause.text(*graph_.source), unanswered_by_[i]});
  }
  result.total_terms = total_terms_;
  if (limit_) result.late = late_ + unanswered_;
  result.fallbacks = fallbacks_;
  if (graph_.source->replay != nullptr) result.right = right_;
  result.duration = duration.seconds();
  for (std::size_t r = 0; r < usage_.size(); ++r) {
    const auto& resource = graph_.source->resources[r];
    const Usage& usage = usage_[r];
    auto& report = result.resources.emplace_back();
    report.name = resource.name;
    report.is_link = resource.kind == deployment::Resource::Kind::link;
    const double busy = static_cast<double>(static_cast<long double>(usage.busy) / 1e12L);
    report.busy = Seconds(busy);
    if (duration > Span()) report.utilisation = busy / (result.duration.value() * resource.copies * resource.workers);
    report.served = usage.served;
    report.payload = Bytes(usage.payload);
    report.control = Bytes(usage.control);
    report.lost = usage.lost;
    if (resource.queue) report.dropped = usage.dropped;
  }
}

}  // namespace tiercut::simulator
