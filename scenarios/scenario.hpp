// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/diagnostic.hpp"
#include "core/document.hpp"
#include "core/schema.hpp"
#include "core/statistics.hpp"
#include "core/units.hpp"
#include "model/model.hpp"
#include "profiles/exit_trace.hpp"
#include "scenarios/faults.hpp"
#include "scenarios/platform.hpp"

namespace tiercut::scenarios {

/// Where and when a model input arrives.
struct InputSource {
  model::LayerId input = 0;
  DeviceRef device;
  Seconds offset{};  ///< after the sample's arrival; the smallest offset of a workload is 0
};

/// Arrivals as they were recorded.
struct ArrivalTrace {
  std::vector<Instant> when;  ///< ascending, one at least
  std::vector<int> member;    ///< by arrival, from 1; empty when samples arise at no group
  Span lap{};                 ///< after which they come again; 0: they do not
  std::string digest{};       ///< SHA-256 of the file
};

struct Arrivals {
  /// Bursty: Poisson during bursts, nothing between them; both last exponential times.
  enum class Process { periodic, poisson, bursty, trace } process = Process::periodic;
  Seconds period{1.0};         ///< mean time between two samples (of one member, when the source is a group)
  Seconds burst{}, silence{};  ///< mean lengths, of bursty arrivals
  std::shared_ptr<const ArrivalTrace> trace{};
};

std::string_view to_text(Arrivals::Process process);  ///< `periodic`, `poisson`, `bursty`, `trace`

struct Workload {
  std::vector<InputSource> inputs;  ///< one for each Input layer of the model, in their order
  Arrivals arrivals;
  DeviceRef answer_at;               ///< the device that wants the answer
  std::optional<Bytes> answer_size;  ///< default: the tensor of the layer that answers
  int warm_up = 0;                   ///< samples left out of the statistics
  int source_members = 1;            ///< members of the group at which samples arise, each with its own arrivals
};

/// What is stated of an exit: a probability, or a threshold that an exit trace is held against.
struct ExitStatement {
  /// That the exit is conclusive for a sample that asks it. Stated: independent of the others. Of a threshold: the
  /// share of the trace's samples that got past all exits before.
  double probability = 0;
  std::string source;  ///< where the figure comes from
  std::optional<double> threshold{};
  bool is_open = false;  ///< the planner chooses the threshold, or that the exit is not used
};

/// Recorded samples that exits are decided by.
struct TraceUse {
  std::shared_ptr<const profiles::ExitTrace> trace;
  std::optional<profiles::TracePart> part = profiles::TracePart::test;  ///< all when empty
  bool is_in_order = false;  ///< sample i of a run takes row i; else rows are drawn
  std::string digest{};      ///< SHA-256 of the file
};

enum class Escalation { after, eager };
std::string_view to_text(Escalation escalation);

/// What an exit that was not sure would have said is the answer after all, when no other one has come in time.
struct Fallback {
  int exit = 0;
  Seconds after{};  ///< from its arrival where the answer is wanted
};

struct Policy {
  std::vector<Escalation> escalation;  ///< by exit
  std::optional<Fallback> fallback;
  bool cancel = false;
  Bytes control_size{8};  ///< of a control message
};

/// An aggregation that does not wait for all: fires when all inputs are there, or when `deadline` after the first
/// input has passed and at least `quorum` are.
struct JoinPolicy {
  model::LayerId layer = 0;
  int quorum = 0;
  std::optional<Seconds> deadline;
};

struct LatencyRequirement {
  Statistic statistic = Statistic::max;
  Seconds at_most{};
};
/// How good answers have to be, by an exit trace.
struct QualityRequirement {
  enum class Measure {
    error,         ///< the answer is wrong
    gap,           ///< it is early and wrong, the final one would have been right
    disagreement,  ///< it is another than the final one
    class_error,   ///< wrong about one class: that class and not said, or the other way round
    f1             ///< F1 of one class
  } measure = Measure::error;
  int model_class = 0;               ///< for class_error and f1
  double limit = 0;                  ///< the largest share of samples lost; for f1 the least F1
  std::optional<double> confidence;  ///< in (0, 1) that it holds beyond the samples; nothing: as measured
};
std::string_view to_text(QualityRequirement::Measure measure);

/// `accuracy >= 97 %`, `gap <= 1 %`, `F1 of class 3 >= 80 %`.
std::string to_text(const QualityRequirement& quality);

struct Requirement {
  std::optional<LatencyRequirement> latency;
  std::optional<QualityRequirement> quality;
};

/// What is to be least (accuracy: greatest) among the plans that keep the requirement.
struct Objective {
  enum class Kind { latency, accuracy } kind = Kind::latency;
  Statistic statistic = Statistic::mean;  ///< of latency
};
std::string to_text(const Objective& objective);  ///< `mean latency`, `p99 latency`, `accuracy`

/// Layers fixed to a place by the user.
struct Pin {
  std::vector<model::LayerId> layers;
  DeviceRef device;
  std::optional<int> unit;  ///< index into the profile's units; any unit when absent
};

/// model + platform + workload + requirement.
class Scenario {
 public:
  std::string name;
  std::string description;
  std::string file;
  model::ModelPointer model;
  std::vector<Device> devices;
  std::vector<Link> links;
  Workload workload;
  Requirement requirement;
  std::optional<Objective> objective;               ///< mean latency when absent; see planner.hpp for open thresholds
  std::vector<std::optional<ExitStatement>> exits;  ///< by exit of the model
  std::optional<TraceUse> exit_trace;
  Policy policy;
  std::vector<JoinPolicy> joins;
  std::vector<Pin> pins;
  std::vector<Fault> faults;
  std::string hash;      ///< `sha256:...` over the scenario (with --set applied) and every file it refers to
  Diagnostics warnings;  ///< what a user should know but need not mend

