// SPDX-License-Identifier: Apache-2.0
#include "benchmarks/bare_heap.hpp"

#include <algorithm>
#include <deque>
#include <tuple>

#include "benchmarks/deployments.hpp"
#include "core/random.hpp"
#include "core/units.hpp"
#include "simulator/draw_cache.hpp"

namespace tiercut::benchmarks {

namespace {

using namespace two_exits_figures;
using simulator::ChanceDraws;
using simulator::DurationDraws;
using simulator::DurationLaw;

constexpr std::int64_t millisecond = 1'000'000'000;

std::uint64_t counter(std::int64_t sample) { return static_cast<std::uint64_t>(sample); }

struct StreamDraws {
  explicit StreamDraws(std::uint64_t s) : seed(s) {}
  std::int64_t cost(std::uint64_t entity, double mean_s, std::int64_t sample) {
    RandomStream stream(seed, entity, counter(sample));
    return Span::from(Seconds(stream.lognormal_with(mean_s, variation))).picoseconds();
  }
  bool chance(std::uint64_t entity, double p, std::int64_t sample, std::uint32_t attempt = 0) {
    RandomStream stream(seed, entity, counter(sample));
    for (std::uint32_t i = 0; i < attempt; ++i) stream.uniform();
    return stream.uniform() < p;
  }
  std::int64_t little(std::int64_t i) { return cost(little_id, 0.002, i); }
  std::int64_t big(std::int64_t i) { return cost(big_id, 0.001, i); }
  std::int64_t rest(std::int64_t i) { return cost(rest_id, 0.001, i); }
  bool first(std::int64_t i) { return chance(first_id, first_exit, i); }
  bool second(std::int64_t i) { return chance(second_id, second_exit, i); }
  bool lost(int way, std::int64_t i, std::uint32_t attempt) { return chance(lost_id[way], loss, i, attempt); }

  std::uint64_t seed;
  std::uint64_t little_id = entity_id("cost/little"), big_id = entity_id("cost/big"), rest_id = entity_id("cost/rest");
  std::uint64_t first_id = entity_id("exit/first"), second_id = entity_id("exit/second");
  std::uint64_t lost_id[3] = {entity_id("loss/up/features"), entity_id("loss/down/early answer back"),
                              entity_id("loss/down/late answer back")};
};

struct BlockDraws {
  explicit BlockDraws(std::uint64_t seed)
      : costs{{law(0.002), seed, entity_id("cost/little")},
              {law(0.001), seed, entity_id("cost/big")},
              {law(0.001), seed, entity_id("cost/rest")}},
        exits{{first_exit, seed, entity_id("exit/first")}, {second_exit, seed, entity_id("exit/second")}},
        losses{{loss, seed, entity_id("loss/up/features")},
               {loss, seed, entity_id("loss/down/early answer back")},
               {loss, seed, entity_id("loss/down/late answer back")}} {}
  static DurationLaw law(double mean_s) { return {DurationLaw::Kind::lognormal, Seconds(mean_s), variation, {}}; }
  std::int64_t little(std::int64_t i) { return costs[0].at(i).picoseconds(); }
  std::int64_t big(std::int64_t i) { return costs[1].at(i).picoseconds(); }
  std::int64_t rest(std::int64_t i) { return costs[2].at(i).picoseconds(); }
  bool first(std::int64_t i) { return exits[0].at(i); }
  bool second(std::int64_t i) { return exits[1].at(i); }
  bool lost(int way, std::int64_t i, std::uint32_t attempt) {
    return attempt == 0 ? losses[way].at(i) : losses[way].at(i, attempt);
  }
  DurationDraws costs[3];
  ChanceDraws exits[2], losses[3];
};

enum Step : std::uint8_t { little_done, big_done, rest_done, at_server, at_device, again, arrival };

struct Event {
  std::int64_t when;
  std::int64_t sample;
  std::int32_t member;
  Step step;
  std::uint8_t way;                           // 0 up, 1 early answer, 2 late answer
  std::uint16_t attempt;                      // at sending a message
  bool operator<(const Event& other) const {  // a heap of std has the largest on top
    return std::tie(when, step, sample) > std::tie(other.when, other.step, other.sample);
  }
};

template <class Draws>
class Bare {
 public:
  Bare(int members, double period_s, std::int64_t samples, std::uint64_t seed)
      : members_(members),
        mean_gap_s_(period_s * 1e12 / 1e12 / members),
        seed_(seed),
        draws_(seed),
        sites_(static_cast<std::size_t>(members)) {
    records_.resize(static_cast<std::size_t>(samples));
    arrivals_.resize(records_.size());
  }

