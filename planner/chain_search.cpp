// SPDX-License-Identifier: Apache-2.0
// The exact dynamic program over chains. Steps follow each other in time, so a sample never meets itself and its
// latency is a sum over calls and messages; what a later step can notice of an earlier one is the state of a label's
// bucket.
#include <algorithm>
#include <map>

#include "planner/chain_outlook.hpp"
#include "planner/judgement.hpp"
#include "planner/search.hpp"

namespace tiercut::planner {
namespace {

using scenarios::Scenario;

/// The bucket of a label: the place of its last call, and where the tensor that the next step starts from is.
struct Bucket {
  int place = -1;
  int origin = -1;           // location that produced it
  std::uint64_t copies = 0;  // locations that hold it
  auto operator<=>(const Bucket&) const = default;
};
using Buckets = std::map<Bucket, std::vector<int>>;

class ChainSearch {
 public:
  ChainSearch(const Scenario& scenario, const Candidates& candidates, const Goal& goal,
              const std::vector<ChainStep>& steps, const Ground& ground, LabelStore::Limits limits = {})
      : scenario_(scenario),
        net_(*scenario.model),
        candidates_(candidates),
        steps_(steps),
        ground_(ground),
        labels_(scenario, ground, goal, limits),
        surcharge_(goal.surcharge) {
    for (const auto& place : candidates.places) pricers_.emplace_back(scenario, place);
  }

  /// From here on labels that cannot end below this many seconds are dropped.
  void set_ceiling(double seconds, const ChainOutlook& outlook) {
    ceiling_ = seconds * 1e12 * (1 + 1e-12);
    outlook_ = &outlook;
  }

  SearchOutcome run() {
    Buckets states = start();
    double reach = 1;
    for (std::size_t s = 0; s < steps_.size(); ++s) {
      Buckets ends = run_step(s, states, reach);
      states = s + 1 < steps_.size() ? decide(s, ends, reach) : Buckets{};
      if (s + 1 == steps_.size()) answer(ends, reach);
      reach *= 1 - steps_[s].probability;
    }
    SearchOutcome outcome;
    outcome.examined = labels_.examined();
    outcome.is_complete = !labels_.is_exhausted();
    if (best_ >= 0) outcome.best = plan_of(best_);
    return outcome;
  }

 private:
  Bytes size_of(model::LayerId tensor) const { return net_.layer(tensor).output_bytes; }
  bool may_run(model::LayerId layer, int place) const {
    const auto& places = candidates_.by_layer[static_cast<std::size_t>(layer)];
    return std::find(places.begin(), places.end(), place) != places.end();
  }

  /// Before the first step: the input at its source.
  Buckets start() {
    const auto& source = scenario_.workload.inputs.front();
    const int device = ground_.messages.index_of(source.device);
    const int location = ground_.source_location(device);
    Label label = labels_.empty();
    label.now = Span::from(source.offset).picoseconds();
    Buckets states;
    labels_.keep(states[{-1, location, std::uint64_t{1} << location}], std::move(label));
    return states;
  }

  /// Brings the tensor that the step starts from to a place, behind the guard of the decision before. `copies` grows.
  bool access(Label& label, const ChainStep& step, bool is_guarded, int owner, int origin, std::uint64_t& copies,
              int place) {
    const Location to = ground_.location_of_place(place);
    const Bytes size = size_of(step.start);
    const auto tell = [&](int device) {
      return !is_guarded || owner == device || labels_.send_control(label, owner, device);
    };
    if ((copies & ground_.bit(to)) != 0) return tell(to.device);
    if ((copies & ground_.bits_of_device(to.device)) != 0) {
      if (!tell(to.device)) return false;
      labels_.copy_to_unit(label, to.device, size);
      copies |= ground_.bit(to);
      return true;
    }
    int from = ground_.location(origin).device;
    if (is_guarded && (copies & ground_.bits_of_device(owner)) != 0)
      from = owner;
    else if (!tell(from))
      return false;
    return bring(label, from, to, size, copies);
  }

  /// A message to another device, and on to the unit.
  bool bring(Label& label, int from, Location to, Bytes size, std::uint64_t& copies) {
    if (!labels_.send_data(label, from, to.device, size)) return false;
    const Location arrival = ground_.arrival_location(to.device);
    copies |= ground_.bit(arrival);
    if (arrival.unit != to.unit) labels_.copy_to_unit(label, to.device, size);
    copies |= ground_.bit(to);
    return true;
  }

