// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "deployment/arrival_times.hpp"
#include "runtime/agent/clock_offset.hpp"
#include "runtime/agent/run.hpp"
#include "runtime/agent/sample_course.hpp"
#include "runtime/agent/stage_times.hpp"

namespace tiercut::runtime {

/// Runs a plan on agents (internal; run_plan is the face). `coordinator.cpp` is the course of a run and what agents
/// say, `coordinator_links.cpp` how they are found, `deployment_steps.cpp` ships programs and weights,
/// `sample_stream.cpp` follows the samples, `agent_faults.cpp` what happens when an agent is lost or comes back.
class Coordinator {
 public:
  Coordinator(const RunRequest& request, Port& port);
  Result<RunResult> run();

 private:
  /// An agent, as the coordinator knows it.
  struct Link {
    AgentAddress address;
    int endpoint = -1;
    Route route = -1;
    bool is_needed = true;  ///< by the plan to begin with
    bool is_welcome = false, is_refused = false, is_busy = false, is_lost = false, is_gone = false;
    Welcome about;
    ClockOffset clock;
    Nanoseconds last_heard = 0, hello_sent = 0;
    Pong last_pong;
    std::vector<std::string> units;
    // Weights on their way, one layer after the other.
    std::deque<std::size_t> to_send;  ///< indices into Epoch::program's weights
    std::uint64_t acknowledged = 0, sent = 0;
    Nanoseconds weights_moved = 0;
  };
  /// A plan that is, was or will be run.
  struct Epoch {
    std::uint32_t number = 1;
    RunPlan plan;
    std::string why;
    std::shared_ptr<const Program> program;
    std::set<int> waiting;             ///< endpoints that are not ready
    std::map<int, Nanoseconds> asked;  ///< endpoint -> when the program was last sent
    Nanoseconds last_progress = 0;
    std::int64_t from_sample = 0;
    std::int64_t under_way = 0;
    bool is_forgotten = false;
  };
  struct Open {
    SampleRecord record;
    Nanoseconds planned = 0;  ///< since the start
    std::uint32_t drawn = 0;
    std::unique_ptr<SampleCourse> course;
    Nanoseconds answered_at = never;
    std::optional<Nanoseconds> first_arrival;  ///< of one that was started again: when it first arose
    bool is_orphan = false;                    ///< waits for another plan
  };

  // coordinator.cpp
  Result<void> connect();
  Result<void> open_links();
  Result<void> judge_connections();
  Result<void> compare_with_agents() const;
  Result<void> synchronise();
  void share_clocks();
  void take(const Port::Event& event);
  void take_frame(Link& link, const Frame& frame);
  void say_hello(Link& link);
  void ping_all(Nanoseconds now);
  bool is_stopped() const { return request_.stop != nullptr && *request_.stop; }
  void wait_until(Nanoseconds until);
  void finish();
  RunResult report();

  // deployment_steps.cpp
  Result<void> prepare_weights();
  void begin_epoch(RunPlan plan, std::string why);
  void send_program(Epoch& epoch, Link& link);
  void send_weights(Epoch& epoch, Link& link);
  void take_missing(Link& link, const Missing& missing);
  void take_kept(Link& link, const WeightsKept& kept);
  void take_ready(Link& link, const Ready& ready);
  void push_deployment(Nanoseconds now);
  Result<void> await_deployment();
  Epoch* coming();  ///< the epoch under deployment; null when there is none
  Epoch& epoch(std::uint32_t number) { return epochs_[number - 1]; }
  void activate(Epoch& epoch);

  // sample_stream.cpp
  void stream();
  void begin_samples(Nanoseconds now);
  void begin_sample(Open& open, Nanoseconds due);
  void take_trace(Link& link, const Trace& trace);
  void judge(std::int64_t sample);
  void look_at_clocks(Nanoseconds now);
  void end_sample(std::map<std::int64_t, std::unique_ptr<Open>>::iterator at, const std::string& why);
  void flush_retired();
  TimeBase time_base(Nanoseconds when) const;

  // agent_faults.cpp
  void look_for_losses(Nanoseconds now);
  void lose(Link& link, Nanoseconds now);
  void welcome_back(Link& link);
  void reorganise(const std::string& why);
  bool is_answerable_without_lost(Epoch& epoch) const;
  void restart_orphans();
  void give_orphans_up(const std::string& why);
  std::set<std::string> lost_devices() const;

  Link* link_of(int endpoint);
  template <class Message>
  bool tell(const Link& link, const Message& message) {
    return port_.send(link.route, frame_of(message, session_));
  }

  const RunRequest& request_;
  Port& port_;
  const model::Model& model_;
  std::uint64_t session_;
  std::vector<std::unique_ptr<Link>> links_;
  std::map<Route, Link*> by_route_;
  std::map<int, Link*> by_endpoint_;
  std::deque<Epoch> epochs_;
  std::uint32_t active_ = 0;                ///< number of the epoch that new samples go to; 0 before the first
  std::vector<std::string> weight_hashes_;  ///< by layer
  Diagnostics failures_;                    ///< what agents answered while a program was deployed
  Nanoseconds last_ping_ = 0;

  deployment::ArrivalTimes arrivals_;
  deployment::ArrivalTimes::Arrival next_arrival_;
  std::int64_t next_sample_ = 0, ended_ = 0;
  Nanoseconds start_ = 0, last_look_ = 0, last_loss_look_ = 0;
  std::map<std::int64_t, std::unique_ptr<Open>> open_;
  std::map<std::uint32_t, std::vector<std::int64_t>> retired_;  ///< by epoch, not yet told
  bool is_connecting_ = true, is_finishing_ = false;
  std::vector<SampleRecord> records_;
  StageTimes stage_times_;
  std::vector<FaultReport> faults_;
  std::map<std::pair<int, int>, ConnectionReport> connections_;
  std::map<std::pair<int, int>, Nanoseconds> round_trips_;
};

}  // namespace tiercut::runtime
