// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/diagnostic.hpp"
#include "core/quantile_table.hpp"
#include "deployment/plan.hpp"
#include "deployment/stage_graph.hpp"
#include "kernels/weights_file.hpp"
#include "runtime/agent/agent_program.hpp"
#include "runtime/agent/message.hpp"
#include "runtime/agent/port.hpp"
#include "scenarios/scenario.hpp"

/// A plan run on agents: the third interpreter of the stage graph.
namespace tiercut::runtime {

/// An agent, as a list of devices names it.
struct AgentAddress {
  std::string device;      ///< of the scenario: `pi`, `cameras.3`
  std::string address;     ///< `tcp://10.0.0.3:7337`, as the coordinator reaches it
  std::string data;        ///< the same as other agents reach it; empty: `address`
  std::string public_key;  ///< Z85
};

/// What the model's inputs are fed with; sample i takes row i, from the first again behind the last.
struct RunInput {
  std::string name, origin;                ///< of the data; empty: made up
  std::vector<std::vector<float>> values;  ///< by input of the model: rows x elements
  std::int64_t rows = 0;
  std::vector<int> labels;  ///< by row; empty without
};
/// Uniform in (0, 1), a few rows.
RunInput made_up_input(const model::Model& model, std::uint64_t seed);

/// A plan with what it was lowered to.
struct RunPlan {
  deployment::Plan plan;
  deployment::StageGraph graph;
};

struct RunRequest {
  scenarios::ScenarioPointer scenario;
  RunPlan plan;
  std::vector<AgentAddress> agents;
  std::shared_ptr<const kernels::WeightsFile> weights;  ///< null: made from `weights_seed`
  std::uint64_t weights_seed = 1;
  RunInput input;
  std::int64_t samples = 1000;
  std::uint64_t seed = 1;
  std::string version;  ///< of the program
  bool are_units_emulated = false;
  bool is_clock_sharing_believed = true;  ///< agents of the coordinator's boot read its clock

  Nanoseconds connect_timeout = 5 * nanoseconds_a_second;
  Nanoseconds deploy_timeout = 30 * nanoseconds_a_second;  ///< without any progress
  Nanoseconds sample_timeout = 10 * nanoseconds_a_second;
  Nanoseconds heartbeat = nanoseconds_a_second / 10;
  Nanoseconds heartbeat_timeout = 2 * nanoseconds_a_second;
  Nanoseconds lead = nanoseconds_a_second / 4;  ///< inputs are sent so long before they arise

  std::function<void(std::int64_t done, std::int64_t total)> progress;
  std::function<void(const std::string&)> note;
  const volatile bool* stop = nullptr;
  /// A plan that does without these devices; none: samples that need them fail.
  std::function<Result<RunPlan>(const std::set<std::string>& lost)> replan;
};

enum class SampleStatus { answered, fallback, failed };
std::string_view to_text(SampleStatus status);

using TermTimes = std::array<Nanoseconds, deployment::term_count>;

/// One sample; times in nanoseconds since the first planned arrival.
struct SampleRecord {
  std::int64_t sample = 0;
  int member = 1;
  Nanoseconds arrival = 0, latency = 0, late = 0;
  int answered_by = -1;  ///< index of the exit, or exits.size() for the final answer; -1 without
  std::optional<TermTimes> terms;
  SampleStatus status = SampleStatus::failed;
  std::string why;
  std::optional<int> label, predicted;
  std::uint32_t epoch = 1;
  std::int64_t payload_bytes = 0, control_bytes = 0;
};

struct PlanInUse {
  std::uint32_t epoch = 1;
  deployment::Plan plan;
  std::string why;
  std::int64_t from_sample = 0;
};
struct AgentReport {
  std::string device, address;
  Welcome about;
  std::vector<std::string> units;  ///< `cpu: highway, eigen`
  std::uint64_t memory_used = 0, refused_frames = 0, late_frames = 0;
  Nanoseconds clock_offset = 0, clock_error = 0, round_trip = 0;
  bool is_clock_shared = false;
};
struct ConnectionReport {
  std::string from, to;
  std::optional<Nanoseconds> round_trip;  ///< shortest between the two agents
  std::int64_t messages = 0, payload_bytes = 0, control_bytes = 0;
};
/// What one stage of a plan took, over the samples that count and were answered on the plan they began on. Seconds.
struct StageReport {
  std::uint32_t epoch = 1;
  int stage = -1;  ///< index into the plan's stage graph
  std::string name;
  StageKind kind = StageKind::compute;
  std::int64_t samples = 0;
  double bytes = 0;  ///< mean payload of a message
  // Means. A stage is ready when its inputs have fired; what it takes from there until it fires is `whole`.
  double whole = 0;
  double wait = 0;     ///< for its unit; message: for the sender's
  double work = 0;     ///< compute: layers; message: from the moment of sending to that of receiving
  double check = 0;    ///< compute: from the last layer to firing, exit checks included
  double send = 0;     ///< message: serialising and handing over
  double receive = 0;  ///< message: from receiving to firing, less the next
  double wait_here = 0;
  QuantileTable whole_quantiles, work_quantiles;
  std::vector<double> blocks;  ///< mean of `whole` by tenth of the samples, in order; drift shows here
};

struct FaultReport {
  Nanoseconds when = 0;
  std::string device, what;
};

struct RunResult {
  std::vector<SampleRecord> records;  ///< by sample
  std::vector<PlanInUse> plans;
  std::vector<AgentReport> agents;
  std::vector<ConnectionReport> connections;
  std::vector<FaultReport> faults;
  std::vector<StageReport> stages;      ///< what each stage of each plan took
  std::vector<std::string> exit_rules;  ///< by exit: `threshold`, `probability`, `trace`
  bool is_interrupted = false;
  bool is_clock_shared = false;
  Nanoseconds clock_error = 0;  ///< of all agents at most
};

/// Runs the plan on agents that `port` reaches. Fails with agents-missing, agent-unreachable, peer-refused, agent-busy,
/// version-mismatch, agent-misnamed, memory-exhausted, unit-absent, deploy-timeout and what agents answer: before the
/// first sample. After it nothing fails: what goes wrong is in the records.
Result<RunResult> run_plan(const RunRequest& request, Port& port);

/// Exits of a plan that are decided by confidence: with real weights, those that have a threshold.
std::vector<std::optional<double>> thresholds_in_use(const scenarios::Scenario& scenario, const deployment::Plan& plan,
                                                     bool has_weights);

/// Devices of the scenario that need an agent for this graph, in order.
std::vector<std::string> devices_in_use(const scenarios::Scenario& scenario, const deployment::StageGraph& graph);

}  // namespace tiercut::runtime
