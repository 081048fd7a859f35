// SPDX-License-Identifier: Apache-2.0
#include "runtime/agent/stage_times.hpp"

#include <algorithm>
#include <numeric>

namespace tiercut::runtime {
namespace {

constexpr std::size_t most_kept = 1'000'000;
constexpr std::size_t blocks = 10;

double seconds(Nanoseconds time) { return static_cast<double>(time) / 1e9; }

QuantileTable quantiles(std::vector<float> values) {
  std::sort(values.begin(), values.end());
  const std::vector<double> sorted(values.begin(), values.end());
  return QuantileTable::of(sorted);
}

std::vector<double> block_means(const std::vector<float>& values) {
  std::vector<double> means;
  if (values.size() < 2 * blocks) return means;
  for (std::size_t block = 0; block < blocks; ++block) {
    const auto from = values.begin() + static_cast<std::ptrdiff_t>(values.size() * block / blocks);
    const auto to = values.begin() + static_cast<std::ptrdiff_t>(values.size() * (block + 1) / blocks);
    means.push_back(std::accumulate(from, to, 0.0) / static_cast<double>(to - from));
  }
  return means;
}

}  // namespace

void StageTimes::add(const SampleCourse& course, const TimeBase& time) {
  const Program& program = course.program();
  for (int stage = 0; stage < program.stage_count(); ++stage) {
    const SampleCourse::Reported* const reported = course.reported(stage);
    const ProgramStage& what = program.stage(stage);
    const bool is_message = what.kind == StageKind::transfer || what.kind == StageKind::control;
    if (reported == nullptr || (what.kind != StageKind::compute && !is_message)) continue;
    const TraceEvent& event = reported->event;
    Times& times = times_[{program.epoch, stage}];
    if (times.samples++ == 0) {
      times.name = what.name;
      times.kind = what.kind;
    }
    double whole = 0, work = 0;
    if (!is_message) {
      whole = seconds(event.fired - event.ready);
      work = seconds(event.done - event.begun);
      times.wait += seconds(event.begun - event.ready);
      times.check += seconds(event.fired - event.done);
    } else {
      const int from = program.endpoint_of(what.at, course.member()), to = reported->endpoint;
      const bool is_sent = what.is_networked && from != to;
      whole = seconds((event.fired - time.offset(to)) - (event.ready - time.offset(from)));
      times.wait += seconds(event.waited);
      times.bytes += static_cast<double>(event.bytes);
      if (is_sent) {
        work = seconds((event.done - time.offset(to)) - (event.begun - time.offset(from)));
        times.send += seconds(event.begun - event.ready - event.waited);
        times.receive += seconds(event.fired - event.done - event.waited_here);
        times.wait_here += seconds(event.waited_here);
      } else {
        times.send += whole - seconds(event.waited);
      }
    }
    times.whole += whole;
    times.work += work;
    if (times.wholes.size() == most_kept) continue;
    times.wholes.push_back(static_cast<float>(whole));
    times.works.push_back(static_cast<float>(work));
  }
}

std::vector<StageReport> StageTimes::report() const {
  std::vector<StageReport> all;
  for (const auto& [key, times] : times_) {
    const auto count = static_cast<double>(times.samples);
    StageReport report;
    report.epoch = key.first;
    report.stage = key.second;
    report.name = times.name;
    report.kind = times.kind;
    report.samples = times.samples;
    report.bytes = times.bytes / count;
    report.whole = times.whole / count;
    report.wait = times.wait / count;
    report.work = times.work / count;
    report.check = times.check / count;
    report.send = times.send / count;
    report.receive = times.receive / count;
    report.wait_here = times.wait_here / count;
    report.whole_quantiles = quantiles(times.wholes);
    report.work_quantiles = quantiles(times.works);
    report.blocks = block_means(times.wholes);
    all.push_back(std::move(report));
  }
  return all;
}

}  // namespace tiercut::runtime
