// SPDX-License-Identifier: Apache-2.0
#include "planner/thresholds/reduced_trace.hpp"

#include <algorithm>
#include <limits>
#include <map>

namespace tiercut::planner {
namespace {

constexpr std::uint32_t unreachable = std::numeric_limits<std::uint32_t>::max();

/// What one used exit does to every sample of the problem.
struct ExitTable {
  std::size_t exit = 0;
  std::vector<std::uint32_t> exit_charge, late_charge;  // by sample
  std::vector<std::uint32_t> bucket;                    // by sample
  std::vector<double> barrier_scores;                   // falling, as sureness
  std::uint32_t last = 0;
};

class Reduction {
 public:
  Reduction(const ThresholdProblem& problem, std::uint64_t budget, const std::vector<bool>& uses)
      : problem_(problem), budget_(budget), count_(problem.samples()) {
    for (std::size_t k = 0; k < problem.exits.size(); ++k)
      if (uses.empty() || uses[k]) tables_.emplace_back().exit = k;
  }

  ReducedTrace run() {
    result_.samples = count_;
    charge();
    if (result_.least_loss > budget_) return std::move(result_);
    result_.slack = budget_ - result_.least_loss;
    find_buckets();
    if (!limit_depth()) return std::move(result_);
    build();
    result_.is_feasible = true;
    return std::move(result_);
  }

 private:
  const ExitColumn& column(const ExitTable& table) const { return problem_.exits[table.exit]; }

  void charge() {
    std::vector<std::uint32_t> least = problem_.final_loss;
    certain_.assign(count_, unreachable);
    for (auto table = tables_.rbegin(); table != tables_.rend(); ++table) {
      table->exit_charge.assign(count_, 0);
      table->late_charge.assign(count_, 0);
      const auto& exit = column(*table);
      for (std::size_t i = 0; i < count_; ++i) {
        if (exit.may_answer[i] == 0) continue;
        if (exit.loss[i] > least[i]) {
          table->exit_charge[i] = exit.loss[i] - least[i];
          certain_[i] = std::min(certain_[i], table->exit_charge[i]);
        } else {
          table->late_charge[i] = least[i] - exit.loss[i];
          least[i] = exit.loss[i];
        }
      }
    }
    for (const auto loss : least) result_.least_loss += loss;
  }

  void find_buckets() {
    is_forced_.assign(count_, false);
    std::vector<bool> reaches(count_, true);
    for (std::size_t t = 0; t < tables_.size(); ++t) {
      auto& table = tables_[t];
      const auto& exit = column(table);
      auto& scores = table.barrier_scores;
      for (std::size_t i = 0; i < count_; ++i)
        if (reaches[i] && table.exit_charge[i] > 0) scores.push_back(sureness(exit, i));
      std::sort(scores.begin(), scores.end(), std::greater<>());
      scores.erase(std::unique(scores.begin(), scores.end()), scores.end());
      table.bucket.assign(count_, unreachable);
      for (std::size_t i = 0; i < count_; ++i) {
        if (exit.may_answer[i] == 0) continue;
        const auto below = std::upper_bound(scores.begin(), scores.end(), sureness(exit, i), std::greater<>());
        table.bucket[i] = static_cast<std::uint32_t>(below - scores.begin());
        if (table.bucket[i] == 0) reaches[i] = false;
      }
      table.last = static_cast<std::uint32_t>(scores.size());
      if (t == 0)
        for (std::size_t i = 0; i < count_; ++i) is_forced_[i] = table.bucket[i] == 0;
    }
  }

  /// The lowest candidate of each exit that the slack can admit whatever the earlier exits do, until leaving out the
  /// samples that then never stop (and their late charges) changes nothing. False when these exceed the slack.
  bool limit_depth() {
    is_never_.assign(count_, false);
    for (bool is_changed = true; is_changed;) {
      is_changed = false;
      std::vector<bool> is_certain(count_, true);
      for (auto& table : tables_) {
        table.last = deepest(table, is_certain);
        for (std::size_t i = 0; i < count_; ++i)
          if (table.exit_charge[i] == 0 && table.bucket[i] <= table.last) is_certain[i] = false;
      }
      std::uint64_t late = 0;
      for (std::size_t i = 0; i < count_; ++i) {
        if (is_never_[i] || is_forced_[i]) continue;
        if (std::any_of(tables_.begin(), tables_.end(), [&](const auto& t) { return t.bucket[i] <= t.last; })) continue;
        is_never_[i] = true;
        for (const auto& table : tables_) late += table.late_charge[i];
      }
      if (late > result_.slack) return false;
      is_changed = late > 0;
      result_.slack -= late;
      result_.least_loss += late;
    }
    return true;
  }

