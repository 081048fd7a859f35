// SPDX-License-Identifier: Apache-2.0
#include "deployment/arrival_times.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>

#include "core/random.hpp"

namespace tiercut::deployment {

using Process = scenarios::Arrivals::Process;

namespace {

/// The picosecond grid ends after 106 days.
Instant checked(long double picoseconds) {
  if (!(picoseconds < 9.2e18L))
    throw std::overflow_error("samples would arise after the 106 days that can be simulated");
  return Instant(std::llroundl(picoseconds));
}

Instant behind(Instant last, Span gap) {
  if (gap > Instant::never() - last) checked(9.3e18L);
  return last + gap;
}

}  // namespace

ArrivalTimes::ArrivalTimes(const StageGraph& graph, std::uint64_t seed)
    : graph_(graph), seed_(seed), entity_(entity_id("arrivals")) {}

ArrivalTimes::Arrival ArrivalTimes::next() {
  const std::int64_t sample = sample_++;
  switch (graph_.arrivals.process) {
    case Process::periodic:
      return next_periodic(sample);
    case Process::poisson:
      return next_poisson(sample);
    case Process::bursty:
      return next_of_bursts();
    case Process::trace:
      return next_recorded(sample);
  }
  throw std::logic_error("no such process of arrivals");
}

/// Not by adding up: a period that is no whole number of picoseconds must not drift.
ArrivalTimes::Arrival ArrivalTimes::next_periodic(std::int64_t sample) const {
  const long double picoseconds = static_cast<long double>(graph_.arrivals.period.value() * 1e12);
  return {checked(static_cast<long double>(sample) * picoseconds / graph_.members),
          static_cast<int>(sample % graph_.members) + 1};
}

ArrivalTimes::Arrival ArrivalTimes::next_poisson(std::int64_t sample) {
  RandomStream stream(seed_, entity_, static_cast<std::uint64_t>(sample));
  const double mean = graph_.arrivals.period.value() / graph_.members;
  last_ = behind(last_, Span::from(Seconds(stream.exponential(mean))));
  if (graph_.members == 1) return {last_, 1};
  return {last_, std::min(static_cast<int>(stream.uniform() * graph_.members) + 1, graph_.members)};
}

void ArrivalTimes::begin_bursts() {
  numbers_.resize(static_cast<std::size_t>(graph_.members) + 1);
  for (int member = 1; member <= graph_.members; ++member)
    coming_.emplace_back(behind(Instant(), gap_of_bursts(member, 0)), member);
  std::make_heap(coming_.begin(), coming_.end(), std::greater<>());
}

ArrivalTimes::Arrival ArrivalTimes::next_of_bursts() {
  if (coming_.empty()) begin_bursts();
  std::pop_heap(coming_.begin(), coming_.end(), std::greater<>());
  auto& [when, member] = coming_.back();
  const Arrival arrival{when, member};
  when = behind(when, gap_of_bursts(member, ++numbers_[static_cast<std::size_t>(member)]));
  std::push_heap(coming_.begin(), coming_.end(), std::greater<>());
  return arrival;
}

/// At an arrival there is a burst. Either the next arrival or its end comes first, after an exponential time at the sum
/// of both rates, whichever it is; so the bursts that end without an arrival are geometric in number, each followed by
/// a silence.
Span ArrivalTimes::gap_of_bursts(int member, std::int64_t number) const {
  const scenarios::Arrivals& arrivals = graph_.arrivals;
  RandomStream stream(seed_, entity_, static_cast<std::uint64_t>(member) << 40 | static_cast<std::uint64_t>(number));
  const double burst = arrivals.burst.value(), silence = arrivals.silence.value();
  const double within = arrivals.period.value() * burst / (burst + silence);  // mean gap while a burst lasts
  const double ended = std::floor(std::log(stream.uniform()) / std::log1p(-burst / (burst + within)));
  double gap = stream.gamma(ended + 1, within * burst / (burst + within));
  if (ended > 0) gap += stream.gamma(ended, silence);
  if (number == 0 && stream.uniform() * (burst + silence) < silence) gap += stream.exponential(silence);
  return Span::from(Seconds(std::min(gap, 9.2e6)));
}

ArrivalTimes::Arrival ArrivalTimes::next_recorded(std::int64_t sample) const {
  const scenarios::ArrivalTrace& trace = *graph_.arrivals.trace;
  const auto rows = static_cast<std::int64_t>(trace.when.size());
  if (sample >= rows && trace.lap == Span()) return {Instant::never(), 1};
  const auto row = static_cast<std::size_t>(sample % rows);
  const long double laps = static_cast<long double>(sample / rows) * static_cast<long double>(trace.lap.picoseconds());
  return {checked(static_cast<long double>(trace.when[row].picoseconds()) + laps),
          trace.member.empty() ? 1 : trace.member[row]};
}

std::optional<Diagnostic> arrival_shortage(const StageGraph& graph, std::int64_t samples) {
  const auto& trace = graph.arrivals.trace;
  if (graph.arrivals.process != Process::trace || trace->lap > Span()) return std::nullopt;
  const auto rows = static_cast<std::int64_t>(trace->when.size());
  if (samples <= rows) return std::nullopt;
  return Diagnostic{
      Severity::error, "trace-too-short", Location{{}, 0, 0, "workload.arrivals"},
      std::to_string(samples) + " samples are to arise, and the file of arrivals has " + std::to_string(rows),
      "ask for no more --samples than that, or let them come again with `wrap: true`"};
}

}  // namespace tiercut::deployment
