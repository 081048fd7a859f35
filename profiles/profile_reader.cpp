// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <tuple>
#include <utility>

#include "profiles/law_reader.hpp"
#include "profiles/profile.hpp"
#include "profiles/profile_extension.hpp"

namespace tiercut::profiles {
namespace {

void report(Diagnostics& diagnostics, std::string code, const Location& where, std::string message, std::string hint) {
  diagnostics.push_back({Severity::error, std::move(code), where, std::move(message), std::move(hint)});
}

/// The format leaves these keys optional, because an extending file need not repeat them; the whole must have them.
bool has(const Node& map, std::string_view key, const std::string& of_what, Diagnostics& diagnostics) {
  if (map.find(key) != nullptr) return true;
  report(diagnostics, "missing-key", map.where, of_what + " has no `" + std::string(key) + "`",
         "add `" + std::string(key) + "`, here or in the profile it extends");
  return false;
}

std::pair<int, int> sides_of(const Node* node, int otherwise) {
  if (node == nullptr) return {otherwise, otherwise};
  if (node->kind == NodeKind::scalar) {
    const int side = static_cast<int>(as_integer(*node));
    return {side, side};
  }
  return {static_cast<int>(as_integer(node->items[0])), static_cast<int>(as_integer(node->items[1]))};
}

model::Window window_from(const Node& node, Diagnostics& diagnostics) {
  for (const auto& [key, value] : node.fields)
    if (value.kind == NodeKind::list && value.items.size() != 2)
      report(diagnostics, "wrong-type", value.where,
             "`" + key + "` has " + std::to_string(value.items.size()) + " parts",
             "give one number, or [height, width]");
  model::Window window;
  std::tie(window.kernel_height, window.kernel_width) = sides_of(&at(node, "kernel"), 1);
  std::tie(window.stride_height, window.stride_width) = sides_of(node.find("stride"), 1);
  std::tie(window.pad_height, window.pad_width) = sides_of(node.find("padding"), 0);
  return window;
}

model::TensorShape shape_from(const Node& node) {
  model::TensorShape shape;
  for (const Node& extent : node.items) shape.extents.push_back(as_integer(extent));
  return shape;
}

CostTableEntry table_entry_from(const Node& node, Diagnostics& diagnostics) {
  CostTableEntry entry;
  entry.type = *model::layer_type_from(at(node, "type").text);
  entry.input = shape_from(at(node, "input"));
  entry.output = shape_from(at(node, "output"));
  if (const Node* window = node.find("window")) entry.window = window_from(*window, diagnostics);
  entry.cost = Seconds(as_quantity(at(node, "time"), Dimension::time));
  entry.coefficient_of_variation = number_or(node, "coefficient_of_variation", 0);
  entry.provenance = provenance_of(node);
  return entry;
}

std::vector<MemoryPool> pools_from(const Node& map, Diagnostics& diagnostics) {
  std::vector<MemoryPool> pools;
  for (const auto& [name, node] : map.fields) {
    MemoryPool pool;
    pool.name = name;
    pool.size = Bytes(as_quantity(at(node, "size"), Dimension::size));
    pool.usable = Bytes(as_quantity(at(node, "usable"), Dimension::size));
    pool.runtime_footprint = Bytes(quantity_or(node, "runtime_footprint", Dimension::size, 0));
    pool.provenance = provenance_of(node);
    if (pool.usable > pool.size)
      report(diagnostics, "bad-memory", at(node, "usable").where,
             "pool " + name + " has more usable memory than memory", "usable is what is left of size");
    if (pool.runtime_footprint > pool.usable)
      report(diagnostics, "bad-memory", at(node, "runtime_footprint").where,
             "the runtime of pool " + name + " alone needs more than is usable", "raise usable");
    pools.push_back(std::move(pool));
  }
  return pools;
}

/// Index of the pool that the unit names, -1 after a diagnostic.
int pool_of(const Node& unit, const std::vector<MemoryPool>& pools, Diagnostics& diagnostics) {
  const Node& name = at(unit, "memory");
  std::vector<std::string> known;
  for (std::size_t i = 0; i < pools.size(); ++i) {
    if (pools[i].name == name.text) return static_cast<int>(i);
    known.push_back(pools[i].name);
  }
  const std::string near = did_you_mean(name.text, known);
  report(diagnostics, "unknown-memory-pool", name.where, "no memory pool is called `" + name.text + "`",
         near.empty() ? "the profile has " + list_words(known) : "did you mean `" + near + "`?");
  return -1;
}

void read_costs(const Node& node, Unit& unit, Diagnostics& diagnostics) {
  if (const Node* table = node.find("table"))
    for (const Node& entry : table->items) unit.table.push_back(table_entry_from(entry, diagnostics));
  if (const Node* laws = node.find("laws"))
    for (const Node& item : laws->items) {
      CostLaw law = law_from(item, diagnostics);
      const auto is_same_name = [&](const CostLaw& other) { return other.name == law.name; };
      if (std::any_of(unit.laws.begin(), unit.laws.end(), is_same_name))
        report(diagnostics, "duplicate-name", at(item, "name").where,
               "unit " + unit.name + " has two laws called `" + law.name + "`", "rename one of them");
      unit.laws.push_back(std::move(law));
    }
  if (unit.table.empty() && unit.laws.empty())
    report(diagnostics, "missing-key", node.where, "unit " + unit.name + " has neither a law nor a table of costs",
           "add `laws` or `table`, here or in the profile it extends");
  else if (unit.execution == Execution::layer && unit.table.empty() &&
           std::all_of(unit.laws.begin(), unit.laws.end(),
                       [](const CostLaw& law) { return law.scope == Scope::stage; }))
    report(diagnostics, "stage-law-needs-calls", at(node, "execution").where,
           "unit " + unit.name + " runs layer by layer, but its laws price whole calls only",
           "use execution: call, or add a law of scope layer");
}

Unit unit_from(const std::string& name, const Node& node, const std::vector<MemoryPool>& pools,
               Diagnostics& diagnostics) {
  Unit unit;
  unit.name = name;
  if (has(node, "kind", "unit " + name, diagnostics)) unit.kind = at(node, "kind").text;
  if (has(node, "memory", "unit " + name, diagnostics)) unit.memory_pool = pool_of(node, pools, diagnostics);
  unit.cores = static_cast<int>(integer_or(node, "cores", 1));
  unit.clock = Hertz(quantity_or(node, "clock", Dimension::frequency, 0));
  unit.execution = text_or(node, "execution", "call") == "layer" ? Execution::layer : Execution::call;
  unit.overhead_per_call = Seconds(quantity_or(node, "overhead_per_call", Dimension::time, 0));
  unit.overhead_per_layer = Seconds(quantity_or(node, "overhead_per_layer", Dimension::time, 0));
  unit.exit_check = Seconds(quantity_or(node, "exit_check", Dimension::time, 0));
  unit.series_correction = number_or(node, "series_correction", 1);
  if (const Node* power = node.find("busy_power")) unit.busy_power = Watts(as_quantity(*power, Dimension::power));
  read_costs(node, unit, diagnostics);
  return unit;
}

BytesPerSecond rate_or_unlimited(const Node& node, std::string_view key) {
  return BytesPerSecond(quantity_or(node, key, Dimension::bandwidth, BytesPerSecond::infinite().value()));
}

void read_movement(const Node& root, Profile& profile) {
  if (const Node* network = root.find("network"))
    for (const auto& [name, node] : network->fields)
      profile.interfaces.push_back({name, rate_or_unlimited(node, "bandwidth"), provenance_of(node)});
  profile.serialise = rate_or_unlimited(root, "serialise");
  profile.deserialise = rate_or_unlimited(root, "deserialise");
  profile.serialise_overhead = Seconds(quantity_or(root, "serialise_overhead", Dimension::time, 0));
  profile.deserialise_overhead = Seconds(quantity_or(root, "deserialise_overhead", Dimension::time, 0));
  if (const Node* transfer = root.find("unit_transfer")) {
    profile.unit_transfer = rate_or_unlimited(*transfer, "bandwidth");
    profile.unit_transfer_overhead = Seconds(quantity_or(*transfer, "overhead", Dimension::time, 0));
  }
}

Machine machine_from(const Node& node) {
  Machine machine;
  machine.processor = at(node, "processor").text;
  machine.backend = text_or(node, "backend", "");
  machine.threads = static_cast<int>(integer_or(node, "threads", 1));
  if (const Node* curve = node.find("read_bandwidth"))
    for (const Node& point : curve->items)
      machine.read_bandwidth.push_back({Bytes(as_quantity(at(point, "working_set"), Dimension::size)),
                                        BytesPerSecond(as_quantity(at(point, "bandwidth"), Dimension::bandwidth))});
  if (const Node* knees = node.find("cache_knees"))
    for (const Node& knee : knees->items) machine.cache_knees.emplace_back(as_quantity(knee, Dimension::size));
  return machine;
}

}  // namespace

Result<ProfilePointer> read_profile(const std::string& path) {
  auto extended = read_extended(path);
  if (!extended) return tl::unexpected(std::move(extended.error()));
  const Node& root = extended->root;
  Diagnostics diagnostics;
  auto profile = std::make_shared<Profile>();
  profile->name = at(root, "name").text;
  profile->file = path;
  profile->description = text_or(root, "description", "");
  if (const Node* notes = root.find("notes"))
    for (const Node& note : notes->items) profile->notes.push_back(note.text);

  if (const Node* machine = root.find("machine")) profile->machine = machine_from(*machine);
  const std::string whole = "profile " + profile->name;
  if (has(root, "memory", whole, diagnostics)) profile->pools = pools_from(at(root, "memory"), diagnostics);
  if (has(root, "units", whole, diagnostics))
    for (const auto& [name, node] : at(root, "units").fields)
      profile->units.push_back(unit_from(name, node, profile->pools, diagnostics));
  if (has(root, "provenance", whole, diagnostics)) profile->provenance = provenance_of(root);
  read_movement(root, *profile);
  if (const Node* power = root.find("idle_power")) profile->idle_power = Watts(as_quantity(*power, Dimension::power));

  if (!diagnostics.empty()) return tl::unexpected(std::move(diagnostics));
  profile->source = std::move(extended->source);
  return ProfilePointer(std::move(profile));
}

}  // namespace tiercut::profiles