  Buckets run_step(std::size_t s, const Buckets& states, double reach) {
    const ChainStep& step = steps_[s];
    const std::size_t length = step.layers.size();
    const bool is_last = s + 1 == steps_.size();
    std::vector<Buckets> entries(length), ends(length + 1);
    for (const auto& [state, front] : states)
      for (int id : front)
        for (int place : candidates_.by_layer[static_cast<std::size_t>(step.layers[0])]) {
          Label label = labels_.follow(id);
          std::uint64_t copies = state.copies;
          if (!access(label, step, s > 0, owner_of(state), state.origin, copies, place)) continue;
          labels_.charge(label, id, reach);
          const bool stays = !is_last && step.branch_point < 0;
          const Bucket bucket{place, stays ? state.origin : -1, stays ? copies : 0};
          labels_.keep(entries[0][bucket], std::move(label));
        }
    for (std::size_t i = 0; i < length; ++i) {
      if (i > 0) cross(step, i, ends[i], entries[i], reach);
      call(s, i, entries[i], ends, reach);
    }
    return std::move(ends[length]);
  }

  /// Boundary buckets keep the owner of the decision in `place`.
  int owner_of(const Bucket& state) const { return state.place; }

  /// From the end of a call to the start of another at a different place.
  void cross(const ChainStep& step, std::size_t position, const Buckets& ended, Buckets& entries, double reach) {
    const bool is_branch_point = static_cast<int>(position) == step.branch_point + 1;
    const Bytes size = size_of(step.layers[position - 1]);
    for (const auto& [bucket, front] : ended)
      for (int id : front)
        for (int place : candidates_.by_layer[static_cast<std::size_t>(step.layers[position])]) {
          if (place == bucket.place) continue;
          Label label = labels_.follow(id);
          const Location from = ground_.location_of_place(bucket.place), to = ground_.location_of_place(place);
          std::uint64_t copies = bucket.copies, brought = 0;
          if (from.device == to.device) {
            labels_.copy_to_unit(label, to.device, size);
            brought = ground_.bit(to);
          } else if (!bring(label, from.device, to, size, brought)) {
            continue;
          }
          if (is_branch_point && bucket.origin >= 0) copies |= brought;
          ++label.cuts;
          labels_.charge(label, id, reach);
          labels_.keep(entries[{place, bucket.origin, copies}], std::move(label));
        }
  }

  /// All calls that start at a position, at every length.
  void call(std::size_t s, std::size_t from, const Buckets& entries, std::vector<Buckets>& ends, double reach) {
    const ChainStep& step = steps_[s];
    const bool is_last = s + 1 == steps_.size();
    for (auto bucket = entries.begin(); bucket != entries.end();) {
      const int place = bucket->first.place;
      auto next_place = bucket;
      while (next_place != entries.end() && next_place->first.place == place) ++next_place;
      CallPricer& pricer = pricers_[static_cast<std::size_t>(place)];
      pricer.restart();
      Memory memory(ground_, place);
      double surcharge = 0;
      for (std::size_t to = from; to < step.layers.size() && may_run(step.layers[to], place); ++to) {
        const model::Layer& layer = net_.layer(step.layers[to]);
        pricer.append(step.layers[to]);
        if (surcharge_ != nullptr) surcharge += 1e12 * (*surcharge_)[surcharge_index(step.layers[to], place)];
        const bool keeps_input = !is_last && to > from && static_cast<int>(to) - 1 == step.branch_point;
        memory.append(layer, keeps_input, pricer.runs_layer_by_layer());
        Span cost = pricer.cost();
        if (step.exit >= 0 && to + 1 == step.layers.size()) cost += pricer.exit_check();
        const int point = is_last ? -1 : step.branch_point;
        const bool has_point = point >= static_cast<int>(from) && point <= static_cast<int>(to);
        for (auto b = bucket; b != next_place; ++b) {
          Bucket end = b->first;
          if (has_point) {
            end.origin = ground_.index_of(ground_.location_of_place(place));
            end.copies = std::uint64_t{1} << end.origin;
          }
          auto& front = ends[to + 1][end];
          for (int id : b->second) {
            Label label = labels_.follow(id);
            label.now += cost.picoseconds();
            if (!labels_.occupy(label, memory)) continue;
            label.begin = static_cast<int>(from);
            label.end = static_cast<int>(to) + 1;
            label.place = place;
            labels_.charge(label, id, reach);
            label.value += surcharge;
            if (labels_.is_too_late(label, reach) || is_hopeless(label, s, to + 1)) continue;
            labels_.keep(front, std::move(label));
          }
        }
      }
      bucket = next_place;
    }
  }

  bool is_hopeless(const Label& label, std::size_t step, std::size_t position) const {
    return outlook_ != nullptr && labels_.is_expectation() &&
           label.value + outlook_->after_call(step, position, label.place) > ceiling_;
  }