  const Device& device(DeviceRef ref) const { return devices[static_cast<std::size_t>(ref.device)]; }
  int find_device(std::string_view device_name) const;             ///< -1 when absent
  std::string name_of(DeviceRef ref) const;                        ///< `pi`, `cameras`, `cameras.3`
  std::optional<DeviceRef> find_ref(std::string_view text) const;  ///< of `pi`, `cameras`, `cameras.3`

  /// How many links this one stands for: one a member of the groups at its ends, unless all share it.
  int copies_of(const Link& link) const;

  /// The links a message crosses, in order; empty when from == to. The route with the least sum of latencies, then the
  /// fewest hops, then the order of the file. Nothing when there is none. Cheap: routes are computed once, when the
  /// scenario is read.
  std::optional<std::vector<Hop>> route(DeviceRef from, DeviceRef to) const;

  /// Places where a layer may be put: (device, unit) of every device with a profile; every member of a group that
  /// is not the source of samples, and the sample's own member of one that is, or is as large (its member of the same
  /// number). Of a group of more than 1024 only the latter.
  struct Place {
    DeviceRef device;
    int unit = 0;
    bool operator==(const Place&) const = default;
    auto operator<=>(const Place&) const = default;
  };
  std::vector<Place> places() const;
  /// Whether any exit's threshold is left to the planner.
  bool has_open_thresholds() const;
  std::string name_of(const Place& place) const;  ///< `pi`, or `jetson:gpu` where the device has several units

  /// (Re)computes the routes after a change of devices or links; called by the reader.
  void prepare();

 private:
  struct Routes;
  std::shared_ptr<const Routes> routes_;
};

using ScenarioPointer = std::shared_ptr<const Scenario>;

/// The file format `tiercut/scenario/1`.
const Format& scenario_format();

/// Reads a scenario with its model and profiles; `overrides` are `path=value` as of --set, applied before checking.
/// Reports all errors of all files: format errors, unknown-device, unknown-link-end, unknown-layer, unknown-exit,
/// unreachable-device, missing-input, reference-not-found, ..., README.md lists them. `path` may also be the name of a
/// shipped scenario, as big-little/after.
Result<ScenarioPointer> read_scenario(const std::string& path, const std::vector<std::string>& overrides = {});

/// The same for a document in memory; references are resolved beside `document.file`.
Result<ScenarioPointer> scenario_from(const Document& document);

/// A scenario with one value changed, as --set does, for what-if questions; `base` stays as it is.
/// Its routes are found anew; its hash is empty, as no file says this.
Scenario with_link_latency(const Scenario& base, const std::vector<int>& links, Seconds latency);

}  // namespace tiercut::scenarios
