// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/diagnostic.hpp"
#include "core/quantile_table.hpp"
#include "core/schema.hpp"
#include "core/units.hpp"
#include "model/layer.hpp"
#include "profiles/cost_law.hpp"
#include "profiles/provenance.hpp"

namespace tiercut::profiles {

/// How a unit runs a plan: a contiguous run of layers as one call, or layer by layer (DESIGN.md, Compute).
enum class Execution { call, layer };
std::string_view to_text(Execution execution);

/// The known cost of one layer of exactly this type and these shapes; goes before any law.
struct CostTableEntry {
  model::LayerType type = model::LayerType::linear;
  model::TensorShape input;
  model::TensorShape output;
  std::optional<model::Window> window;  ///< when given, must match too
  Seconds cost{};
  double coefficient_of_variation = 0;
  Provenance provenance;
};

/// A whole call of exactly these layers, as it was measured in runs; goes before everything else. Files have none: a
/// calibration brings them.
struct KnownCall {
  std::vector<std::string> layers;  ///< names, in the order they run in
  Seconds cost{};                   ///< mean, overheads included
  QuantilePointer shape;            ///< cost over mean; null: constant
};

/// A processor of a device.
struct Unit {
  std::string name;  ///< `cpu`, `gpu`
  std::string kind;  ///< `cpu` or `gpu`
  int cores = 1;
  Hertz clock{};  ///< 0 when not stated
  Execution execution = Execution::call;
  Seconds overhead_per_call{};
  Seconds overhead_per_layer{};
  Seconds exit_check{};          ///< computing an exit's confidence and comparing it
  double series_correction = 1;  ///< layers run in series, against the sum of their own costs
  int memory_pool = 0;           ///< index into Profile::pools
  std::vector<CostTableEntry> table;
  std::vector<CostLaw> laws;  ///< the first that covers a layer prices it; a stage-scope law prices whole calls
  std::optional<Watts> busy_power;
  std::vector<KnownCall> calls;  ///< brought by a calibration, as is the next
  double scale = 1;              ///< measured over priced, of calls that are not known

  bool has_stage_law() const;
  const CostLaw* layer_law(model::LayerType type) const;  ///< the first of layer scope that covers the type, or null
};

/// Memory that one or several units share.
struct MemoryPool {
  std::string name;
  Bytes size{};
  Bytes usable{};             ///< for models: size less system and runtime
  Bytes runtime_footprint{};  ///< of the inference runtime, once, counted against usable
  Provenance provenance;
};

struct NetworkInterface {
  std::string name;
  BytesPerSecond bandwidth{};
  Provenance provenance;
};

/// What a profile was measured on.
struct Machine {
  struct ReadRate {
    Bytes working_set{};
    BytesPerSecond bandwidth{};  ///< one thread reading it again and again
  };
  std::string processor;
  std::string backend;
  int threads = 1;
  std::vector<ReadRate> read_bandwidth;
  std::vector<Bytes> cache_knees;
};

/// What a device is and what layers cost there.
struct Profile {
  std::string name;  ///< `raspberry-pi-2/theano-2015`
  std::string file;
  std::string source;  ///< bytes of the file and of those it extends, for hashes
  std::string description;
  std::vector<std::string> notes;
  std::optional<Machine> machine;
  std::vector<Unit> units;  ///< at least one
  std::vector<MemoryPool> pools;
  std::vector<NetworkInterface> interfaces;
  BytesPerSecond serialise = BytesPerSecond::infinite();      ///< tensor to message, on the sender's unit
  BytesPerSecond deserialise = BytesPerSecond::infinite();    ///< message to tensor, on the receiver's unit
  BytesPerSecond unit_transfer = BytesPerSecond::infinite();  ///< between units of the device
  Seconds unit_transfer_overhead{};
  Seconds serialise_overhead{};    ///< a tensor to be sent, besides its bytes
  Seconds deserialise_overhead{};  ///< a tensor received
  std::optional<Watts> idle_power;
  Provenance provenance;  ///< of what has none of its own

  int find_unit(std::string_view unit_name) const;  ///< -1 when absent
};
using ProfilePointer = std::shared_ptr<const Profile>;

/// What running some layers costs on a unit.
struct Price {
  Seconds cost{};                       ///< nominal, overheads included
  double coefficient_of_variation = 0;  ///< of the whole (independent parts add in variance)
  bool is_extrapolated = false;         ///< a law was used beyond its points
  Origin weakest = Origin::measured;    ///< estimated if any part is, else published if any part is
  QuantilePointer shape{};              ///< cost over mean, of a known call; null: lognormal
};

/// Prices a call: as known when the unit knows it; else by the unit's stage-scope law on the totals when it has one;
/// else the sum over layers (table first, then laws), with what they evict of one another (CallCost), times the series
/// correction; plus overhead_per_call. Input and Output layers cost nothing; a run of only those costs nothing at all.
/// Fails with no-cost, naming the layer type and the unit.
Result<Price> price_call(const Profile& profile, const Unit& unit, std::span<const model::Layer* const> layers);

/// Prices one layer run by itself, plus overhead_per_layer. Fails with no-cost, or stage-law-needs-calls when the
/// unit has only a stage-scope law.
Result<Price> price_layer(const Profile& profile, const Unit& unit, const model::Layer& layer);

/// The most weights of a fully connected network run as one call within `budget` on the unit by its law, not
/// regarding memory. Fails with no-cost when no law prices Linear.
Result<double> most_weights(const Profile& profile, const Unit& unit, Seconds budget);

/// The file format `tiercut/profile/1`.
const Format& profile_format();

/// Reads a profile and what it `extends`. Errors: format errors, bad-law (not monotone, negative), extends-cycle,
/// unknown-memory-pool, duplicate-name, ....
Result<ProfilePointer> read_profile(const std::string& path);

}  // namespace tiercut::profiles