  std::vector<BareRecord> run() {
    arise();
    while (!heap_.empty()) {
      std::pop_heap(heap_.begin(), heap_.end());
      const Event event = heap_.back();
      heap_.pop_back();
      handle(event);
    }
    return std::move(records_);
  }

 private:
  struct Passenger {
    std::int64_t sample = 0;
    std::uint8_t way = 0;
    bool has_arrived = false;
  };
  struct Site {
    std::int64_t device_free = 0, server_free = 0, link_free[2] = {0, 0};
    std::deque<Passenger> under_way[2];
  };

  void push(const Event& event) {
    heap_.push_back(event);
    std::push_heap(heap_.begin(), heap_.end());
  }
  static std::int64_t serve(std::int64_t& free, std::int64_t now, std::int64_t work) {
    return free = std::max(free, now) + work;
  }

  void arise() {
    if (arisen_ == static_cast<std::int64_t>(records_.size())) return;
    RandomStream stream(seed_, arrivals_id_, counter(arisen_));
    clock_ += Span::from(Seconds(stream.exponential(mean_gap_s_))).picoseconds();
    std::int32_t member = 0;
    if (members_ > 1) member = std::min(static_cast<std::int32_t>(stream.uniform() * members_), members_ - 1);
    arrivals_[static_cast<std::size_t>(arisen_)] = clock_;
    push({clock_, arisen_++, member, arrival, 0, 0});
  }

  void send(const Event& e, std::uint8_t way, std::uint16_t attempt) {
    const int link = way == 0 ? 0 : 1;
    Site& site = sites_[static_cast<std::size_t>(e.member)];
    if (attempt == 0) site.under_way[link].push_back({e.sample, way, false});
    const std::int64_t sent = serve(site.link_free[link], e.when, way == 0 ? 327'680'000 : 8'000'000);
    if (draws_.lost(way, e.sample, attempt)) [[unlikely]] {
      push({sent + 200 * millisecond, e.sample, e.member, again, way, static_cast<std::uint16_t>(attempt + 1)});
    } else {
      push({sent + 15 * millisecond, e.sample, e.member, way == 0 ? at_server : at_device, way, 0});
    }
  }

  /// Messages of a connection are delivered in order.
  void deliver(const Event& e, int link) {
    auto& queue = sites_[static_cast<std::size_t>(e.member)].under_way[link];
    for (auto& p : queue) {
      if (p.sample != e.sample || p.way != e.way) continue;
      p.has_arrived = true;
      break;
    }
    while (!queue.empty() && queue.front().has_arrived) {
      const Passenger p = queue.front();
      queue.pop_front();
      Site& site = sites_[static_cast<std::size_t>(e.member)];
      if (link == 0) {
        push({serve(site.server_free, e.when, draws_.big(p.sample)), p.sample, e.member, big_done, 0, 0});
      } else {
        answer(p.sample, e.when, p.way);
      }
    }
  }
  void answer(std::int64_t sample, std::int64_t now, int exit) {
    const auto i = static_cast<std::size_t>(sample);
    records_[i] = {now - arrivals_[i], exit};
  }

  void handle(const Event& e) {
    Site& site = sites_[static_cast<std::size_t>(e.member)];
    switch (e.step) {
      case arrival:
        push({serve(site.device_free, e.when, draws_.little(e.sample)), e.sample, e.member, little_done, 0, 0});
        return arise();
      case little_done:
        return draws_.first(e.sample) ? answer(e.sample, e.when, 0) : send(e, 0, 0);
      case big_done:
        if (draws_.second(e.sample)) return send(e, 1, 0);
        return push({serve(site.server_free, e.when, draws_.rest(e.sample)), e.sample, e.member, rest_done, 0, 0});
      case rest_done:
        return send(e, 2, 0);
      case again:
        return send(e, e.way, e.attempt);
      case at_server:
        return deliver(e, 0);
      case at_device:
        return deliver(e, 1);
      default:
        return;
    }
  }

  int members_;
  double mean_gap_s_;
  std::uint64_t seed_, arrivals_id_ = entity_id("arrivals");
  Draws draws_;
  std::vector<Site> sites_;
  std::vector<Event> heap_;
  std::vector<BareRecord> records_;
  std::vector<std::int64_t> arrivals_;
  std::int64_t arisen_ = 0, clock_ = 0;
};

}  // namespace

std::vector<BareRecord> run_bare_heap(int members, double period_s, std::int64_t samples, std::uint64_t seed,
                                      bool with_blocks) {
  return with_blocks ? Bare<BlockDraws>(members, period_s, samples, seed).run()
                     : Bare<StreamDraws>(members, period_s, samples, seed).run();
}

}  // namespace tiercut::benchmarks
