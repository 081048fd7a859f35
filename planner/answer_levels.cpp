// SPDX-License-Identifier: Apache-2.0
#include "planner/answer_levels.hpp"

#include <algorithm>
#include <cmath>

#include "planner/sample_run.hpp"

namespace tiercut::planner {
namespace {

constexpr std::size_t most_courses = 4096;

struct Course {
  std::vector<std::int8_t> exits;
  int answered_by = 0;
  Span latency{};
};

std::optional<std::vector<Course>> courses_of(const deployment::StageGraph& graph) {
  const PreparedGraph prepared(graph);
  SampleRun run(prepared);
  std::vector<Course> courses;
  Outcome outcome;
  while (run.next(true)) {
    if (run.latency() == Span::longest() || courses.size() == most_courses) return std::nullopt;
    run.explain(outcome);
    courses.push_back({outcome.exits, outcome.answered_by, outcome.latency});
  }
  return courses;
}

/// What a course does after its answer counts too, so these are other courses than those that only look for it.
void add_amounts(const deployment::StageGraph& graph, AnswerLevels& levels) {
  const PreparedGraph prepared(graph);
  SampleRun run(prepared);
  Outcome outcome;
  levels.amounts.assign(1 + graph.resources.size(), std::vector<double>(levels.latency.size(), -1));
  while (run.next(false)) {
    run.explain(outcome);
    Load load;
    load.busy.resize(graph.resources.size());
    load.payload.resize(graph.resources.size());
    load.control.resize(graph.resources.size());
    run.add_load(load);
    const auto found = std::find(levels.order.begin(), levels.order.end(), outcome.answered_by);
    const auto level = static_cast<std::size_t>(found - levels.order.begin());
    const auto note = [&](std::size_t row, double amount) {
      double& known = levels.amounts[row][level];
      const double value = amount / run.probability();
      if (known >= 0 && std::abs(known - value) > 1e-12 * (known + value)) levels.is_exact = false;
      known = known < 0 ? value : std::min(known, value);
    };
    double payload = 0;
    for (std::size_t r = 0; r < graph.resources.size(); ++r) {
      payload += load.payload[r].value();
      note(1 + r, load.busy[r].value());
    }
    note(0, payload);
  }
}

}  // namespace

std::optional<AnswerLevels> answer_levels(const deployment::StageGraph& graph, bool with_amounts) {
  const auto courses = courses_of(graph);
  if (!courses) return std::nullopt;
  const int last = static_cast<int>(graph.exits.size());
  std::vector<std::optional<Span>> least(graph.exits.size() + 1);
  AnswerLevels levels;
  for (const Course& course : *courses) {
    auto& latency = least[static_cast<std::size_t>(course.answered_by)];
    if (latency && *latency != course.latency) levels.is_exact = false;
    latency = std::min(latency.value_or(course.latency), course.latency);
  }
  for (int exit = 0; exit < last; ++exit)
    if (least[static_cast<std::size_t>(exit)]) levels.order.push_back(exit);
  // Answered by a though b was not asked yet, or was conclusive as well: a wins over b.
  std::vector<int> wins(graph.exits.size(), 0);
  for (const int exit : levels.order)
    for (const int other : levels.order)
      wins[static_cast<std::size_t>(exit)] +=
          exit != other && std::any_of(courses->begin(), courses->end(), [&](const Course& course) {
            return course.answered_by == exit && course.exits[static_cast<std::size_t>(other)] != 0;
          });
  std::stable_sort(levels.order.begin(), levels.order.end(),
                   [&](int a, int b) { return wins[static_cast<std::size_t>(a)] > wins[static_cast<std::size_t>(b)]; });
  for (const Course& course : *courses)
    for (const int before : levels.order) {
      if (before == course.answered_by) break;
      if (course.exits[static_cast<std::size_t>(before)] != 0) levels.is_exact = false;
    }
  for (const int exit : levels.order) levels.latency.push_back(*least[static_cast<std::size_t>(exit)]);
  if (!least[graph.exits.size()]) return std::nullopt;
  levels.latency.push_back(*least[graph.exits.size()]);
  if (with_amounts) add_amounts(graph, levels);
  return levels;
}

}  // namespace tiercut::planner
