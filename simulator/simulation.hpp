// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include "simulator/compiled_graph.hpp"
#include "simulator/connection_order.hpp"
#include "simulator/draws.hpp"
#include "simulator/driver.hpp"
#include "simulator/event_queue.hpp"
#include "simulator/fault_table.hpp"
#include "simulator/measurements.hpp"
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
  void fill(SimulationResult& result);

 private:
  /// One copy of a unit or fifo link, and the line in front of it, in the order (ready time, stage, sample).
  struct Server {
    Line line;
    Instant free_at;  // of a link that ends_unseen
    bool is_busy = false;
    bool ends_unseen = false;  // there is no event at its end yet, because nobody waits for it
    bool is_touched = false;   // in touched_
  };
  /// What a driver does for a server.
  struct DrivenWork {
    Instant end;
    StageId stage = -1;
    bool is_done = false;  // the driver has reported its end
  };
  struct FairLink {
    int flows = 0;
    Instant busy_since;
  };
  struct Flow {
    StageId stage = -1;  // -1: free
    std::int64_t sample = 0;
    std::uint32_t slot = 0;
    int held = 0;          // of its links, how many stand still
    bool is_done = false;  // the driver has reported its end
    bool is_under_way() const { return stage >= 0 && !is_done; }
  };
  struct Entering {
    StageId stage = -1;
    std::int64_t sample = 0;
    std::uint32_t slot = 0;
  };

  /// The line in front of a copy, where some have a limit or several workers.
  struct Queue {
    std::size_t most = ~std::size_t{0}, waiting = 0;
    Span deadline = Span::longest();
    int first_worker = -1, workers = 0;  // those besides the copy itself
    bool is_special = false, drops_oldest = false;
    bool meets_itself = false;  // a sample may come here more than once
  };

  /// A copy of a unit or link where there are faults.
  struct Place {
    int losing = 0, holding = 0;  // faults under way
    int fault = -1;               // the last that lost what was there
    bool is_gone = false;         // one of those never ends
    Instant lost_at{-1};
    Node node = no_node;  // what works there, until `end`
    std::int64_t sample = -1;
    Instant end = Instant::never();
    bool is_held = false;  // ... but stands still, since then, with so much left
    Instant held_since;
    Span left{};
    bool is_out() const { return losing + holding > 0; }
  };
  struct FaultState {
    scenarios::Outage outage{Instant(), Instant()};  // the present or next one
    std::int64_t outages = 0;
    bool is_out = false;
  };
  enum class At : std::uint8_t { source, sender, receiver };
  /// Stands still with a device.
  struct Parked {
    At at = At::source;
    StageId stage = -1;
    std::uint32_t slot = 0;
  };

  /// Messages as connections know them.
  struct StageMessages {
    const CompiledGraph* graph;
    SamplePool* pool;
    MessageState& message(Node node) {
      return pool->message(pool->sample_of(node), graph->stage(pool->stage_of(node)).detail);
    }
    std::pair<StageId, std::int64_t> rank(Node node) { return {pool->stage_of(node), pool->sample_of(node).id}; }
  };

  // simulation.cpp: the course of time
  void on_work_done(int copy) override;
  void on_flow_done(int flow) override;
  void on_wake() override;
  template <class Action>
  void guarded(Action action);
  void advance();
  bool is_due(const Event& event) const;
  void prefetch(const Event& event) const;
  void await(const Event& event);
  void handle(const Event& event);
  void schedule(Span delay, EventKind kind, StageId stage, const SampleState& sample, int where = -1) {
    schedule_behind(now_, delay, kind, stage, sample, where);
  }
  void schedule_behind(Instant start, Span delay, EventKind kind, StageId stage, const SampleState& sample,
                       int where = -1);
  void schedule_arrival();
  void arrive(const Event& event);
  void arise(SampleState& sample, StageId source);
  void release_finished();
  void end_unanswered(SampleState& sample);

  // waiting_lines.cpp: who stands where, and who is next
  void wait_for(const CopyOf& place, StageId stage, SampleState& sample);
  int place_of_wait(StageId stage, SampleState& sample);
  void leave_line(StageId stage, SampleState& sample);
  void touch(int copy);
  void hand_out();
  void take(int copy, Node node);
  void occupy_link(int copy, Span duration, StageId stage, SampleState& sample);
  bool is_taken(int copy, StageId stage, const SampleState& sample);
  void link_free(int copy);
  void start_work(int copy, Node node, Span duration);
  Span duration_of(StageId stage, SampleState& sample);
  void work_done(const Event& event);

  // special_lines.cpp: who waits in vain, or for one of several workers
  void begin_queues();
  void take_out(int copy, Node node);
  bool is_special(int copy) const { return !queues_.empty() && queues_[static_cast<std::size_t>(copy)].is_special; }
  int line_of(int worker) const {
    return worker < graph_.copies() ? worker
                                    : graph_.copy_of_worker[static_cast<std::size_t>(worker - graph_.copies())];
  }
  int idle_worker(int copy);
  bool is_served(int copy, std::int64_t sample);
  Node next_of(int copy);
  void hand_out_from(int copy);
  bool is_late(int copy, Node node);
  void drop_excess();
  void drop_from(int copy);
  bool is_too_long(int copy);
  void drop(int copy, Node node, Cause cause);

  // stage_firing.cpp: what fires, what dies
  void fire(SampleState& sample, StageId stage);
  void kill(SampleState& sample, StageId stage, bool is_lost = false);
  void settle(SampleState& sample);
  bool input_fired(SampleState& sample, const CompiledGraph::Successor& edge);
  void input_died(SampleState& sample, StageId stage, bool is_lost);
  void find_decider(SampleState& sample, StageId stage);
  bool check_join(SampleState& sample, StageId stage);
  bool begin(SampleState& sample, StageId stage);
  void cancel_all(SampleState& sample, const CompiledStage& compiled);
  void cancel(SampleState& sample, StageId stage);
  void compute_done(SampleState& sample, StageId stage);

  // message_steps.cpp: the way of a message
  void begin_message(SampleState& sample, StageId stage);
  void enter_route(SampleState& sample, StageId stage);
  void begin_hop(SampleState& sample, StageId stage);
  void start_flow(SampleState& sample, StageId stage);
  void flow_done(const Event& event);
  void transmitted(SampleState& sample, StageId stage, Instant end);
  void end_flow(int flow, StageId stage, const SampleState& sample);
  void propagated(SampleState& sample, StageId stage);
  void deliver_from(int connection);
  void after_route(SampleState& sample, StageId stage);
  void message_work_done(SampleState& sample, StageId stage);
  void meet_windows();

  // faults.cpp: what is out of order
  void begin_faults();
  bool can_fault_matter() const;
  void schedule_outage(int fault);
  void fault_event(const Event& event);
  void go_out(int copy, int fault);
  void come_back(int copy, int fault);
  void hold(int copy);
  void stop_work(int copy);
  void cancel_driven(int copy);
  bool is_stale(const Event& event) const;
  bool crosses(const Flow& flow, int copy);
  void lose_flows(int copy);
  void lose_there(SampleState& sample, StageId stage, int copy);
  void send_again(SampleState& sample, StageId stage, int copy, Span passed);
  bool is_lost_in_flight(SampleState& sample, StageId stage);
  bool is_stopped(At at, SampleState& sample, StageId stage);
  void lose(SampleState& sample, StageId stage, Cause cause);
  bool is_losing(int copy) const { return !places_.empty() && places_[static_cast<std::size_t>(copy)].losing > 0; }
  bool is_out(int copy) const { return !places_.empty() && places_[static_cast<std::size_t>(copy)].is_out(); }

  // missing_inputs.cpp: what an answer has not seen
  void walk_back(StageId stage, SampleState* sample, std::vector<model::LayerId>& inputs);
  std::vector<model::LayerId> inputs_behind(StageId stage, SampleState* sample);
  Missing missing_inputs(SampleState& sample, StageId stage);
  StageId stage_of_answer(int answer) const;
  bool is_fallback(const CompiledStage& stage, int input) const;

  // latency_terms.cpp: what decided a sample's latency
  void answer(SampleState& sample);
  void record_path(SampleState& sample, Record& record);
  bool has_fired(SampleState& sample, const deployment::Edge& edge);
  const deployment::Edge* deciding_input(SampleState& sample, StageId stage);
  const deployment::Edge* deciding_of_join(SampleState& sample, StageId stage);
  int answered_by(SampleState& sample, StageId stage, const deployment::Edge* deciding);

  StageState& state(SampleState& sample, StageId stage) { return pool_.stage(sample, stage); }
  MessageState& message_state(SampleState& sample, StageId stage) {
    return pool_.message(sample, graph_.stage(stage).detail);
  }
  const CompiledMessage& message(StageId stage) const {
    return graph_.messages[static_cast<std::size_t>(graph_.stage(stage).detail)];
  }
  const CompiledHop& hop(int index) const { return graph_.hops[static_cast<std::size_t>(index)]; }
  Server& server(int copy) { return servers_[static_cast<std::size_t>(copy)]; }
  void add_term(SampleState& sample, StageId stage, deployment::Term term, Span span) {
    if (with_terms_) pool_.terms(sample, graph_.stage(stage).timed)[static_cast<std::size_t>(term)] += span;
  }

  const CompiledGraph& graph_;
  const Options& options_;
  const RecordSink& sink_;
  bool with_terms_;
  Draws draws_;
  ArrivalProcess arrivals_;
  Measurements measurements_;
  SamplePool pool_;
  ConnectionOrder<StageMessages> connections_;
  EventQueue events_;
  std::vector<Server> servers_;     // by copy
  std::vector<FairLink> fair_;      // by copy, where there are fair links
  std::vector<DrivenWork> driven_;  // by copy, where the driver runs work
  std::vector<int> touched_;
  std::vector<Entering> entering_;
  std::vector<Flow> flows_;
  std::vector<int> free_flows_;
  std::vector<SampleState*> finished_;    // to release
  std::vector<Instant> fired_;            // scratch of deciding_input
  std::vector<bool> is_visited_;          // scratch of walk_back
  std::optional<FaultTable> faults_;      // where there are faults
  std::vector<FaultState> fault_states_;  // by fault
  std::vector<Place> places_;             // by copy, where there are faults
  std::vector<Parked> parked_;
  std::vector<Queue> queues_;         // by copy, where one is special
  std::vector<std::int64_t> served_;  // samples, by worker, where one is special
  std::vector<int> passed_;           // scratch of drop_excess
  std::size_t pending_outages_ = 0;   // events of faults
  Driver* driver_ = nullptr;

  ArrivalProcess::Arrival next_arrival_;
  std::int64_t next_sample_ = 0, arrived_ = 0;
  std::int64_t answered_ = 0;
  Instant now_{-1};
  double clock_ = 0;
  Instant first_arrival_, last_event_;
  bool is_stopping_ = false;
  bool is_interrupted_ = false;
  std::exception_ptr error_;
};

}  // namespace tiercut::simulator
