// SPDX-License-Identifier: Apache-2.0
#include "report/time_series.hpp"

#include <algorithm>
#include <cmath>

#include "report/records.hpp"
#include "report/version.hpp"

namespace tiercut::report {

namespace {

constexpr int usual_lines = 100;

}  // namespace

Result<TimeSeries> TimeSeries::create(const std::string& path, Span interval) {
  auto file = AtomicFile::create(path);
  if (!file) return tl::unexpected(file.error());
  return TimeSeries(std::move(*file), interval);
}

void TimeSeries::ended(const simulator::Record& record) {
  Interval& start = intervals_[index_of(record.arrival)];
  ++start.arrived;
  if (record.answered_by < 0) {
    ++start.unanswered;
    return;
  }
  Interval& end = intervals_[index_of(record.arrival + record.latency)];
  ++end.answered;
  end.sum_s += record.latency.seconds().value();
  end.longest = std::max(end.longest, record.latency);
}

Result<void> TimeSeries::commit(const simulator::SimulationResult& result) {
  const std::int64_t lines = intervals_.empty() ? 0 : intervals_.rbegin()->first + 1;
  if (lines > most_intervals)
    return fail("too-many-intervals", "the time series would have " + std::to_string(lines) + " lines",
                "choose a longer --interval");
  file_.write("# tiercut " + std::string(version()) + ", engine " + result.engine + " " + result.engine_version +
              ", seed " + std::to_string(result.seed) +
              "\nfrom_s,arrived,unanswered,answered,under_way,mean_s,max_s\n");
  std::int64_t under_way = 0;
  for (std::int64_t i = 0; i < lines; ++i) {
    const auto found = intervals_.find(i);
    const Interval interval = found == intervals_.end() ? Interval{} : found->second;
    under_way += interval.arrived - interval.unanswered - interval.answered;
    file_.write(exact_seconds(i * interval_.picoseconds()) + "," + std::to_string(interval.arrived) + "," +
                std::to_string(interval.unanswered) + "," + std::to_string(interval.answered) + "," +
                std::to_string(under_way) + ",");
    if (interval.answered > 0) {
      const Span mean = Span::from(Seconds(interval.sum_s / static_cast<double>(interval.answered)));
      file_.write(exact_seconds(mean.picoseconds()) + "," + exact_seconds(interval.longest.picoseconds()));
    } else {
      file_.write(",");
    }
    file_.write("\n");
  }
  return file_.commit();
}

Span usual_interval(const deployment::StageGraph& graph, std::int64_t samples) {
  const double wanted =
      graph.arrivals.period.value() / graph.members * static_cast<double>(samples) / static_cast<double>(usual_lines);
  const double power = std::pow(10, std::floor(std::log10(wanted)));
  for (const double digit : {1.0, 2.0, 5.0})
    if (digit * power >= wanted * (1 - 1e-9)) return std::max(Span(1), Span::from(Seconds(digit * power)));
  return std::max(Span(1), Span::from(Seconds(10 * power)));
}

}  // namespace tiercut::report
