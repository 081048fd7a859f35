// SPDX-License-Identifier: Apache-2.0
#include "planner/block_search.hpp"

#include <algorithm>
#include <numeric>
#include <string>
#include <unordered_map>

namespace tiercut::planner {

using model::LayerId;

namespace {

constexpr std::size_t narrow = 8;

double ticks(std::int64_t time) {
  return time >= Bounds::never ? std::numeric_limits<double>::infinity() : static_cast<double>(time);
}

}  // namespace

BlockSearch::BlockSearch(const BlockRelaxation& relaxation, const GraphBlock& block, const std::vector<double>& prices)
    : relaxation_(relaxation), block_(block), prices_(prices), places_(relaxation.places_) {
  number_tensors();
  measure_messages();
  look_back();
}

void BlockSearch::number_tensors() {
  const model::Model& net = *relaxation_.scenario_.model;
  const std::size_t count = block_.layers.size();
  const LayerId first = block_.start >= 0 ? block_.start : block_.layers.front();
  number_.resize(static_cast<std::size_t>(block_.layers.back() - first) + 1, 0);
  for (std::size_t i = 0; i < count; ++i) number_[static_cast<std::size_t>(block_.layers[i] - first)] = i + 1;
  std::vector<std::size_t> last_use(count + 1, 0);
  std::vector<bool> is_used(count + 1, false);
  positions_.resize(count + 1);
  for (std::size_t i = 0; i < count; ++i)
    for (const LayerId id : net.layer(block_.layers[i]).inputs) {
      Input input;
      if (relaxation_.candidates_.by_layer[static_cast<std::size_t>(id)].empty())
        input.model = id;
      else
        input.tensor = number_[static_cast<std::size_t>(id - first)];
      if (input.model < 0) {
        input.is_first_use = !is_used[input.tensor];
        is_used[input.tensor] = true;
        last_use[input.tensor] = i;
      }
      positions_[i].inputs.push_back(input);
    }
  if (block_.start >= 0) positions_[0].live.push_back(0);
  for (std::size_t i = 0; i < count; ++i) {
    Position& here = positions_[i];
    for (Input& input : here.inputs)
      input.slot =
          static_cast<std::size_t>(std::find(here.live.begin(), here.live.end(), input.tensor) - here.live.begin());
    Position& next = positions_[i + 1];
    for (std::size_t slot = 0; slot < here.live.size(); ++slot) {
      if (last_use[here.live[slot]] <= i) continue;
      next.live.push_back(here.live[slot]);
      here.kept_slots.push_back(static_cast<int>(slot));
    }
    next.live.push_back(i + 1);
    here.kept_slots.push_back(-1);
  }
  for (std::size_t i = count; i-- > 0;) {
    double least = infinity;
    for (const int p : relaxation_.may_[static_cast<std::size_t>(block_.layers[i])])
      least = std::min(least, prices_[static_cast<std::size_t>(p)]);
    const double weights = net.layer(block_.layers[i]).weight_bytes.value();
    positions_[i].rest = positions_[i + 1].rest + (weights > 0 ? least * weights : 0);
  }
}

void BlockSearch::measure_messages() {
  const std::size_t tensors = block_.layers.size() + 1;
  messages_.assign(tensors * places_ * places_, infinity);
  gaps_.assign(places_ * places_, infinity);
  const int n = static_cast<int>(places_);
  for (std::size_t t = block_.start >= 0 ? 0 : 1; t < tensors; ++t) {
    const LayerId id = t == 0 ? block_.start : block_.layers[t - 1];
    for (int p = 0; p < n; ++p)
      for (int q = 0; q < n; ++q) {
        const double cost = messages_[at(t, p, q)] = ticks(relaxation_.bounds_.message(id, p, q));
        if (t + 1 == tensors) continue;
        double& least = gaps_[static_cast<std::size_t>(p) * places_ + static_cast<std::size_t>(q)];
        least = std::min(least, cost);
      }
  }
  for (int by = 0; by < n; ++by)
    for (int p = 0; p < n; ++p)
      for (int q = 0; q < n; ++q) {
        double& least = gaps_[static_cast<std::size_t>(p) * places_ + static_cast<std::size_t>(q)];
        least = std::min(least, gap(p, by) + gap(by, q));
      }
}

void BlockSearch::look_back() {
  const std::size_t count = block_.layers.size();
  tail_.assign((count + 1) * places_ * places_, 0);
  const int n = static_cast<int>(places_);
  std::vector<std::vector<std::size_t>> consumers(count + 1);
  for (std::size_t i = 0; i < count; ++i)
    for (const Input& input : positions_[i].inputs)
      if (input.model < 0) consumers[input.tensor].push_back(i);
  for (int p = 0; p < n; ++p)
    for (int q = 0; q < n; ++q) tail_[at(count, p, q)] = p == q ? 0 : infinity;
  for (std::size_t t = count; t-- > 0;) {
    for (const std::size_t i : consumers[t]) {
      const LayerId next = block_.layers[i];
      for (int p = 0; p < n; ++p)
        for (int q = 0; q < n; ++q) {
          double least = infinity;
          for (const int r : relaxation_.may_[static_cast<std::size_t>(next)]) {
            const double own = p == r ? relaxation_.share_[relaxation_.index(next, r)]
                                      : messages_[at(t, p, r)] + relaxation_.alone_[relaxation_.index(next, r)];
            least = std::min(least, own + tail_[at(i + 1, r, q)]);
          }
          double& tail = tail_[at(t, p, q)];
          tail = std::max(tail, least);
        }
    }
  }
}

BlockSearch::Ends BlockSearch::run(int start_place, const std::vector<double>& limit, std::size_t width) const {
  Ends ends{std::vector<double>(places_, infinity), std::vector<double>(places_, infinity),
            std::vector<std::vector<int>>(places_)};
  pass(start_place, limit, std::min(narrow, width), ends);
  if (!ends.is_exact && width > narrow) {
    std::vector<double> tighter = limit;
    for (std::size_t q = 0; q < places_; ++q) tighter[q] = std::min(limit[q], ends.found[q]);
    ends.bound.assign(places_, infinity);
    ends.is_exact = true;
    pass(start_place, tighter, width, ends);
  }
  for (std::size_t q = 0; q < places_; ++q) ends.bound[q] = std::min({ends.bound[q], ends.found[q], limit[q]});
  return ends;
}

void BlockSearch::pass(int start_place, const std::vector<double>& limit, std::size_t width, Ends& ends) const {
  std::vector<Labels> all{begin(start_place)};
  for (std::size_t i = 0; i < block_.layers.size(); ++i) {
    Labels made = extended(all.back(), i, limit);
    ends.labels += made.count;
    all.push_back(kept(made, limit, width, ends));
    if (all.back().count == 0) return;
    // Only the ways back are needed of what lies behind.
    Labels& done = all[i];
    done.time = {}, done.load = {}, done.place = {}, done.least = {}, done.used = {}, done.penalty = {};
    done.head = {}, done.leave = {};
  }
  const Labels last = all.back();
  close(last, all, ends);
}

/// Before this no data can be there: an input came to it, or to a place from which something came.
double BlockSearch::from_sources(int place) const {
  double least = infinity;
  for (const auto& source : relaxation_.scenario_.workload.inputs)
    for (int p = 0; p < static_cast<int>(places_); ++p) {
      const double there = ticks(relaxation_.bounds_.from_source(source.input, p));
      least = std::min(least, there + (p == place ? 0 : gap(p, place)));
    }
  return least;
}

BlockSearch::Labels BlockSearch::begin(int start_place) const {
  Labels labels;
  labels.tensors = positions_[0].live.size();
  labels.count = 1;
  if (start_place >= 0) {
    const bool has_head = !relaxation_.is_layered_[static_cast<std::size_t>(start_place)];
    labels.place.push_back(static_cast<std::uint8_t>(start_place | (has_head ? head_bit : 0)));
    labels.time.push_back(0);
  }
  for (int r = 0; r < static_cast<int>(places_); ++r) {
    const double opening = relaxation_.opening_[static_cast<std::size_t>(r)];
    labels.load.push_back(r == start_place ? 0 : (start_place < 0 ? from_sources(r) : gap(start_place, r)) + opening);
  }
  labels.used.push_back(0);
  labels.penalty.push_back(0);
  labels.head.push_back(0);
  labels.leave.assign(places_, -infinity);
  labels.parent.push_back(-1);
  labels.choice.push_back(start_place);
  return labels;
}

void BlockSearch::place_at(const Labels& from, std::size_t label, std::size_t position, int place,
                           Placed& placed) const {
  const LayerId id = block_.layers[position];
  const double share = relaxation_.share_[relaxation_.index(id, place)];
  const double alone = relaxation_.alone_[relaxation_.index(id, place)];
  const auto& inputs = positions_[position].inputs;
  const auto before = [&](const Input& input) -> int { return from.place[label * from.tensors + input.slot]; };
  placed.finish = 0;
  placed.leave.clear();
  placed.copies.clear();
  placed.is_head = std::all_of(inputs.begin(), inputs.end(), [&](const Input& input) {
    return input.model < 0 && before(input) == (place | head_bit);
  });
  for (const Input& input : inputs) {
    if (input.model >= 0) {
      placed.finish = std::max(placed.finish, ticks(relaxation_.bounds_.from_source(input.model, place)) + alone);
      continue;
    }
    const bool leaves_head = (before(input) & head_bit) != 0 && !placed.is_head;
    const int origin = before(input) & ~head_bit;
    double ready = from.time[label * from.tensors + input.slot];
    double own = share;
    if (origin != place && input.is_first_use && relaxation_.shares_device(origin, place))
      placed.copies.emplace_back(origin, messages_[at(input.tensor, origin, place)]);
    if (origin != place)
      own = messages_[at(input.tensor, origin, place)] + alone;
    else if (leaves_head)
      own = alone;
    if (leaves_head) {
      ready = std::max(ready, from.head[label]);
      placed.leave.resize(places_, -infinity);
      for (int q = 0; q < static_cast<int>(places_); ++q) {
        double& leave = placed.leave[static_cast<std::size_t>(q)];
        leave = std::max(leave, own + tail_[at(position + 1, place, q)]);
      }
    }
    placed.finish = std::max(placed.finish, ready + own);
  }
}

BlockSearch::Labels BlockSearch::extended(const Labels& from, std::size_t position,
                                          const std::vector<double>& limit) const {
  const LayerId id = block_.layers[position];
  const Position& here = positions_[position];
  const double weights = relaxation_.scenario_.model->layer(id).weight_bytes.value();
  Labels made;
  made.tensors = here.kept_slots.size();
  Placed placed;
  for (std::size_t label = 0; label < from.count; ++label)
    for (const int place : relaxation_.may_[static_cast<std::size_t>(id)]) {
      place_at(from, label, position, place, placed);
      if (!(placed.finish < infinity)) continue;
      const double share = relaxation_.share_[relaxation_.index(id, place)];
      const int own_place = place | (placed.is_head ? head_bit : 0);
      for (const int slot : here.kept_slots) {
        const std::size_t old = label * from.tensors + static_cast<std::size_t>(std::max(0, slot));
        made.place.push_back(slot < 0 ? static_cast<std::uint8_t>(own_place) : from.place[old]);
        made.time.push_back(slot < 0 ? placed.finish : from.time[old]);
      }
      const auto* load = from.load.data() + label * places_;
      made.load.insert(made.load.end(), load, load + places_);
      made.load[made.count * places_ + static_cast<std::size_t>(place)] += share;
      for (const auto& [unit, cost] : placed.copies)
        made.load[made.count * places_ + static_cast<std::size_t>(unit)] += cost;
      made.head.push_back(from.head[label] + (placed.is_head ? share : 0));
      const auto* leave = from.leave.data() + label * places_;
      made.leave.insert(made.leave.end(), leave, leave + places_);
      for (std::size_t q = 0; q < placed.leave.size(); ++q) {
        double& latest = made.leave[made.count * places_ + q];
        latest = std::max(latest, placed.leave[q]);
      }
      made.used.push_back(from.used[label] | std::uint64_t{1} << place);
      made.penalty.push_back(from.penalty[label] +
                             (weights > 0 ? prices_[static_cast<std::size_t>(place)] * weights : 0));
      made.parent.push_back(static_cast<int>(label));
      made.choice.push_back(place);
      ++made.count;
      if (look_ahead(made, made.count - 1, position + 1, limit)) continue;
      --made.count;
      made.place.resize(made.count * made.tensors);
      made.time.resize(made.count * made.tensors);
      made.load.resize(made.count * places_);
      made.least.resize(made.count * places_);
      made.leave.resize(made.count * places_);
      made.head.pop_back();
      made.used.pop_back(), made.penalty.pop_back(), made.parent.pop_back(), made.choice.pop_back();
    }
  return made;
}

/// Fills in what the label can end in at least; whether that is of interest.
bool BlockSearch::look_ahead(Labels& made, std::size_t label, std::size_t position,
                             const std::vector<double>& limit) const {
  const LayerId last = block_.layers.back();
  const bool is_end = position == block_.layers.size();
  bool is_of_interest = false;
  const std::size_t begin = made.least.size();
  made.least.resize(begin + places_, infinity);
  for (const int q : relaxation_.may_[static_cast<std::size_t>(last)]) {
    if (is_end && made.choice[label] != q) continue;
    double least = 0;
    for (std::size_t slot = 0; slot < made.tensors; ++slot) {
      const std::size_t own = label * made.tensors + slot;
      least =
          std::max(least, made.time[own] + tail_[at(positions_[position].live[slot], made.place[own] & ~head_bit, q)]);
    }
    least = std::max(least, made.head[label] + made.leave[label * places_ + static_cast<std::size_t>(q)]);
    const double share = is_end ? 0 : relaxation_.share_[relaxation_.index(last, q)];
    const double alone = relaxation_.alone_[relaxation_.index(last, q)];
    for (std::size_t r = 0; r < places_; ++r) {
      if ((made.used[label] >> r & 1U) == 0) continue;
      const double load = made.load[label * places_ + r];
      least = std::max(least, static_cast<int>(r) == q ? load + share : load + gap(static_cast<int>(r), q) + alone);
    }
    least += made.penalty[label] + positions_[position].rest;
    made.least[begin + static_cast<std::size_t>(q)] = least;
    is_of_interest = is_of_interest || least < limit[static_cast<std::size_t>(q)] * (1 - 1e-12);
  }
  return is_of_interest;
}

bool BlockSearch::dominates(const Labels& labels, std::size_t a, std::size_t b) const {
  if (labels.penalty[a] > labels.penalty[b] || labels.head[a] > labels.head[b]) return false;
  for (std::size_t slot = 0; slot < labels.tensors; ++slot)
    if (labels.time[a * labels.tensors + slot] > labels.time[b * labels.tensors + slot]) return false;
  if ((labels.used[a] & ~labels.used[b]) != 0) return false;
  for (std::size_t r = 0; r < places_; ++r)
    if (labels.load[a * places_ + r] > labels.load[b * places_ + r] ||
        labels.leave[a * places_ + r] > labels.leave[b * places_ + r])
      return false;
  return true;
}

/// The best labels that no other makes needless, at most `width`; what the dropped ones could have become stays as a
/// bound.
BlockSearch::Labels BlockSearch::kept(const Labels& made, const std::vector<double>& limit, std::size_t width,
                                      Ends& ends) const {
  std::vector<double> score(made.count, infinity);
  for (std::size_t label = 0; label < made.count; ++label)
    for (std::size_t q = 0; q < places_; ++q) {
      const double least = made.least[label * places_ + q];
      if (least < limit[q]) score[label] = std::min(score[label], least);
    }
  std::vector<std::size_t> order(made.count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return score[a] < score[b]; });
  std::unordered_map<std::string, std::vector<std::size_t>> by_places;
  Labels result;
  result.tensors = made.tensors;
  for (const std::size_t label : order) {
    const auto* place = made.place.data() + label * made.tensors;
    auto& others = by_places[std::string(place, place + made.tensors)];
    if (std::any_of(others.begin(), others.end(), [&](std::size_t other) { return dominates(made, other, label); }))
      continue;
    if (result.count >= width) {
      ends.is_exact = false;
      for (std::size_t q = 0; q < places_; ++q)
        ends.bound[q] = std::min(ends.bound[q], made.least[label * places_ + q]);
      continue;
    }
    others.push_back(label);
    ++result.count;
    result.place.insert(result.place.end(), place, place + made.tensors);
    const auto append = [label](std::vector<double>& to, const std::vector<double>& from, std::size_t each) {
      to.insert(to.end(), from.begin() + static_cast<std::ptrdiff_t>(label * each),
                from.begin() + static_cast<std::ptrdiff_t>((label + 1) * each));
    };
    append(result.time, made.time, made.tensors);
    append(result.load, made.load, places_);
    append(result.least, made.least, places_);
    append(result.leave, made.leave, places_);
    result.head.push_back(made.head[label]);
    result.used.push_back(made.used[label]);
    result.penalty.push_back(made.penalty[label]);
    result.parent.push_back(made.parent[label]);
    result.choice.push_back(made.choice[label]);
  }
  return result;
}

void BlockSearch::close(const Labels& from, const std::vector<Labels>& before, Ends& ends) const {
  for (std::size_t label = 0; label < from.count; ++label) {
    const auto q = static_cast<std::size_t>(from.choice[label]);
    const double value = from.least[label * places_ + q];
    if (value >= ends.found[q]) continue;
    ends.found[q] = value;
    auto& places = ends.places[q];
    places.assign(block_.layers.size(), -1);
    int at_label = static_cast<int>(label);
    for (std::size_t i = block_.layers.size(); i-- > 0;) {
      const Labels& labels = before[i + 1];
      places[i] = labels.choice[static_cast<std::size_t>(at_label)];
      at_label = labels.parent[static_cast<std::size_t>(at_label)];
    }
  }
}

}  // namespace tiercut::planner
