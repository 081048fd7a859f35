// SPDX-License-Identifier: Apache-2.0
#include "runtime/validation/calibration_fit.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "deployment/lowering.hpp"
#include "runtime/validation/distances.hpp"
#include "runtime/validation/pooled.hpp"

namespace tiercut::validation {
namespace {

using deployment::Compute;
using deployment::Message;
using deployment::Stage;

constexpr int rounds = 3;
constexpr double sizes_that_tell = 4;    // largest over smallest message that a time a byte is fitted from
constexpr double most_explained = 0.25;  // of the scatter of a stage, by queues that the replay shows
constexpr double least_of_call = 0.05;   // a call keeps so much of what its layers took
using CallKey = std::tuple<std::string, std::string, std::vector<std::string>>;  // device, unit, layers

const Message* message_of(const Stage& stage) {
  if (const auto* transfer = std::get_if<deployment::Transfer>(&stage.work)) return &transfer->message;
  if (const auto* control = std::get_if<deployment::Control>(&stage.work)) return &control->message;
  return nullptr;
}

double weight_of(const RecordedStage& stage) { return static_cast<double>(stage.samples); }

double deviation_of(const std::vector<double>& values) {
  RunningMean mean;
  for (const double value : values) mean.add(value);
  return std::sqrt(mean.variance());
}

/// A stage's scatter about its mean, less what the replay shows of it.
std::optional<QuantileTable> scatter(const RecordedStage& stage, const StageMoments& replayed) {
  if (!stage.whole_quantiles || !stage.work_quantiles) return std::nullopt;
  const double explained = replayed.deviation * replayed.deviation;
  const double all = std::pow(stage.whole_quantiles->deviation(), 2);
  const bool is_queueing = explained > most_explained * all;
  const QuantileTable& table = is_queueing ? *stage.work_quantiles : *stage.whole_quantiles;
  const double left = is_queueing || all <= 0 ? 1 : std::sqrt(std::max(0.0, 1 - explained / all));
  return table.moved(left, -left * table.mean());
}

class Fit {
 public:
  explicit Fit(const std::vector<FitRun>& runs) : runs_(runs) {}

  Result<Calibration> run(const Replayer& replay) {
    for (const FitRun& run : runs_) {
      if (auto lowered = lower(run); !lowered) return tl::unexpected(std::move(lowered.error()));
    }
    take_calls();
    take_serialising();
    for (int round = 0; round < rounds; ++round) {
      if (auto done = replay_all(replay); !done) return tl::unexpected(std::move(done.error()));
      explain_calls();
      explain_messages();
    }
    if (auto done = replay_all(replay); !done) return tl::unexpected(std::move(done.error()));
    find_scatter();
    find_drift();
    return std::move(calibration_);
  }

 private:
  struct Call {
    double work = 0;
    Pooled excess, blocks;  // measured less replayed; scatter of the tenths of a run
    Pooled spreads;         // logarithms of the scatter
    PooledShape shape;
    std::int64_t samples = 0;
    double log_ratio = 0;  // measured over priced
    bool is_priced = false;
  };
  struct LinkState {
    double added = 0, byte = 0, least = 0;
    double smallest = 0, largest = 0;  // messages seen on it
    PooledShape shape;
    std::map<std::pair<std::string, std::string>, Pooled> excess, spreads;  // by scenario's and stage's name
    Pooled blocks;
  };
  struct Lowered {
    deployment::StageGraph graph;
    std::vector<StageMoments> replayed;
  };

  Result<void> lower(const FitRun& run) {
    auto graph = deployment::lower(*run.scenario, run.plan);
    if (!graph) return tl::unexpected(std::move(graph.error()));
    if (run.run->stages.empty()) {
      return fail("not-calibratable", "the run '" + run.run->path + "' does not say what its stages took",
                  "only runs that `tiercut run` made since it records them, with answered samples after warm-up");
    }
    for (const RecordedStage& stage : run.run->stages) {
      const bool is_there = stage.stage >= 0 && stage.stage < static_cast<int>(graph->stages.size()) &&
                            graph->stage(stage.stage).name == stage.name;
      if (is_there) continue;
      return fail("bad-run",
                  "the run '" + run.run->path + "' has a stage '" + stage.name + "' that its plan does not lead to",
                  "the scenario, its model or the program has changed since; make the run again");
    }
    lowered_.push_back({std::move(*graph), {}});
    return {};
  }

  /// Calls `take(run, stage of the run, stage of the graph, its replay)` for every stage of every run.
  template <class Take>
  void each_stage(Take take) const {
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      for (const RecordedStage& stage : runs_[i].run->stages) {
        const auto id = static_cast<std::size_t>(stage.stage);
        const StageMoments replayed = id < lowered_[i].replayed.size() ? lowered_[i].replayed[id] : StageMoments{};
        take(i, stage, lowered_[i].graph.stages[id], replayed);
      }
    }
  }

