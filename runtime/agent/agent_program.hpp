// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/diagnostic.hpp"
#include "model/model.hpp"
#include "runtime/agent/clock.hpp"

namespace tiercut::runtime {

/// Where a stage is: a group and a member of it; member 0 is the sample's own.
struct Location {
  std::int32_t group = -1, member = 0;
  bool operator==(const Location&) const = default;
  template <class Archive>
  void fields(Archive& archive) {
    archive(group, member);
  }
};

enum class StageKind : std::uint8_t {
  source,
  compute,
  transfer,
  control,
  decision,
  join,
  first_conclusive,
  answer,
  last = answer
};

struct ProgramEdge {
  enum class When : std::uint8_t { always, conclusive, inconclusive, last = inconclusive };
  std::int16_t from = -1;
  When when = When::always;
  template <class Archive>
  void fields(Archive& archive) {
    archive(from, when);
  }
};

/// A stage of deployment::StageGraph without its costs. Only the fields of its kind are meaningful.
struct ProgramStage {
  std::string name;
  StageKind kind = StageKind::source;
  std::vector<ProgramEdge> inputs;                ///< from smaller ids only
  Location at;                                    ///< where it begins
  Location to;                                    ///< transfer, control: where it fires; else `at`
  std::int32_t tensor = -1;                       ///< source, transfer: the layer; control: -1
  std::int32_t unit = -1;                         ///< compute; index into Program::units
  std::vector<std::int32_t> layers;               ///< compute
  std::int32_t serialise = -1, deserialise = -1;  ///< transfer: units that do it; -1: no unit is waited for
  std::uint8_t encoding = 0;                      ///< transfer: model::Encoding
  std::uint64_t size = 0;                         ///< control, transfer: at least so many bytes are sent
  bool is_return = false;
  bool is_networked = false;          ///< transfer, control: over links, not within a device
  std::vector<std::int16_t> cancels;  ///< control, decision
  std::int32_t exit = -1;             ///< decision
  std::int32_t quorum = 0;            ///< join
  Nanoseconds deadline = -1;          ///< join; -1: none. Source: its offset after the arrival
  template <class Archive>
  void fields(Archive& archive) {
    archive(name, kind, inputs, at, to, tensor, unit, layers, serialise, deserialise, encoding, size, is_return,
            is_networked, cancels, exit, quorum, deadline);
  }
};

/// An exit and how its outcome comes about.
struct ProgramExit {
  enum class Rule : std::uint8_t { drawn, threshold, last = threshold };
  std::string name;
  std::int32_t layer = 0;
  Rule rule = Rule::drawn;
  double threshold = 0;
  template <class Archive>
  void fields(Archive& archive) {
    archive(name, layer, rule, threshold);
  }
};

struct ProgramUnit {
  std::string name;  ///< `cpu`, `gpu`
  std::int32_t group = -1;
  template <class Archive>
  void fields(Archive& archive) {
    archive(name, group);
  }
};

/// Parameters of one layer: by hash, or without one, to be made from the program's seed.
struct ProgramWeights {
  std::int32_t layer = 0;
  std::string hash;  ///< SHA-256, hexadecimal, of the floats and the words of bits after them
  std::uint64_t floats = 0, words = 0;
  template <class Archive>
  void fields(Archive& archive) {
    archive(layer, hash, floats, words);
  }
  std::uint64_t bytes() const { return floats * 4 + words * 8; }
};

/// Devices by group; an endpoint is a device that has an agent, or none as it has no stages.
struct ProgramGroup {
  std::string name;
  std::int32_t first_endpoint = 0, count = 1;
  template <class Archive>
  void fields(Archive& archive) {
    archive(name, first_endpoint, count);
  }
};
struct ProgramEndpoint {
  std::string name, address, key;  ///< address and public key as other agents reach it; empty without an agent
  template <class Archive>
  void fields(Archive& archive) {
    archive(name, address, key);
  }
};

/// A stage graph as agents get it: what happens where, without costs and links.
struct Program {
  std::uint32_t epoch = 1;
  std::uint16_t endpoint = 0;  ///< of the agent that gets it
  std::string model;           ///< the model file's text
  std::uint64_t weights_seed = 1;
  bool are_units_emulated = false;  ///< a unit that the agent does not have runs on its processor
  std::vector<ProgramGroup> groups;
  std::vector<ProgramEndpoint> endpoints;
  std::vector<ProgramUnit> units;
  std::vector<ProgramExit> exits;
  std::vector<ProgramWeights> weights;  ///< of all layers that have any
  std::vector<ProgramStage> stages;

  template <class Archive>
  void fields(Archive& archive) {
    archive(epoch, endpoint, model, weights_seed, are_units_emulated, groups, endpoints, units, exits, weights, stages);
  }

  const ProgramStage& stage(int id) const { return stages[static_cast<std::size_t>(id)]; }
  int stage_count() const { return static_cast<int>(stages.size()); }
  /// Index into endpoints for a sample that arose at `member`.
  int endpoint_of(const Location& place, int member) const;
};

/// Endpoints that begin or fire a stage for a sample of some member: those that need an agent.
std::vector<bool> endpoints_in_use(const Program& program, int members);

/// Whether a program that came over the wire can be run by whoever believes nothing: indices, order, places that fit.
/// Fails with bad-program.
Result<void> check_program(const Program& program, const model::Model& model);

}  // namespace tiercut::runtime
