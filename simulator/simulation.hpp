// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <exception>
#include <vector>

#include "simulator/compiled_graph.hpp"
#include "simulator/connection_order.hpp"
#include "simulator/draws.hpp"
#include "simulator/driver.hpp"
#include "simulator/event_queue.hpp"
#include "simulator/measurements.hpp"
#include "simulator/ring_queue.hpp"
#include "simulator/sample_pool.hpp"
#include "simulator/simulator.hpp"

namespace tiercut::simulator {

/// Interprets a stage graph for a stream of samples. Events carry exact instants and are handled in the order of their
/// keys; where a driver moves the clock, an event waits until that has got there. Where the driver's clock and an exact
/// instant disagree by more than rounding, the run stops with a broken invariant.
class Simulation : public Driver::Listener {
 public:
  Simulation(const CompiledGraph& graph, const Options& options, const RecordSink& sink);

  /// Runs to the end or the stop flag; `driver` reports to this simulation and may be null where no route is fair.
  /// Throws std::logic_error on a broken invariant, std::overflow_error when the simulated time runs out of its range.
  void run(Driver* driver);
  void fill(SimulationResult& result) const;

 private:
  struct Waiting {
    Instant ready;
    StageId stage = -1;
    std::int64_t sample = 0;
    std::uint32_t slot = 0;
  };
  /// One copy of a unit or fifo link.
  struct Server {
    RingQueue<Waiting> queue;
    bool is_busy = false;
    bool is_done = false;     // the driver has reported the end of the work under way
    bool is_touched = false;  // in touched_
    Instant started, end;
    StageId stage = -1;
    int flows = 0;  // a fair link's, in place of all the above but `started`
  };
  struct Flow {
    StageId stage = -1;
    std::int64_t sample = 0;
    std::uint32_t slot = 0;
  };
  struct Entering {
    StageId stage = -1;
    std::int64_t sample = 0;
    std::uint32_t slot = 0;
  };

  // simulation.cpp: the course of time
  void on_work_done(int copy) override;
  void on_flow_done(int flow) override;
  void on_wake() override;
  template <class Action>
  void guarded(Action action);
  void advance();
  bool is_due(const Event& event) const;
  void await(const Event& event);
  void handle(const Event& event);
  void schedule(Span delay, EventKind kind, StageId stage, std::uint32_t slot, int where = -1);
  void schedule_arrival();
  void arrive(const Event& event);
  void release_finished();
  void wait_for(const CopyOf& place, StageId stage, std::uint32_t slot);
  void touch(int copy);
  void hand_out();
  void take(int copy, const Waiting& waiting);
  void work_done(const Event& event);

  // stage_firing.cpp: what fires, what dies
  void fire(std::uint32_t slot, StageId stage);
  void kill(std::uint32_t slot, StageId stage);
  void settle(std::uint32_t slot);
  void input_fired(std::uint32_t slot, StageId stage);
  void input_died(std::uint32_t slot, StageId stage);
  void check_join(std::uint32_t slot, StageId stage);
  void begin(std::uint32_t slot, StageId stage);
  void cancel(std::uint32_t slot, StageId stage);
  void compute_done(std::uint32_t slot, StageId stage);

  // message_steps.cpp: the way of a message
  void begin_message(std::uint32_t slot, StageId stage);
  void enter_route(std::uint32_t slot, StageId stage);
  void begin_hop(std::uint32_t slot, StageId stage);
  void start_flow(std::uint32_t slot, StageId stage);
  void flow_done(const Event& event);
  void transmitted(std::uint32_t slot, StageId stage);
  void propagate(std::uint32_t slot, StageId stage, Span latency, bool is_last);
  void propagated(std::uint32_t slot, StageId stage);
  void deliver_from(int connection);
  void after_route(std::uint32_t slot, StageId stage);
  void message_work_done(std::uint32_t slot, StageId stage);
  void meet_windows();
  Span duration_of(const Waiting& waiting);

  // latency_terms.cpp: what decided a sample's latency
  void answer(std::uint32_t slot);
  bool has_fired(std::uint32_t slot, const deployment::Edge& edge);
  const deployment::Edge* deciding_input(std::uint32_t slot, StageId stage);
  int answered_by(std::uint32_t slot, StageId stage, const deployment::Edge* deciding);

  StageState& state(std::uint32_t slot, StageId stage) { return pool_.state(slot, stage); }
  const CompiledMessage& message(StageId stage) const {
    return graph_.messages[static_cast<std::size_t>(graph_.stage(stage).detail)];
  }
  const CompiledHop& hop(const CompiledMessage& message, int index) const {
    return graph_.hops[static_cast<std::size_t>(message.first_hop + index)];
  }
  Server& server(int copy) { return servers_[static_cast<std::size_t>(copy)]; }
  int member(std::uint32_t slot) { return pool_.sample(slot).member; }
  static Span& term(StageState& s, deployment::Term t) { return s.terms[static_cast<std::size_t>(t)]; }

  const CompiledGraph& graph_;
  const Options& options_;
  const RecordSink& sink_;
  Draws draws_;
  ArrivalProcess arrivals_;
  Measurements measurements_;
  ConnectionOrder connections_;
  SamplePool pool_;
  EventQueue events_;
  std::vector<Server> servers_;  // by copy
  std::vector<int> touched_;
  std::vector<Entering> entering_;
  std::vector<Flow> flows_;
  std::vector<int> free_flows_;
  std::vector<std::uint32_t> finished_;  // slots to release
  std::vector<Instant> fired_;           // scratch of deciding_input
  Driver* driver_ = nullptr;
  bool driver_runs_work_ = false;

  ArrivalProcess::Arrival next_arrival_;
  std::int64_t next_sample_ = 0;
  std::int64_t answered_ = 0;
  Instant now_{-1};
  double clock_ = 0;
  Instant first_arrival_, last_event_;
  bool is_stopping_ = false;
  bool is_interrupted_ = false;
  std::exception_ptr error_;
};

}  // namespace tiercut::simulator
