// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <map>
#include <set>

#include "scenarios/limits.hpp"
#include "scenarios/read_context.hpp"

namespace tiercut::scenarios {
namespace {

/// Devices of one kind share a profile, which is then read, and complained of, once.
class ProfileLibrary {
 public:
  explicit ProfileLibrary(ReadContext& context) : context_(context) {}

  profiles::ProfilePointer get(const Node& reference) {
    auto path = context_.files.resolve(reference.text, context_.folder, "profiles/devices", reference.where);
    if (!path) {
      context_.append(std::move(path.error()));
      return nullptr;
    }
    const auto [entry, is_new] = read_.emplace(*path, nullptr);
    if (!is_new) return entry->second;
    auto profile = context_.files.profile(*path);
    if (profile) {
      entry->second = std::move(*profile);
    } else {
      context_.append(std::move(profile.error()));
    }
    return entry->second;
  }

 private:
  ReadContext& context_;
  std::map<std::string, profiles::ProfilePointer> read_;
};

CostVariation variation_from(const Node& node) {
  using Family = CostVariation::Family;
  const std::string& distribution = at(node, "distribution").text;
  if (distribution == "constant") return {};
  if (distribution == "exponential") return {Family::gamma, 1};
  return {distribution == "gamma" ? Family::gamma : Family::lognormal, as_number(at(node, "coefficient_of_variation"))};
}

Device device_from(const std::string& name, const Node& node, ReadContext& context, ProfileLibrary& library) {
  Device device;
  device.name = name;
  const bool is_record = node.kind == NodeKind::map;
  if (const Node* profile = is_record ? node.find("profile") : &node) {
    device.profile = library.get(*profile);
    if (!device.profile) context.unsure_devices.insert(static_cast<int>(context.scenario.devices.size()));
  }
  if (!is_record) return device;
  device.count = static_cast<int>(integer_or(node, "count", 1));
  if (const Node* execution = node.find("execution")) {
    device.execution = execution->text == "layer" ? profiles::Execution::layer : profiles::Execution::call;
  }
  if (const Node* memory = node.find("usable_memory")) {
    device.usable_memory = Bytes(as_quantity(*memory, Dimension::size));
  }
  if (const Node* variation = node.find("variation")) device.variation = variation_from(*variation);
  device.queue = read_queue(node, context);
  device.workers = static_cast<int>(integer_or(node, "workers", 1));
  return device;
}

}  // namespace

void read_devices(ReadContext& context) {
  const Node* map = context.find_partly(context.root, "devices", NodeKind::map);
  if (map == nullptr) return;
  if (map->fields.size() > most_devices) {
    context.error(
        "out-of-range", map->where, fmt::format("here are {} devices", map->fields.size()),
        fmt::format("at most {} are possible; devices that are alike form a group with `count`", most_devices));
    return;
  }
  ProfileLibrary library(context);
  long nodes = 0;
  for (const auto& [name, node] : map->fields) {
    if (name.find_first_of(".[]") != std::string::npos) {
      context.error("invalid-name", node.key_where, "a device cannot be called `" + name + "`",
                    "dots and brackets name members of a group; use letters, digits and _ - /");
    }
    Device device;
    if (context.is_refused(node)) {
      device.name = name;
      context.unsure_devices.insert(static_cast<int>(context.scenario.devices.size()));
    } else {
      device = device_from(name, node, context, library);
    }
    nodes += device.count > most_named_members ? 1 : device.count;
    context.scenario.devices.push_back(std::move(device));
  }
  if (nodes > most_nodes) {
    context.error("out-of-range", map->where, fmt::format("devices and members of groups are {} together", nodes),
                  fmt::format("at most {} are possible; members of a group of more than {} count as one", most_nodes,
                              most_named_members));
  }
}

}  // namespace tiercut::scenarios