  CallKey key_of(const FitRun& run, const Compute& compute) const {
    const auto place = run.plan.placement[static_cast<std::size_t>(compute.layers.front())];
    const scenarios::Device& device = run.scenario->device(place.device);
    std::vector<std::string> layers;
    for (const model::LayerId layer : compute.layers) layers.push_back(run.scenario->model->layer(layer).name);
    return {device.name, device.profile->units[static_cast<std::size_t>(place.unit)].name, std::move(layers)};
  }

  /// How many exits a compute stage is asked for.
  static int exits_after(const deployment::StageGraph& graph, int id) {
    int exits = 0;
    for (const Stage& stage : graph.stages) {
      if (!std::holds_alternative<deployment::Decision>(stage.work)) continue;
      if (!stage.inputs.empty() && stage.inputs.front().from == id) ++exits;
    }
    return exits;
  }

  void take_calls() {
    std::map<CallKey, Pooled> work;
    std::map<std::pair<std::string, std::string>, Pooled> checks;
    each_stage([&](std::size_t i, const RecordedStage& stage, const Stage& lowered, const StageMoments&) {
      const auto* compute = std::get_if<Compute>(&lowered.work);
      if (compute == nullptr) return;
      const CallKey key = key_of(runs_[i], *compute);
      const int exits = exits_after(lowered_[i].graph, stage.stage);
      work[key].add(weight_of(stage), stage.work + (exits == 0 ? stage.check : 0));
      if (exits > 0) checks[{std::get<0>(key), std::get<1>(key)}].add(weight_of(stage), stage.check / exits);
      Call& call = calls_[key];
      call.samples += stage.samples;
      if (!call.is_priced && compute->cost > Span()) {
        call.is_priced = true;
        call.log_ratio = std::log(std::max(1e-12, work[key].mean()) / compute->cost.seconds().value());
      }
    });
    for (auto& [key, call] : calls_) call.work = work[key].mean();
    for (const auto& [key, pooled] : checks) exit_checks_[key] = pooled.mean();
  }

  void take_serialising() {
    struct Ends {
      std::vector<std::vector<double>> rows;
      std::vector<double> times, weights;
      double smallest = 1e300, largest = 0;
      void add(double bytes, double time, double weight) {
        rows.push_back({1, bytes});
        times.push_back(time);
        weights.push_back(weight);
        smallest = std::min(smallest, bytes);
        largest = std::max(largest, bytes);
      }
      void solve(double profile_byte, double& once, std::optional<double>& byte) {
        const bool tells = largest >= sizes_that_tell * std::max(1.0, smallest);
        if (!tells) {
          for (std::size_t i = 0; i < rows.size(); ++i) {
            times[i] -= profile_byte * rows[i][1];
            rows[i][1] = 0;
          }
        } else {
          for (auto& row : rows) row[1] /= largest;  // of one size with the constant
        }
        const std::vector<double> least{0, 0};
        const auto x = bounded_least_squares(rows, times, weights, least);
        once = x[0];
        if (tells) byte = x[1] / largest;
      }
    };
    std::map<std::string, Ends> senders, receivers;
    std::map<std::string, const profiles::Profile*> profiles;
    each_stage([&](std::size_t i, const RecordedStage& stage, const Stage& lowered, const StageMoments&) {
      const auto* transfer = std::get_if<deployment::Transfer>(&lowered.work);
      if (transfer == nullptr || transfer->message.hops.empty()) return;
      const Message& message = transfer->message;
      const auto note = [&](scenarios::DeviceRef ref, std::map<std::string, Ends>& to, double time) {
        const scenarios::Device& device = runs_[i].scenario->device(ref);
        if (!device.profile) return;
        to[device.name].add(message.size.value(), time, weight_of(stage));
        profiles[device.name] = device.profile.get();
      };
      note(message.from, senders, stage.send);
      note(message.to, receivers, stage.receive);
    });
    for (const auto& [name, profile] : profiles) {
      CalibratedDevice& device = device_named(name);
      if (senders.contains(name))
        senders[name].solve(1 / profile->serialise.value(), device.serialise, device.serialise_byte);
      if (receivers.contains(name))
        receivers[name].solve(1 / profile->deserialise.value(), device.deserialise, device.deserialise_byte);
    }
  }

  CalibratedDevice& device_named(const std::string& name) {
    for (CalibratedDevice& device : calibration_.devices) {
      if (device.name == name) return device;
    }
    calibration_.devices.push_back({});
    calibration_.devices.back().name = name;
    return calibration_.devices.back();
  }

  static CalibratedUnit& unit_named(CalibratedDevice& device, const std::string& name) {
    for (CalibratedUnit& unit : device.units) {
      if (unit.name == name) return unit;
    }
    device.units.push_back({});
    device.units.back().name = name;
    return device.units.back();
  }

