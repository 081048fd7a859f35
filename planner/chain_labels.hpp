// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <vector>

#include "planner/call_pricer.hpp"
#include "planner/message_costs.hpp"
#include "planner/search.hpp"

/// Labels of the chain's dynamic program and what they are charged with (internal to planner/).
namespace tiercut::planner {

/// A unit of a device (-1: a device without a profile).
struct Location {
  int device = 0;  ///< index among the devices that a plan can touch
  int unit = 0;
  bool operator==(const Location&) const = default;
};

/// Where tensors can be, and which memory a place draws on.
class Ground {
 public:
  struct Pool {
    int device = 0, pool = 0;
    double room = 0;  ///< usable less the runtime's footprint, bytes
    bool operator==(const Pool& other) const { return device == other.device && pool == other.pool; }
  };

  Ground(const scenarios::Scenario& scenario, const Candidates& candidates);

  int location_count() const { return static_cast<int>(locations_.size()); }
  const Location& location(int index) const { return locations_[static_cast<std::size_t>(index)]; }
  int index_of(Location location) const;
  std::uint64_t bit(Location location) const { return std::uint64_t{1} << index_of(location); }
  std::uint64_t bits_of_device(int device) const;
  Location location_of_place(int place) const { return by_place_[static_cast<std::size_t>(place)]; }
  Location arrival_location(int device) const { return {device, message_unit_[static_cast<std::size_t>(device)]}; }
  int source_location(int device) const { return index_of(arrival_location(device)); }
  int pool_of(int place) const { return pool_by_place_[static_cast<std::size_t>(place)]; }
  const std::vector<Pool>& pools() const { return pools_; }
  /// Whether some plan may need more memory than there is.
  bool can_memory_bind() const { return can_memory_bind_; }

  MessageCosts messages;

 private:
  std::vector<Location> locations_;
  std::vector<int> message_unit_;
  std::vector<Location> by_place_;
  std::vector<Pool> pools_;
  std::vector<int> pool_by_place_;
  bool can_memory_bind_ = false;
};

/// Weights and live activations of a call while layers are appended (deployment/memory.cpp defines them).
class Memory {
 public:
  Memory(const Ground& ground, int place) : pool_(ground.pool_of(place)) {}
  void append(const model::Layer& layer, bool keeps_input, bool is_call_of_its_own);
  int pool() const { return pool_; }
  double weights() const { return weights_; }
  double activations() const { return peak_; }

 private:
  int pool_;
  double weights_ = 0, live_ = 0, peak_ = 0;
  bool has_layers_ = false;
};

struct WindowState {
  Bytes window{};
  std::int64_t last_delivery = -1;
  bool is_grown = false;  ///< a busy connection's: as large as its largest message
};

struct Label {
  std::int64_t now = 0;  ///< since the sample's arrival, ps
  double value = 0;      ///< expected time so far, or the worst answer that counts, ps
  double late = 0;       ///< probability of answers above the limit
  int cuts = 0;
  int parent = -1;
  int place = -1, begin = 0, end = 0;  ///< the call that ended here; none when begin == end
  int closes_step = -1;
  std::vector<double> weights, activations;  ///< by pool; only where memory can bind
  std::vector<WindowState> windows;
};

class LabelStore {
 public:
  /// What a front may hold and how many comparisons of labels a run may take. A narrow front finds good plans, not the
  /// best.
  struct Limits {
    std::size_t front = std::numeric_limits<std::size_t>::max();
    std::size_t comparisons = std::numeric_limits<std::size_t>::max();
  };
  LabelStore(const scenarios::Scenario& scenario, const Ground& ground, const Goal& goal, Limits limits);

  bool is_exhausted() const { return comparisons_ > limits_.comparisons; }
  bool is_expectation() const { return is_expectation_; }

  Label empty() const;
  Label follow(int parent) const;
  const Label& at(int id) const { return labels_[static_cast<std::size_t>(id)]; }
  double value(int id) const { return at(id).value / 1e12; }  ///< seconds
  std::size_t examined() const { return examined_; }

  /// Adds the time since the parent to the expectation.
  void charge(Label& label, int parent, double reach) const;
  bool is_too_late(const Label& label, double reach) const;
  bool occupy(Label& label, const Memory& memory) const;
  bool send_data(Label& label, int from, int to, Bytes size) const;
  bool send_control(Label& label, int from, int to) const;
  void copy_to_unit(Label& label, int device, Bytes size) const;
  /// What becomes of a label whose answer is sent with this probability: none when the limit forbids it, two when a
  /// percentile may count the answer or leave it out.
  std::vector<Label> answered(int id, int device, Bytes size, double probability) const;

  int add(Label label);
  /// Adds the label to a front unless one there is as good in every respect; those that it beats leave the front.
  void keep(std::vector<int>& front, Label label);
  bool is_better(int a, int b) const;
  bool meets(int id) const;

 private:
  bool dominates(const Label& a, const Label& b) const;
  bool send(Label& label, int from, int to, Bytes size, bool is_data) const;

  const scenarios::Scenario& scenario_;
  const Ground& ground_;
  Goal goal_;
  bool is_expectation_;  // value is the mean latency
  bool has_limit_;       // answers can be late
  bool has_memory_;
  double allowed_late_;
  Limits limits_;
  std::deque<Label> labels_;
  std::size_t examined_ = 0, comparisons_ = 0;
};

}  // namespace tiercut::planner