  std::uint32_t deepest(const ExitTable& table, const std::vector<bool>& is_certain) const {
    std::vector<std::uint64_t> charge_of_bucket(table.barrier_scores.size() + 1, 0);
    for (std::size_t i = 0; i < count_; ++i)
      if (table.exit_charge[i] > 0 && is_certain[i] && !is_forced_[i] && table.bucket[i] != unreachable)
        charge_of_bucket[table.bucket[i]] += certain_[i];
    std::uint64_t sum = 0;
    std::uint32_t candidate = 0;
    while (candidate < table.barrier_scores.size()) {
      sum += charge_of_bucket[candidate + 1];
      if (sum > result_.slack) break;
      ++candidate;
    }
    return candidate;
  }

  void build() {
    std::vector<std::size_t> kept;
    for (std::size_t i = 0; i < count_; ++i) {
      if (is_never_[i]) ++result_.never_stop;
      if (!is_never_[i] && !is_forced_[i]) kept.push_back(i);
    }
    result_.words = words_for(kept.size());
    result_.everyone.assign(result_.words, 0);
    for (std::size_t b = 0; b < kept.size(); ++b) set_bit(result_.everyone, b);
    for (const auto& table : tables_) result_.exits.push_back(reduced(table, kept));
  }

  ReducedExit reduced(const ExitTable& table, const std::vector<std::size_t>& kept) const {
    ReducedExit exit;
    exit.exit = table.exit;
    exit.last = table.last;
    exit.barriers.assign(result_.words, 0);
    std::vector<std::vector<std::size_t>> stop_at(exit.last + std::size_t{1});
    std::map<std::uint32_t, BitRow> late;
    for (std::size_t b = 0; b < kept.size(); ++b) {
      const std::size_t i = kept[b];
      const std::uint32_t bucket = table.bucket[i];
      if (bucket <= exit.last) stop_at[bucket].push_back(b);
      if (bucket == 0) continue;
      if (table.exit_charge[i] > 0) set_bit(exit.barriers, b);
      if (table.late_charge[i] > 0) {
        auto& row = late[table.late_charge[i]];
        row.resize(result_.words);
        set_bit(row, b);
      }
      if (table.exit_charge[i] + table.late_charge[i] > 0 && bucket <= exit.last)
        exit.events.push_back(
            {static_cast<std::uint32_t>(b), bucket, table.exit_charge[i], table.late_charge[i], certain_[i]});
    }
    std::sort(exit.events.begin(), exit.events.end(), [](const ExitEvent& a, const ExitEvent& b) {
      return a.bucket != b.bucket ? a.bucket < b.bucket : a.bit < b.bit;
    });
    for (auto& [charge, row] : late) exit.late.push_back({charge, std::move(row)});
    exit.rows.reserve(stop_at.size() * result_.words);
    BitRow goes_on = result_.everyone;
    for (const auto& bits : stop_at) {
      for (const auto b : bits) goes_on[b / 64] &= ~(std::uint64_t{1} << (b % 64));
      exit.rows.insert(exit.rows.end(), goes_on.begin(), goes_on.end());
    }
    choose(table, exit);
    return exit;
  }

  void choose(const ExitTable& table, ReducedExit& exit) const {
    std::vector<double> least(exit.last + std::size_t{1}, std::numeric_limits<double>::infinity());
    for (std::size_t i = 0; i < count_; ++i)
      if (table.bucket[i] <= exit.last) {
        auto& of_bucket = least[table.bucket[i]];
        of_bucket = std::min(of_bucket, sureness(column(table), i));
      }
    double in = std::numeric_limits<double>::infinity();
    for (std::uint32_t c = 0; c <= exit.last; ++c) {
      in = std::min(in, least[c]);
      const auto last_in = in < std::numeric_limits<double>::infinity() ? std::optional(in) : std::nullopt;
      const auto first_out = c < table.barrier_scores.size() ? std::optional(table.barrier_scores[c]) : std::nullopt;
      exit.choices.push_back(choice_between(column(table).measure, last_in, first_out));
    }
  }

  const ThresholdProblem& problem_;
  std::uint64_t budget_;
  std::size_t count_;
  std::vector<ExitTable> tables_;
  std::vector<std::uint32_t> certain_;  // by sample
  std::vector<bool> is_forced_;         // stops at the first exit under every candidate
  std::vector<bool> is_never_;
  ReducedTrace result_;
};

}  // namespace

ReducedTrace reduce(const ThresholdProblem& problem, std::uint64_t budget, const std::vector<bool>& uses) {
  return Reduction(problem, budget, uses).run();
}

std::uint64_t late_charges(const ReducedTrace& trace, std::size_t exit, const std::uint64_t* row) {
  std::uint64_t sum = 0;
  for (const auto& late : trace.exits[exit].late)
    sum += late.charge * bit_ops().count_both(row, late.samples.data(), trace.words);
  return sum;
}

}  // namespace tiercut::planner
