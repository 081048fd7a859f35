// SPDX-License-Identifier: Apache-2.0
#include "tests/planner/joint_oracle.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/statistics.hpp"
#include "deployment/lowering.hpp"
#include "deployment/replay.hpp"

namespace tiercut::testing {
namespace {

using scenarios::Scenario;
using Measure = scenarios::QualityRequirement::Measure;

std::size_t below(RandomStream& random, std::size_t n) {
  return std::min(n - 1, static_cast<std::size_t>(random.uniform() * static_cast<double>(n)));
}

class Oracle {
 public:
  explicit Oracle(const Scenario& scenario)
      : scenario_(scenario), blank_(scenario), trace_(*scenario.exit_trace->trace) {
    blank_.exit_trace.reset();
    for (auto& exit : blank_.exits)
      if (exit) exit->probability = 0.5;
    for (std::size_t i = 0; i < trace_.size(); ++i)
      if (trace_.parts[i] == profiles::TracePart::calibration) rows_.push_back(i);
    for (std::size_t k = 0; k < scenario.exits.size(); ++k) add_candidates(k);
    losses();
  }

  double deployments() const {
    double count =
        std::pow(static_cast<double>(scenario_.places().size()), static_cast<double>(placed_layers().size()));
    for (const auto& candidates : stops_) count *= 1 + static_cast<double>(candidates.size());
    return count;
  }

  std::optional<JointOracle> run(std::size_t most) {
    if (deployments() > static_cast<double>(most)) return std::nullopt;
    const auto places = scenario_.places();
    const auto layers = placed_layers();
    deployment::Plan plan = deployment::undivided(scenario_, places.front());
    std::vector<std::size_t> choice(layers.size(), 0);
    for (;;) {
      for (unsigned mask = 0; mask < 1U << scenario_.exits.size(); ++mask) try_exits(plan, mask);
      std::size_t digit = 0;
      for (; digit < layers.size(); ++digit) {
        choice[digit] = (choice[digit] + 1) % places.size();
        plan.placement[layers[digit]] = places[choice[digit]];
        if (choice[digit] != 0) break;
      }
      if (digit == layers.size()) return result_;
    }
  }

 private:
  std::vector<std::size_t> placed_layers() const {
    std::vector<std::size_t> layers;
    for (std::size_t i = 0; i < scenario_.model->layers.size(); ++i) {
      const auto type = scenario_.model->layers[i].type;
      if (type != model::LayerType::input && type != model::LayerType::output) layers.push_back(i);
    }
    return layers;
  }

  /// By candidate, whether each row stops; a given threshold is the only one.
  void add_candidates(std::size_t k) {
    auto& candidates = stops_.emplace_back();
    const auto& statement = scenario_.exits[k];
    if (!statement) return;
    const auto& exit = scenario_.model->exits[k];
    const auto answer = static_cast<std::size_t>(trace_.find(exit.name));
    std::set<double> values;
    for (const std::size_t i : rows_) values.insert(trace_.scores[answer][i].confidence(exit.confidence));
    if (!statement->is_open) values = {*statement->threshold};
    for (const double value : values) {
      auto& stop = candidates.emplace_back();
      for (const std::size_t i : rows_)
        stop.push_back(
            trace_.may_answer(answer, i) &&
            profiles::is_confident(exit.confidence, trace_.scores[answer][i].confidence(exit.confidence), value));
    }
  }

  void losses() {
    const auto quality = scenario_.requirement.quality.value_or(scenarios::QualityRequirement{});
    const auto last = static_cast<std::size_t>(trace_.find("final"));
    for (std::size_t a = 0; a <= scenario_.exits.size(); ++a) {
      auto& of_answer = loss_.emplace_back();
      const auto answer =
          a == scenario_.exits.size() ? last : static_cast<std::size_t>(trace_.find(scenario_.model->exits[a].name));
      for (const std::size_t i : rows_) {
        const bool is_class = trace_.labels[i] == quality.model_class,
                   says = trace_.answer_of(answer, i) == quality.model_class;
        bool is_lost = !trace_.is_right(answer, i);
        if (quality.measure == Measure::gap) is_lost = is_lost && trace_.is_right(last, i);
        if (quality.measure == Measure::disagreement)
          is_lost = trace_.answer_of(answer, i) != trace_.answer_of(last, i);
        if (quality.measure == Measure::class_error) is_lost = is_class != says;
        of_answer.push_back(is_lost ? 1 : 0);
      }
    }
  }

