// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "runtime/agent/agent.hpp"
#include "runtime/agent/deployed_program.hpp"
#include "runtime/agent/weights_store.hpp"

namespace tiercut::runtime {

/// What an agent is made of (internal): `agent.cpp` is the course of time, `agent_session.cpp` what the coordinator
/// says, `agent_exchange.cpp` what goes to and from other agents.
struct Agent::State : AgentServices {
  State(AgentOptions given, Port& network);
  ~State() override;

  // agent.cpp
  void serve(const std::function<bool()>& is_stopped);
  void take(const Port::Event& event);
  void take_frame(const Port::Event& event, const Frame& frame);
  void pass_time(Nanoseconds now);
  Nanoseconds next_moment() const;
  void run_posted();
  void log(const std::string& text) const;
  void flush_trace();
  void post(std::function<void()> action) override;
  void report(TraceEvent event) override;
  bool send_message(int endpoint, FrameType type, std::string frame, std::size_t head_end, float scale) override;
  const std::shared_ptr<MemoryBudget>& budget() override { return memory; }

  // agent_session.cpp
  void take_hello(const Port::Event& event, const Frame& frame);
  Welcome welcome() const;
  void deploy(Route route, const Frame& frame);
  void take_weights(const Frame& frame);
  void build_when_complete();
  void built(const std::shared_ptr<DeployedProgram>& program, const Result<void>& result);
  void take_input(const Frame& frame, std::string_view body);
  void retire(const Retire& retire);
  void lose_peer(const std::string& name);
  void forget(std::uint32_t epoch);
  void end_session(const std::string& why);
  void refuse(std::uint32_t epoch, const Diagnostics& why);
  void answer_ping(const Port::Event& event, const Ping& ping, std::uint64_t session);

  // agent_exchange.cpp
  void connect_peers(const DeployedProgram& program);
  void take_message(const Frame& frame, Nanoseconds received);
  void take_pong(const Port::Event& event, const Pong& pong);
  void ping_peer(Route route);
  void ping_peers();

  template <class Message>
  void tell(const Message& message) {
    if (coordinator >= 0) port.send(coordinator, frame_of(message, session));
  }

  AgentOptions options;
  Port& port;
  std::shared_ptr<MemoryBudget> memory;
  WeightsStore weights;
  const std::uint64_t instance;

  // The session
  Route coordinator = -1;
  std::uint64_t session = 0;
  Nanoseconds last_heard = 0;
  struct Pending {
    std::shared_ptr<DeployedProgram> program;
    std::set<std::string> missing;  ///< hashes to come
    bool is_building = false;
  };
  std::map<std::uint32_t, Pending> pending;  ///< by epoch
  std::map<std::uint32_t, std::shared_ptr<DeployedProgram>> programs;
  struct Due {
    Nanoseconds when = 0;
    std::uint32_t epoch = 0;
    std::int64_t sample = 0;
    std::int16_t stage = 0;
    auto operator<=>(const Due&) const = default;
  };
  std::map<Due, std::pair<InputHead, std::string>> inputs;  ///< that are to arise
  std::uint64_t input_bytes = 0;                            ///< taken from the budget for them
  std::vector<TraceEvent> trace;
  Nanoseconds trace_since = never;
  std::uint64_t refused_frames = 0, late_frames = 0;

  struct Peer {
    std::string name;
    Route route = -1;
    std::uint16_t endpoint = 0;
    Nanoseconds shortest = never;  ///< round trip
    int pongs = 0;
    bool is_lost = false;
  };
  std::map<std::string, Peer> peers;  ///< by address and key
  std::vector<std::string> peer_of_endpoint;

  std::mutex posted_mutex;
  std::vector<std::function<void()>> posted;
  std::thread builder;
  bool is_builder_busy = false;
  std::deque<std::uint32_t> to_build;
  DeployedProgram::Units units;  ///< last: their threads end before all else goes
};

}  // namespace tiercut::runtime
