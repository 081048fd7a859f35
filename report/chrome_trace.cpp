// SPDX-License-Identifier: Apache-2.0
#include "report/chrome_trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "report/answers.hpp"
#include "report/version.hpp"

namespace tiercut::report {

namespace {

using Json = nlohmann::ordered_json;

constexpr int units_process = 1, links_process = 2, samples_process = 3;
constexpr int most_copies = 1 << 20;  // lanes of one resource

/// Microseconds, exact to the picosecond.
std::string microseconds(std::int64_t picoseconds) {
  return fmt::format("{}.{:06}", picoseconds / 1'000'000, picoseconds % 1'000'000);
}
std::string microseconds(Instant time) { return microseconds(time.picoseconds()); }

std::string quoted(const std::string& text) { return Json(text).dump(); }

}  // namespace

ChromeTrace::ChromeTrace(AtomicFile file, const deployment::StageGraph& graph)
    : file_(std::move(file)), graph_(&graph) {
  file_.write("{\"displayTimeUnit\": \"ms\",\n\"traceEvents\": [");
  for (const auto& [process, name] :
       {std::pair(units_process, "units"), std::pair(links_process, "links"), std::pair(samples_process, "samples")}) {
    event(fmt::format(R"({{"ph": "M", "name": "process_name", "pid": {}, "args": {{"name": "{}"}}}})", process, name));
  }
}

Result<ChromeTrace> ChromeTrace::create(const std::string& path, const deployment::StageGraph& graph) {
  auto file = AtomicFile::create(path);
  if (!file) return tl::unexpected(file.error());
  return ChromeTrace(std::move(*file), graph);
}

void ChromeTrace::event(const std::string& text) {
  file_.write(is_first_ ? "\n" : ",\n");
  file_.write(text);
  is_first_ = false;
}

int ChromeTrace::lane(const deployment::ResourceUse& use, int member) {
  const auto& resource = graph_->resource(use.resource);
  const int copy = resource.copies == 1 ? 0 : use.member == 0 ? member : use.member;
  const int lane = use.resource * most_copies + copy;
  if (lanes_.insert(lane).second) {
    const bool is_link = resource.kind == deployment::Resource::Kind::link;
    const std::string name = copy == 0 ? resource.name : fmt::format("{}.{}", resource.name, copy);
    event(fmt::format(R"({{"ph": "M", "name": "thread_name", "pid": {}, "tid": {}, "args": {{"name": {}}}}})",
                      is_link ? links_process : units_process, lane, quoted(name)));
  }
  return lane;
}

void ChromeTrace::fired(const simulator::Firing& firing) {
  Sample& sample = samples_[firing.sample];
  if (sample.fired.empty()) {
    sample.fired.assign(graph_->stages.size(), Instant::never());
    if (graph_->members == 1) sample.member = 1;
  }
  sample.fired[static_cast<std::size_t>(firing.stage)] = firing.fired;
  if (sample.member == 0)
    sample.waiting.push_back(firing.stage);
  else
    show(firing.sample, sample, firing.stage);
}

void ChromeTrace::ended(const simulator::Record& record) {
  Sample& sample = samples_[record.sample];
  if (sample.fired.empty()) sample.fired.assign(graph_->stages.size(), Instant::never());
  sample.member = record.member;
  for (const deployment::StageId stage : sample.waiting) show(record.sample, sample, stage);
  sample.waiting.clear();
  const bool is_answered = record.answered_by >= 0;
  Instant end = record.arrival;
  for (const Instant fired : sample.fired)
    if (fired < Instant::never()) end = std::max(end, fired);
  if (is_answered) end = record.arrival + record.latency;
  const std::string by =
      is_answered ? answer_names(*graph_).at(static_cast<std::size_t>(record.answered_by)) : std::string("nobody");
  const std::string common = fmt::format(R"("cat": "sample", "name": "sample {}", "id": "{}", "pid": {}, "tid": 0)",
                                         record.sample, record.sample, samples_process);
  event(fmt::format(R"({{"ph": "b", {}, "ts": {}, "args": {{"answered_by": {}, "member": {}}}}})", common,
                    microseconds(record.arrival), quoted(by), record.member));
  event(fmt::format(R"({{"ph": "e", {}, "ts": {}}})", common, microseconds(end)));
}

Instant ChromeTrace::ready_at(const Sample& sample, const deployment::Stage& stage) const {
  Instant ready;
  for (const deployment::Edge& input : stage.inputs) {
    const Instant fired = sample.fired[static_cast<std::size_t>(input.from)];
    if (fired < Instant::never()) ready = std::max(ready, fired);
  }
  return ready;
}

void ChromeTrace::show(std::int64_t id, Sample& sample, deployment::StageId stage_id) {
  const deployment::Stage& stage = graph_->stage(stage_id);
  const Instant end = sample.fired[static_cast<std::size_t>(stage_id)];
  const Instant ready = ready_at(sample, stage);
  if (const auto* compute = std::get_if<deployment::Compute>(&stage.work))
    show_work(id, sample, stage, *compute, ready, end);
  else if (message_of(stage) != nullptr)
    show_message(id, sample, stage_id, ready, end);
}

void ChromeTrace::show_work(std::int64_t id, Sample& sample, const deployment::Stage& stage,
                            const deployment::Compute& work, Instant ready, Instant end) {
  const int where = lane(work.unit, sample.member);
  const bool is_drawn = work.coefficient_of_variation > 0 || work.shape != nullptr || !graph_->faults.empty();
  Instant& before = lane_end_[where];
  const Span cost = work.cost + work.exit_check;
  const Instant begin = is_drawn ? std::max(ready, before) : Instant(end.picoseconds() - cost.picoseconds());
  before = std::max(before, end);
  event(fmt::format(
      R"({{"ph": "X", "cat": "compute", "name": {}, "pid": {}, "tid": {}, "ts": {}, "dur": {}, "args": {{"sample": {}}}}})",
      quoted(stage.name), units_process, where, microseconds(begin),
      microseconds(end.picoseconds() - begin.picoseconds()), id));
  event(fmt::format(R"({{"ph": "{}", "cat": "flow", "name": "sample", "id": {}, "pid": {}, "tid": {}, "ts": {}}})",
                    sample.has_flow ? "t" : "s", id, units_process, where, microseconds(begin)));
  sample.has_flow = true;
}

void ChromeTrace::show_message(std::int64_t id, const Sample& sample, deployment::StageId stage_id, Instant ready,
                               Instant end) {
  const deployment::Stage& stage = graph_->stage(stage_id);
  const deployment::Message& message = *message_of(stage);
  if (message.hops.empty()) return;
  const int where = lane(message.hops.front(), sample.member);
  const std::string common = fmt::format(R"("cat": "message", "name": {}, "id": "{}.{}", "pid": {}, "tid": {})",
                                         quoted(stage.name), id, stage_id, links_process, where);
  event(fmt::format(R"({{"ph": "b", {}, "ts": {}, "args": {{"sample": {}, "bytes": {}}}}})", common,
                    microseconds(ready), id, message.size.value()));
  event(fmt::format(R"({{"ph": "e", {}, "ts": {}}})", common, microseconds(end)));
}

Result<void> ChromeTrace::commit(const simulator::SimulationResult& result) {
  std::vector<std::int64_t> unanswered;
  for (const auto& [id, sample] : samples_)
    if (!sample.waiting.empty()) unanswered.push_back(id);
  std::sort(unanswered.begin(), unanswered.end());
  for (const std::int64_t id : unanswered) {
    Sample& sample = samples_[id];
    sample.member = 1;
    for (const deployment::StageId stage : sample.waiting) show(id, sample, stage);
  }
  file_.write(fmt::format("\n],\n\"otherData\": {{\"version\": {}, \"engine\": {}, \"seed\": \"{}\"}}}}\n",
                          quoted("tiercut " + std::string(version())),
                          quoted(result.engine + " " + result.engine_version), result.seed));
  return file_.commit();
}

}  // namespace tiercut::report
