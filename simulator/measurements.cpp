// SPDX-License-Identifier: Apache-2.0
#include "simulator/measurements.hpp"

#include <cmath>
#include <limits>

namespace tiercut::simulator {

namespace {

Span saturated_sum(Span a, Span b) { return a > Span::longest() - b ? Span::longest() : a + b; }

}  // namespace

Measurements::Measurements(const CompiledGraph& graph)
    : graph_(graph), latencies_(graph.source->exits.size() + 1), usage_(graph.source->resources.size()) {}

void Measurements::answered(const Record& record) {
  latencies_[static_cast<std::size_t>(record.answered_by)].push_back(record.latency.seconds().value());
  if (record.is_right.value_or(false)) ++right_;
  for (std::size_t t = 0; t < record.terms.size(); ++t) {
    total_terms_[t] = saturated_sum(total_terms_[t], record.terms[t]);
  }
}

void Measurements::transmitted(int resource, Bytes size, bool is_control, bool is_lost) {
  Usage& usage = usage_[static_cast<std::size_t>(resource)];
  (is_control ? usage.control : usage.payload) += size.value();
  ++(is_lost ? usage.lost : usage.served);
}

void Measurements::fill(SimulationResult& result, Span duration) const {
  std::vector<double> all;
  for (const auto& latencies : latencies_) {
    result.answered_by.push_back(static_cast<std::int64_t>(latencies.size()));
    result.latency_by_exit_s.push_back(latencies.empty() ? Summary{} : summarise(latencies));
    all.insert(all.end(), latencies.begin(), latencies.end());
  }
  all.insert(all.end(), static_cast<std::size_t>(unanswered_), std::numeric_limits<double>::infinity());
  result.samples = static_cast<std::int64_t>(all.size());
  if (!all.empty()) result.latency_s = summarise(all);
  RunningMean mean;
  for (double latency : all) mean.add(latency);
  if (unanswered_ > 0) {
    result.mean_standard_error_s = std::numeric_limits<double>::infinity();
  } else if (mean.count() > 1) {
    result.mean_standard_error_s = std::sqrt(mean.variance() / static_cast<double>(mean.count()));
  }
  result.total_terms = total_terms_;
  if (graph_.source->replay != nullptr) result.right = right_;
  result.duration = duration.seconds();
  for (std::size_t r = 0; r < usage_.size(); ++r) {
    const auto& resource = graph_.source->resources[r];
    const Usage& usage = usage_[r];
    auto& report = result.resources.emplace_back();
    report.name = resource.name;
    report.is_link = resource.kind == deployment::Resource::Kind::link;
    report.busy = Seconds(usage.busy);
    if (duration > Span()) report.utilisation = usage.busy / (result.duration.value() * resource.copies);
    report.served = usage.served;
    report.payload = Bytes(usage.payload);
    report.control = Bytes(usage.control);
    report.lost = usage.lost;
  }
}

}  // namespace tiercut::simulator
