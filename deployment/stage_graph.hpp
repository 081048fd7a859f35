// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/diagnostic.hpp"
#include "core/quantile_table.hpp"
#include "core/units.hpp"
#include "model/tensor.hpp"
#include "scenarios/exit_replay.hpp"
#include "scenarios/faults.hpp"
#include "scenarios/platform.hpp"
#include "scenarios/scenario.hpp"

/// What a deployment does, as the three interpreters read it: estimate (planner), simulate (simulator), execute
/// (runtime). The contract of every kind is in deployment/README.md; an interpreter needs nothing but this graph.
namespace tiercut::deployment {

using StageId = int;

/// The named parts of a sample's latency, along the path that decided it.
enum class Term {
  queue,             ///< waiting for a unit
  compute,           ///< layers running, overheads included
  exit_check,        ///< confidence of an exit computed and compared
  serialise,         ///< tensor to message and back, copies between units
  link_queue,        ///< waiting for a link
  transmit,          ///< overhead + bytes / bandwidth
  transport,         ///< round trips the window costs, retransmissions, waiting for earlier messages of a connection
  propagate,         ///< latency and jitter
  aggregation_wait,  ///< a join waiting for its deadline, or an input that arises later than the sample's first
  return_,           ///< the answer's whole way to the device that wants it
};
inline constexpr int term_count = 10;
std::string_view to_text(Term term);  ///< `queue`, ..., `aggregation wait`, `return`
using Terms = std::array<Span, term_count>;

/// A unit or a link that serves one thing at a time (a fair link: shares).
struct Resource {
  enum class Kind { unit, link } kind = Kind::unit;
  std::string name;             ///< `pi` or `jetson:gpu`; `up`
  int copies = 1;               ///< a group has one a member
  scenarios::DeviceRef device;  ///< unit: where it is (member 0)
  int workers = 1;              ///< unit: of each copy, samples served at a time; a sample's stages one after the other
  // Links only:
  Span latency{};  ///< nominal propagation, mean of the jitter included
  BytesPerSecond bandwidth = BytesPerSecond::infinite();
  Span overhead{};
  scenarios::Discipline discipline = scenarios::Discipline::fifo;
  scenarios::Jitter jitter;  ///< about the fixed latency below
  Span fixed_latency{};
  scenarios::Loss loss;
  /// Of a unit or fifo link. Only the simulator knows it: the estimate is of one sample, and no queue is too short for
  /// that.
  std::optional<scenarios::QueueLimit> queue{};
};

/// Which copy of a resource a stage uses: member 0 is the sample's own member (copy 0 when there is one copy only),
/// else copy member - 1.
struct ResourceUse {
  int resource = -1;
  int member = 0;
  bool operator==(const ResourceUse&) const = default;
};

enum class Condition { always, conclusive, inconclusive };

/// A stage waits for its inputs. An edge from a decision fires on one outcome only; an edge that can no longer fire
/// is dead. A stage with a dead input never runs and its own edges are dead (joins and first-conclusive: see there).
struct Edge {
  StageId from = -1;
  Condition when = Condition::always;
};

/// An input tensor arises at its device, `offset` after the sample's arrival.
struct Source {
  model::LayerId input = 0;
  scenarios::DeviceRef device;
  Span offset{};
};

/// Layers run on a unit, first come first served, not preempted. Duration: cost (random when its variation is > 0),
/// then exit_check; both occupy the unit.
struct Compute {
  ResourceUse unit;
  std::vector<model::LayerId> layers;
  Span cost{};                          ///< nominal
  double coefficient_of_variation = 0;  ///< about the nominal cost, unless `shape` says more
  scenarios::CostVariation::Family family = scenarios::CostVariation::Family::lognormal;
  QuantilePointer shape{};  ///< cost over nominal cost
  Span exit_check{};
  profiles::Execution execution = profiles::Execution::call;
};

/// A piece of work on a unit around a message; cost 0 needs no unit and takes no time.
struct UnitWork {
  ResourceUse unit;
  Span cost{};
};

/// A message: serialise on the sender's unit, then each hop in turn (fifo: wait, transmit, propagate; store and
/// forward. A route whose hops are all fair: transmitted over all of them at once at the least of its shares, then
/// propagated), then deserialise on the receiver's unit. Within one device there are no hops. A route must not mix fair
/// and fifo links.
struct Message {
  model::LayerId tensor = -1;  ///< the tensor carried; -1 for control
  model::Encoding encoding = model::Encoding::f32;
  Bytes size{};
  scenarios::DeviceRef from;
  scenarios::DeviceRef to;
  UnitWork serialise;
  std::vector<ResourceUse> hops;
  UnitWork deserialise;
  int connection = -1;     ///< index into StageGraph::connections; -1 without hops
  bool is_return = false;  ///< all its time is the term `return`
};
struct Transfer {
  Message message;
};
/// A message that carries a decision, not data. `cancels`: on arrival these stages, all on the receiving device, are
/// removed for this sample if they have not started.
struct Control {
  Message message;
  std::vector<StageId> cancels;
};

/// The outcome of an exit becomes known; takes no time (its check is part of the compute stage before it).
/// `cancels`: as in Control, on the owner's own device, when conclusive.
struct Decision {
  int exit = 0;
  scenarios::DeviceRef owner;
  std::vector<StageId> cancels;
};

/// Aggregation: fires when every input has fired; or, with a deadline, at the later of (first input + deadline) and
/// the quorum-th input. Dead inputs are not waited for; fewer live inputs than the quorum make it dead.
/// A fallback waits for a better answer with its deadline; by that it gives the answer of an exit that was not sure.
/// The estimate, which is of a day without faults, leaves it out.
struct Join {
  int quorum = 0;  ///< number of inputs when all are needed
  std::optional<Span> deadline;
  int fallback = -1;  ///< the exit whose answer it falls back to
};

/// Fires at the first of its inputs that fires; dead when all are dead.
struct FirstConclusive {};

/// The answer is delivered; the sample's latency ends here. Work still under way goes on loading the system.
struct Answer {
  scenarios::DeviceRef device;
};

using StageWork = std::variant<Source, Compute, Transfer, Control, Decision, Join, FirstConclusive, Answer>;

struct Stage {
  std::string name;          ///< `pi: little/fc1..little/softmax`, `image -> cloud`
  std::vector<Edge> inputs;  ///< from smaller ids only
  StageWork work;
};
/// `source`, `compute`, `transfer`, `control`, `decision`, `join`, `first-conclusive`, `answer`.
std::string_view kind_of(const Stage& stage);

/// In-order delivery and the window's state belong to a connection: messages from one device to another.
struct Connection {
  scenarios::DeviceRef from, to;
  int copies = 1;                  ///< as Resource::copies
  int member = 0;                  ///< as ResourceUse::member
  scenarios::Transport transport;  ///< of the first hop
  Span round_trip{};               ///< nominal latency there and back (twice the way there when there is no way back)
};

/// Something that is out of order at times. Only the simulator plays it; the estimate is of a day without faults.
/// A device that is out takes its units and its own links with it, no input arises there, and messages to and from it
/// find nobody.
struct Fault {
  std::string name;                           ///< what is out, for people; keys the random times
  std::vector<ResourceUse> resources;         ///< units and links; member 0: every copy
  std::vector<scenarios::DeviceRef> devices;  ///< member 0: every member
  bool loses = true;                          ///< else what is there stands still, and goes on afterwards
  std::vector<scenarios::Outage> outages;     ///< ascending, apart from one another
  Seconds time_between{}, time_to_repair{};   ///< in place of outages: exponential, with these means, when above 0
  Span recovery{};                            ///< of random outages: after each repair, still out
};

/// An exit as interpreters see it.
struct ExitPoint {
  std::string name;
  double probability = 0;  ///< of being conclusive when asked; with a replay the share of all its rows
  int level = 0;
};

struct StageGraph {
  std::vector<Stage> stages;  ///< topological order: every edge goes from a smaller id to a larger
  std::vector<Resource> resources;
  std::vector<Connection> connections;
  std::vector<ExitPoint> exits;  ///< by exit of the model (also unused ones)
  /// Decides the exits in place of their probabilities, when the scenario has an exit trace.
  std::shared_ptr<const scenarios::ExitReplay> replay;
  std::vector<Fault> faults;
  StageId answer = -1;
  int members = 1;  ///< of the source group; a sample's member is 1..members
  scenarios::Arrivals arrivals;
  int warm_up = 0;
  bool is_random = false;  ///< costs, jitter or loss are random: percentiles come from simulation
  Diagnostics notes;       ///< extrapolated laws and the like

  const Stage& stage(StageId id) const { return stages[static_cast<std::size_t>(id)]; }
  const Resource& resource(int index) const { return resources[static_cast<std::size_t>(index)]; }
};

/// Transmission time of a message on a link by itself: overhead + size / bandwidth, on the picosecond grid.
Span transmission(const Resource& link, Bytes size);

/// Extra round trips of a message over a TCP-like connection (facts/transport): the window w doubles every round
/// trip; each full window but the last costs a round trip less the time it takes to transmit, never less than 0.
/// Returns the delay; `window` is in and out. Source: measured slow start on a 15 ms link, docs/transport.md.
Span window_delay(const Connection& connection, Bytes size, BytesPerSecond slowest, Bytes& window);

}  // namespace tiercut::deployment