  /// What is known so far as a calibration, without scatter.
  void write_down() {
    for (CalibratedDevice& device : calibration_.devices) device.units.clear();
    std::map<std::pair<std::string, std::string>, Pooled> ratios;
    for (const auto& [key, call] : calls_) {
      const auto& [device, unit, layers] = key;
      CalibratedUnit& to = unit_named(device_named(device), unit);
      const double time = std::max(least_of_call * call.work, call.work + overheads_[key]);
      to.calls.push_back({.layers = layers, .time = time, .shape = nullptr, .samples = call.samples});
      if (call.is_priced) {
        ratios[{device, unit}].add(1, call.log_ratio + std::log(std::max(1e-12, time) / std::max(1e-12, call.work)));
        to.scale = std::exp(ratios[{device, unit}].mean());
      }
      if (const auto check = exit_checks_.find({device, unit}); check != exit_checks_.end()) {
        to.exit_check = check->second;
      }
    }
    calibration_.links.clear();
    for (const auto& [name, link] : links_) {
      calibration_.links.push_back({.name = name, .added = link.added, .byte = link.byte, .shape = nullptr});
    }
  }

  Result<void> replay_all(const Replayer& replay) {
    write_down();
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      auto moments = replay(runs_[i], calibrated(*runs_[i].scenario, calibration_));
      if (!moments) return tl::unexpected(std::move(moments.error()));
      lowered_[i].replayed = std::move(*moments);
    }
    return {};
  }

  void explain_calls() {
    std::map<CallKey, Pooled> excess;
    each_stage([&](std::size_t i, const RecordedStage& stage, const Stage& lowered, const StageMoments& replayed) {
      const auto* compute = std::get_if<Compute>(&lowered.work);
      if (compute == nullptr || replayed.samples == 0) return;
      excess[key_of(runs_[i], *compute)].add(weight_of(stage), stage.whole - replayed.mean);
    });
    for (const auto& [key, pooled] : excess) overheads_[key] += pooled.mean();
  }

  void explain_messages() {
    std::vector<std::string> names;
    std::map<std::string, std::size_t> index;
    std::vector<std::vector<std::pair<std::size_t, double>>> crossed;  // of each message: links and bytes
    std::vector<double> target, weights;
    each_stage([&](std::size_t i, const RecordedStage& stage, const Stage& lowered, const StageMoments& replayed) {
      const Message* message = message_of(lowered);
      if (message == nullptr || message->hops.empty() || replayed.samples == 0) return;
      crossed.emplace_back();
      for (const auto& hop : message->hops) {
        const deployment::Resource& resource = lowered_[i].graph.resource(hop.resource);
        const auto [at, is_new] = index.emplace(resource.name, names.size());
        if (is_new) names.push_back(resource.name);
        LinkState& link = links_[resource.name];
        const double bytes = message->size.value(), stated = resource.fixed_latency.seconds().value();
        if (is_new && link.largest == 0) link.smallest = bytes;
        link.least = is_new ? -stated : std::max(link.least, -stated);
        link.smallest = std::min(link.smallest, bytes);
        link.largest = std::max(link.largest, bytes);
        crossed.back().emplace_back(at->second, bytes);
      }
      target.push_back(stage.whole - replayed.mean);
      weights.push_back(weight_of(stage));
    });
    const std::size_t count = names.size();
    std::vector<double> least(2 * count), scale(count, 0);
    for (std::size_t k = 0; k < count; ++k) {
      const LinkState& link = links_[names[k]];
      if (link.largest >= sizes_that_tell * std::max(1.0, link.smallest)) scale[k] = link.largest;
      least[k] = link.least - link.added;
      least[count + k] = -link.byte * scale[k];
    }
    std::vector<std::vector<double>> rows;
    for (const auto& links : crossed) {
      std::vector<double> row(2 * count, 0);
      for (const auto& [link, bytes] : links) {
        row[link] += 1;
        if (scale[link] > 0) row[count + link] += bytes / scale[link];
      }
      rows.push_back(std::move(row));
    }
    const auto x = bounded_least_squares(rows, target, weights, least);
    for (std::size_t k = 0; k < count; ++k) {
      LinkState& link = links_[names[k]];
      link.added += x[k];
      if (scale[k] > 0) link.byte += x[count + k] / scale[k];
    }
  }

  /// The link that most of a message's scatter is put down to: the longest of its way.
  static const deployment::Resource& longest(const deployment::StageGraph& graph, const Message& message) {
    const deployment::Resource* found = &graph.resource(message.hops.front().resource);
    for (const auto& hop : message.hops) {
      if (graph.resource(hop.resource).latency > found->latency) found = &graph.resource(hop.resource);
    }
    return *found;
  }

