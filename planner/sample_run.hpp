// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "planner/estimate.hpp"
#include "planner/fair_sharing.hpp"
#include "planner/prepared_graph.hpp"

namespace tiercut::planner {

/// One sample in an idle system: the stage graph interpreted by the contract in deployment/README.md, once for each
/// course that the exits can take. Courses come depth first, conclusive before inconclusive; those without
/// probability are left out. Buffers are reused from one course to the next.
class SampleRun {
 public:
  explicit SampleRun(const PreparedGraph& prepared);

  /// Runs the next course; false when there is none left. `until_answer` leaves out what happens after the answer,
  /// and exits that are asked only then.
  bool next(bool until_answer);

  double probability() const { return probability_; }
  Span latency() const { return Span(answered_); }  ///< Span::longest() when no answer comes
  /// Terms and path of the course that was run last (all of them sums to its latency).
  void explain(Outcome& outcome) const;
  /// Adds what was run last to the load, weighted by its probability.
  void add_load(Load& load) const;

 private:
  enum class Status : std::uint8_t { waiting, active, fired, dead };
  enum class Phase : std::uint8_t { serialise, hop, sharing, deserialise };
  struct State {
    std::int64_t ready = 0;
    std::int64_t fired = 0;
    std::int64_t mark = 0;       // when the present wait, flow or flight began
    std::int64_t transport = 0;  // of the flight: what the window costs
    int fired_inputs = 0;
    int dead_inputs = 0;
    int hop = 0;
    Status status = Status::waiting;
    Phase phase = Phase::serialise;
    bool has_started = false;
    bool is_past_deadline = false;
    bool is_by_deadline = false;
    deployment::Terms terms{};
  };
  enum class EventKind : std::uint8_t { source, done, flow_start, flows, arrival, deadline };
  struct Event {
    std::int64_t time = 0;
    int id = 0;  // the stage; of `flows` the version of the sharing
    EventKind kind = EventKind::done;
    static bool is_later(const Event& a, const Event& b) { return a.time != b.time ? a.time > b.time : a.id > b.id; }
  };
  struct Waiting {
    std::int64_t ready = 0;
    int stage = 0;
    static bool is_behind(const Waiting& a, const Waiting& b) {
      return a.ready != b.ready ? a.ready > b.ready : a.stage > b.stage;
    }
  };
  struct Slot {
    std::vector<Waiting> queue;  // a heap, earliest first
    bool is_busy = false;
    bool is_touched = false;
  };
  struct Entered {
    std::int64_t time = 0;
    int stage = 0;
    bool has_arrived = false;
  };
  struct ChannelState {
    std::vector<Entered> entered;  // in the order of entry
    Bytes window{};
    int undelivered = 0;  // of those that the window has met
    std::int64_t last_delivery = -1;
  };
  struct Choice {
    int exit = 0;
    bool is_conclusive = true;
    bool is_open = false;  // the other way is still to come
  };

  State& state(int stage) { return states_[static_cast<std::size_t>(stage)]; }
  const State& state(int stage) const { return states_[static_cast<std::size_t>(stage)]; }
  const PreparedGraph::Stage& info(int stage) const { return prepared_.stages[static_cast<std::size_t>(stage)]; }
  const PreparedGraph::Message& message(int stage) const {
    return prepared_.messages[static_cast<std::size_t>(info(stage).message)];
  }
  static Span& term(State& s, deployment::Term t) { return s.terms[static_cast<std::size_t>(t)]; }

  bool choose_next_course();
  void reset();
  void push(std::int64_t time, int id, EventKind kind);
  void handle(const Event& event);
  void hand_out();
  void fire(int stage);
  void fire_edges(int stage);
  void input_fired(int stage);
  void kill(int stage);
  void spread_death();
  void cancel(const std::vector<deployment::StageId>& stages);
  void begin(int stage);
  void check_join(int stage);
  double chance_of(int exit);
  bool ask(int exit);
  void wait_for(int slot, int stage);
  void touch(int slot);
  void take(int slot, int stage);
  void work_done(int stage);
  void enter_connection(int stage);
  void apply_windows();
  void start_flow(int stage);
  void fly(int stage, std::int64_t latency, std::int64_t window);
  void arrive(int stage);
  void deliver(int connection);
  void deserialise(int stage);
  bool has_fired(const deployment::Edge& edge) const;
  int deciding_input(int stage) const;

  const PreparedGraph& prepared_;
  const deployment::StageGraph& graph_;
  std::vector<State> states_;
  std::vector<Event> events_;
  std::vector<Slot> slots_;
  std::vector<int> touched_;
  std::vector<ChannelState> channels_;
  std::vector<int> entering_;  // messages that reached their first hop in this round
  FairSharing sharing_;
  std::vector<int> finished_;
  int sharing_version_ = 0;
  bool is_sharing_stale_ = false;
  std::vector<int> dying_;
  std::vector<Choice> script_;
  std::size_t asked_ = 0;
  std::vector<std::int8_t> exits_;
  double probability_ = 1;
  std::uint32_t decided_ = 0, said_ = 0;  // bit k: exit k was asked, and was conclusive
  std::int64_t now_ = 0;
  std::int64_t answered_ = 0;
  bool has_run_ = false;
};

}  // namespace tiercut::planner