  void try_exits(deployment::Plan plan, unsigned mask) {
    for (std::size_t k = 0; k < plan.uses_exit.size(); ++k) {
      const bool is_used = (mask >> k & 1U) != 0;
      if (!scenario_.exits[k] ? is_used : !scenario_.exits[k]->is_open && !is_used) return;
      plan.uses_exit[k] = is_used;
    }
    const auto uses = deployment::memory_use(blank_, plan);
    if (std::any_of(uses.begin(), uses.end(), [](const auto& use) { return use.total() > use.usable; })) return;
    const auto graph = deployment::lower(blank_, plan);
    if (!graph) return;
    std::vector<std::pair<double, int>> courses;  // by what every exit would say
    for (unsigned said = 0; said < 1U << plan.uses_exit.size(); ++said) {
      std::vector<bool> conclusive;
      for (std::size_t k = 0; k < plan.uses_exit.size(); ++k) conclusive.push_back((said >> k & 1U) != 0);
      const auto latency = deployment::replay(*graph, conclusive);
      if (!latency) return;
      courses.emplace_back(latency->seconds().value(), *deployment::answered_by(*graph, conclusive));
    }
    std::vector<std::size_t> choice(plan.uses_exit.size(), 0);
    for (;;) {
      try_thresholds(plan, courses, choice);
      std::size_t k = 0;
      for (; k < choice.size(); ++k) {
        if (!plan.uses_exit[k]) continue;
        choice[k] = (choice[k] + 1) % stops_[k].size();
        if (choice[k] != 0) break;
      }
      if (k == choice.size()) return;
    }
  }

  void try_thresholds(const deployment::Plan& plan, const std::vector<std::pair<double, int>>& courses,
                      const std::vector<std::size_t>& choice) {
    ++result_.deployments;
    std::vector<double> latencies;
    std::int64_t loss = 0;
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      unsigned said = 0;
      for (std::size_t k = 0; k < choice.size(); ++k)
        if (plan.uses_exit[k] && stops_[k][choice[k]][row]) said |= 1U << k;
      latencies.push_back(courses[said].first);
      loss += loss_[static_cast<std::size_t>(courses[said].second)][row];
    }
    const Summary summary = summarise(latencies);
    const auto& required = scenario_.requirement.latency;
    if (required && Span::from(Seconds(summary.at(required->statistic))) > Span::from(required->at_most)) return;
    const auto& quality = scenario_.requirement.quality;
    if (quality && static_cast<double>(loss) > quality->limit * static_cast<double>(rows_.size()) + 1e-9) return;
    const auto& objective = scenario_.objective;
    const double value = summary.at(objective ? objective->statistic : Statistic::mean);
    const bool wants_accuracy = objective ? objective->kind == scenarios::Objective::Kind::accuracy : !quality;
    if (wants_accuracy && result_.least_loss && loss > *result_.least_loss) return;
    const bool is_better = !result_.best_s || value < *result_.best_s || (wants_accuracy && loss < *result_.least_loss);
    if (is_better) result_.best_s = value;
    result_.least_loss = std::min(result_.least_loss.value_or(loss), loss);
  }

  const Scenario& scenario_;
  Scenario blank_;
  const profiles::ExitTrace& trace_;
  std::vector<std::size_t> rows_;
  std::vector<std::vector<std::vector<bool>>> stops_;  // by exit, candidate, row
  std::vector<std::vector<std::int64_t>> loss_;        // by answer, row
  JointOracle result_;
};

}  // namespace

std::optional<JointOracle> joint_oracle(const Scenario& scenario, std::size_t most) {
  return Oracle(scenario).run(most);
}

double joint_deployments(const Scenario& scenario) { return Oracle(scenario).deployments(); }

void ask_for_thresholds(Scenario& scenario, RandomStream& random) {
  auto trace = std::make_shared<profiles::ExitTrace>();
  trace->name = "random";
  trace->classes = 3;
  for (const auto& exit : scenario.model->exits)
    trace->answers.push_back(
        {exit.name, random.uniform() < 0.3 ? std::vector{0, 1} : std::vector{0, 1, 2}, {0, 1, 2}, {}});
  trace->answers.push_back({"final", {0, 1, 2}, {0, 1, 2}, {}});
  trace->scores.resize(trace->answers.size());
  const std::size_t samples = 6 + below(random, 8);
  for (std::size_t i = 0; i < samples + 4; ++i) {
    trace->ids.push_back(static_cast<std::uint32_t>(i));
    trace->labels.push_back(static_cast<int>(below(random, 3)));
    trace->parts.push_back(i < samples ? profiles::TracePart::calibration : profiles::TracePart::test);
    for (auto& scores : trace->scores) {
      const auto level = static_cast<float>(below(random, 5)) / 8.0F + 0.0625F;
      const int said = random.uniform() < 0.7 ? trace->labels.back() : static_cast<int>(below(random, 3));
      scores.push_back({said, level, 1.0F - level / 2, 1.0F - level});
    }
  }
  for (auto& statement : scenario.exits) {
    statement->is_open = random.uniform() < 0.85;
    statement->threshold.reset();
    if (!statement->is_open) statement->threshold = 0.125 * static_cast<double>(below(random, 9));
  }
  scenario.exit_trace = scenarios::TraceUse{std::move(trace), profiles::TracePart::test, false, {}};
  if (random.uniform() < 0.8) {
    scenarios::QualityRequirement quality;
    quality.measure = static_cast<Measure>(below(random, 4));
    quality.model_class = static_cast<int>(below(random, 3));
    quality.limit = 0.5 * random.uniform();
    scenario.requirement.quality = quality;
  }
  if (random.uniform() < 0.4) scenario.objective = scenarios::Objective{scenarios::Objective::Kind::accuracy, {}};
  if (scenario.requirement.quality && random.uniform() < 0.3)
    scenario.objective = scenarios::Objective{scenarios::Objective::Kind::latency, all_statistics[below(random, 6)]};
}

}  // namespace tiercut::testing