  /// The exit answers with its probability; what goes on is bucketed by where its start tensor is and who decided.
  Buckets decide(std::size_t s, const Buckets& ends, double reach) {
    Buckets states;
    const double probability = reach * steps_[s].probability;
    for (const auto& [bucket, front] : ends) {
      const int device = ground_.location_of_place(bucket.place).device;
      for (int id : front)
        for (Label& label : labels_.answered(id, device, answer_size(s), probability)) {
          label.closes_step = static_cast<int>(s);
          labels_.keep(states[{device, bucket.origin, bucket.copies}], std::move(label));
        }
    }
    return states;
  }

  void answer(const Buckets& ends, double reach) {
    for (const auto& [bucket, front] : ends) {
      const int device = ground_.location_of_place(bucket.place).device;
      for (int id : front)
        for (Label& label : labels_.answered(id, device, answer_size(steps_.size() - 1), reach)) {
          label.closes_step = static_cast<int>(steps_.size()) - 1;
          const int kept = labels_.add(std::move(label));
          if (best_ < 0 || labels_.is_better(kept, best_)) best_ = kept;
        }
    }
  }

  std::size_t surcharge_index(model::LayerId layer, int place) const {
    return static_cast<std::size_t>(layer) * candidates_.places.size() + static_cast<std::size_t>(place);
  }

  Bytes answer_size(std::size_t s) const {
    return scenario_.workload.answer_size.value_or(size_of(steps_[s].layers.back()));
  }

  std::optional<Found> plan_of(int id) const {
    const double value = labels_.value(id);
    if (!labels_.meets(id)) return std::nullopt;
    Found found{candidates_.plan, value, value};
    int step = static_cast<int>(steps_.size());
    for (; id >= 0; id = labels_.at(id).parent) {
      const Label& label = labels_.at(id);
      if (label.closes_step >= 0) step = label.closes_step;
      for (int i = label.begin; i < label.end; ++i)
        found.plan.placement[static_cast<std::size_t>(
            steps_[static_cast<std::size_t>(step)].layers[static_cast<std::size_t>(i)])] =
            candidates_.places[static_cast<std::size_t>(label.place)];
    }
    return found;
  }

  const Scenario& scenario_;
  const model::Model& net_;
  const Candidates& candidates_;
  const std::vector<ChainStep>& steps_;
  const Ground& ground_;
  LabelStore labels_;
  const std::vector<double>* surcharge_;
  const ChainOutlook* outlook_ = nullptr;
  double ceiling_ = 0;
  std::vector<CallPricer> pricers_;
  int best_ = -1;
};

constexpr std::size_t narrow_front = 6;
constexpr std::size_t most_comparisons = 60'000'000;

/// Memory makes fronts grow without bound (placing layers in two full memories is a knapsack), so it is left out as
/// long as the best plan without it fits; then a narrow search gives a plan to beat, and an exact one has to.
SearchOutcome search_under_memory(const Scenario& scenario, const Candidates& candidates, const Goal& goal,
                                  const std::vector<ChainStep>& steps, const Ground& ground) {
  Goal relaxed_goal = goal;
  relaxed_goal.has_memory_limits = false;
  SearchOutcome relaxed = ChainSearch(scenario, candidates, relaxed_goal, steps, ground).run();
  if (!relaxed.best || pools_over(scenario, relaxed.best->plan).empty()) return relaxed;
  const SearchOutcome narrow = ChainSearch(scenario, candidates, goal, steps, ground, {.front = narrow_front}).run();
  ChainSearch search(scenario, candidates, goal, steps, ground, {.comparisons = most_comparisons});
  const ChainOutlook outlook(scenario, candidates, steps, ground);
  if (narrow.best) search.set_ceiling(narrow.best->value_s, outlook);
  SearchOutcome exact = search.run();
  exact.examined += relaxed.examined + narrow.examined;
  if (narrow.best && (!exact.best || exact.best->value_s > narrow.best->value_s)) exact.best = narrow.best;
  if (!exact.is_complete && exact.best) exact.best->bound_s = relaxed.best->bound_s;
  return exact;
}

}  // namespace

std::optional<SearchOutcome> search_chain(const Scenario& scenario, const Candidates& candidates, const Goal& goal) {
  const auto steps = chain_steps(scenario, candidates);
  if (!steps) return std::nullopt;
  const Ground ground(scenario, candidates);
  if (ground.location_count() > 64) return std::nullopt;
  if (goal.has_memory_limits && ground.can_memory_bind())
    return search_under_memory(scenario, candidates, goal, *steps, ground);
  return ChainSearch(scenario, candidates, goal, *steps, ground).run();
}

}  // namespace tiercut::planner