  void find_scatter() {
    each_stage([&](std::size_t i, const RecordedStage& stage, const Stage& lowered, const StageMoments& replayed) {
      const auto table = scatter(stage, replayed);
      const double excess = stage.whole - replayed.mean;
      if (const auto* compute = std::get_if<Compute>(&lowered.work)) {
        Call& call = calls_[key_of(runs_[i], *compute)];
        if (table) call.shape.add(weight_of(stage), *table);
        note_spread(table, stage, call.spreads);
        call.excess.add(weight_of(stage), excess);
        if (!stage.blocks.empty()) call.blocks.add(weight_of(stage), deviation_of(stage.blocks));
      } else if (const Message* message = message_of(lowered); message != nullptr && !message->hops.empty()) {
        LinkState& link = links_[longest(lowered_[i].graph, *message).name];
        if (table) link.shape.add(weight_of(stage), *table);
        note_spread(table, stage, link.spreads[{runs_[i].scenario->name, stage.name}]);
        link.excess[{runs_[i].scenario->name, stage.name}].add(weight_of(stage), excess);
        if (!stage.blocks.empty()) link.blocks.add(weight_of(stage), deviation_of(stage.blocks));
      }
    });
  }

  static void note_spread(const std::optional<QuantileTable>& table, const RecordedStage& stage, Pooled& spreads) {
    if (table && table->deviation() > 0) spreads.add(weight_of(stage), std::log(table->deviation()));
  }

  static Within within(const std::map<std::pair<std::string, std::string>, Pooled>& stages) {
    Within all;
    for (const auto& [name, pooled] : stages) all.add(pooled);
    return all;
  }

  void find_drift() {
    write_down();
    Within calls, call_spreads, links, link_spreads;
    for (const CalibratedDevice& device : calibration_.devices) {
      for (const CalibratedUnit& unit : device.units) {
        for (const CalibratedCall& call : unit.calls) {
          const Call& measured = calls_[{device.name, unit.name, call.layers}];
          if (call.time > 0) calls.add(measured.excess, call.time);
          call_spreads.add(measured.spreads);
        }
      }
    }
    for (const auto& [name, link] : links_) {
      links.add(within(link.excess));
      link_spreads.add(within(link.spreads));
    }
    for (CalibratedDevice& device : calibration_.devices) {
      for (CalibratedUnit& unit : device.units) {
        for (CalibratedCall& call : unit.calls)
          finish(calls_[{device.name, unit.name, call.layers}], calls, call_spreads, call);
      }
    }
    for (CalibratedLink& link : calibration_.links) {
      const LinkState& state = links_[link.name];
      link.drift = within(state.excess).of_next(links).value_or(state.blocks.mean());
      link.spread_drift = within(state.spreads).of_next(link_spreads).value_or(0);
      const QuantilePointer table = state.shape.table();
      link.deviation = table ? table->deviation() : 0;
      if (link.deviation > 0) {
        link.shape = std::make_shared<QuantileTable>(table->moved(1 / link.deviation, -table->mean() / link.deviation));
      }
    }
  }

  static void finish(const Call& measured, const Within& calls, const Within& spreads, CalibratedCall& call) {
    if (call.time <= 0) return;
    Within own, own_spread;
    own.add(measured.excess, call.time);
    own_spread.add(measured.spreads);
    call.drift = own.of_next(calls).value_or(measured.blocks.mean() / call.time);
    const QuantilePointer table = measured.shape.table();
    if (!table || table->deviation() <= 0) return;
    call.spread_drift = own_spread.of_next(spreads).value_or(0);
    std::array<double, QuantileTable::size> ratios{};
    for (std::size_t i = 0; i < ratios.size(); ++i) ratios[i] = std::max(0.0, 1 + table->values()[i] / call.time);
    const QuantilePointer cut = QuantileTable::from(ratios);
    call.shape = std::make_shared<QuantileTable>(cut->moved(1 / cut->mean(), 0));
  }

  const std::vector<FitRun>& runs_;
  std::vector<Lowered> lowered_;
  std::map<CallKey, Call> calls_;
  std::map<CallKey, double> overheads_;
  std::map<std::pair<std::string, std::string>, double> exit_checks_;
  std::map<std::string, LinkState> links_;
  Calibration calibration_;
};

}  // namespace

Result<Calibration> fit(const std::vector<FitRun>& runs, const Replayer& replay) {
  auto calibration = Fit(runs).run(replay);
  if (!calibration) return calibration;
  for (const FitRun& run : runs) {
    calibration->runs.push_back(run.run->path + ": " + run.scenario->name + ", " +
                                std::to_string(run.run->samples.size()) + " samples, started " + run.run->started);
  }
  return calibration;
}

}  // namespace tiercut::validation
