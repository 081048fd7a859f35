// SPDX-License-Identifier: Apache-2.0
#include "planner/prefix_plan.hpp"

#include <algorithm>

#include "planner/graph_blocks.hpp"

namespace tiercut::planner {

using model::LayerId;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

class PrefixProgram {
 public:
  PrefixProgram(const scenarios::Scenario& scenario, const Candidates& candidates, const Bounds& bounds,
                const std::vector<double>& prices, double ceiling)
      : scenario_(scenario),
        candidates_(candidates),
        bounds_(bounds),
        prices_(prices),
        ceiling_(ceiling),
        places_(candidates.places.size()),
        count_(candidates.layers.size()),
        live_(live_tensors(scenario, candidates)),
        ended_((count_ + 1) * places_),
        entered_((count_ + 1) * places_) {
    for (const auto& place : candidates.places) pricers_.emplace_back(scenario, place);
  }

  std::vector<int> run() {
    for (std::size_t p = 0; p < places_; ++p) {
      double first = 0;
      for (const auto& source : scenario_.workload.inputs)
        first = std::max(first, static_cast<double>(bounds_.from_source(source.input, static_cast<int>(p))));
      entry(0, p) = {first, -1, -1};
    }
    for (std::size_t i = 0; i < count_; ++i) {
      if (i > 0) enter(i);
      for (std::size_t p = 0; p < places_; ++p) call(i, p);
    }
    int best = -1;
    double least = ceiling_;
    for (std::size_t p = 0; p < places_; ++p) {
      const int answer = bounds_.answer_count() - 1;
      const double value = end(count_, p).value + static_cast<double>(bounds_.delivery(answer, static_cast<int>(p)));
      if (value >= least) continue;
      least = value;
      best = static_cast<int>(p);
    }
    return best < 0 ? std::vector<int>{} : places_of(static_cast<std::size_t>(best));
  }

 private:
  struct State {
    double value = infinity;
    int position = -1, place = -1;  // where the run began; the place before
  };
  State& end(std::size_t i, std::size_t p) { return ended_[i * places_ + p]; }
  State& entry(std::size_t i, std::size_t p) { return entered_[i * places_ + p]; }

  void enter(std::size_t i) {
    for (std::size_t q = 0; q < places_; ++q) {
      if (!(end(i, q).value < infinity)) continue;
      for (std::size_t p = 0; p < places_; ++p) {
        if (p == q) continue;
        double value = end(i, q).value;
        for (const LayerId id : live_[i]) {
          const bool is_input = candidates_.by_layer[static_cast<std::size_t>(id)].empty();
          if (!is_input) value += static_cast<double>(bounds_.message(id, static_cast<int>(q), static_cast<int>(p)));
        }
        State& own = entry(i, p);
        if (value < own.value) own = {value, -1, static_cast<int>(q)};
      }
    }
  }

  void call(std::size_t i, std::size_t p) {
    const double before = entry(i, p).value;
    if (!(before < ceiling_)) return;
    CallPricer& pricer = pricers_[p];
    pricer.restart();
    double penalty = 0;
    for (std::size_t j = i; j < count_; ++j) {
      const LayerId id = candidates_.layers[j];
      const auto& may = candidates_.by_layer[static_cast<std::size_t>(id)];
      if (std::find(may.begin(), may.end(), static_cast<int>(p)) == may.end()) return;
      pricer.append(id);
      penalty += prices_[p] * scenario_.model->layer(id).weight_bytes.value();
      const double value = before + penalty + static_cast<double>(pricer.cost().picoseconds());
      if (value >= ceiling_) return;
      State& own = end(j + 1, p);
      if (value < own.value) own = {value, static_cast<int>(i), entry(i, p).place};
    }
  }

  std::vector<int> places_of(std::size_t place) {
    std::vector<int> places(scenario_.model->layers.size(), -1);
    for (std::size_t j = count_; j > 0;) {
      const State& run = end(j, place);
      const auto begin = static_cast<std::size_t>(run.position);
      for (std::size_t i = begin; i < j; ++i)
        places[static_cast<std::size_t>(candidates_.layers[i])] = static_cast<int>(place);
      if (begin > 0) place = static_cast<std::size_t>(run.place);
      j = begin;
    }
    return places;
  }

  const scenarios::Scenario& scenario_;
  const Candidates& candidates_;
  const Bounds& bounds_;
  const std::vector<double>& prices_;
  double ceiling_;
  std::size_t places_, count_;
  std::vector<std::vector<LayerId>> live_;
  std::vector<State> ended_, entered_;
  std::vector<CallPricer> pricers_;
};

}  // namespace

std::vector<int> prefix_plan(const scenarios::Scenario& scenario, const Candidates& candidates, const Bounds& bounds,
                             const std::vector<double>& prices, double ceiling_s) {
  return PrefixProgram(scenario, candidates, bounds, prices, ceiling_s * 1e12).run();
}

}  // namespace tiercut::planner
