// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "scenarios/read_context.hpp"

namespace tiercut::scenarios {
namespace {

struct Entry {
  const Node* node = nullptr;
  InputSource source;
};

/// Samples that arise at a group by its own name arise at each of its members.
void find_source_group(const std::vector<Entry>& entries, ReadContext& context) {
  int group = -1;
  for (const Entry& entry : entries) {
    const DeviceRef ref = entry.source.device;
    const Device& device = context.scenario.device(ref);
    if (device.count == 1 || ref.member > 0) continue;
    if (group < 0) {
      group = ref.device;
      context.scenario.workload.source_members = device.count;
    } else if (group != ref.device) {
      context.error("two-source-groups", entry.node->where,
                    fmt::format("samples arise at the group `{}` and at the group `{}`",
                                context.scenario.devices[static_cast<std::size_t>(group)].name, device.name),
                    "let one group be the source, and name members of the other, as " + device.name + ".1");
    }
  }
}

/// The first input of a sample is its arrival.
void shift_offsets(std::vector<Entry>& entries, const Node& map, ReadContext& context) {
  const auto first = std::min_element(entries.begin(), entries.end(),
                                      [](const Entry& a, const Entry& b) { return a.source.offset < b.source.offset; });
  if (first == entries.end() || first->source.offset == Seconds{}) return;
  const Seconds shift = first->source.offset;
  context.warning("offset-shifted", map.where,
                  fmt::format("no input arises at the arrival of the sample; all offsets are taken {} earlier",
                              format_quantity(shift.value(), Dimension::time)),
                  "give the first input the offset 0");
  for (Entry& entry : entries) entry.source.offset -= shift;
}

model::LayerId input_layer(const std::string& name, const Node& node, ReadContext& context) {
  const model::LayerId layer = context.layer(name, node.key_where);
  if (layer < 0 || context.scenario.model->layer(layer).type == model::LayerType::input) return layer;
  std::vector<std::string> names;
  for (const model::LayerId id : context.scenario.model->inputs())
    names.push_back(context.scenario.model->layer(id).name);
  context.error("unknown-layer", node.key_where, "layer `" + name + "` is no Input", suggest(name, names));
  return -1;
}

void read_inputs(const Node& map, ReadContext& context) {
  std::vector<Entry> entries;
  bool is_complete = context.has_model();
  for (const auto& [name, node] : map.fields) {
    Entry entry{&node, {}};
    entry.source.input = input_layer(name, node, context);
    if (context.is_refused(node)) {
      is_complete = false;
      context.is_source_unsure = true;
      continue;
    }
    const bool is_record = node.kind == NodeKind::map;
    const auto device = context.device_ref(is_record ? at(node, "device") : node);
    if (is_record) entry.source.offset = Seconds(quantity_or(node, "offset", Dimension::time, 0));
    is_complete = is_complete && device && entry.source.input >= 0;
    if (!device) {
      context.is_source_unsure = true;
      continue;
    }
    entry.source.device = *device;
    entries.push_back(entry);
  }
  find_source_group(entries, context);
  if (is_complete) shift_offsets(entries, map, context);
  if (!context.has_model()) return;
  for (const model::LayerId input : context.scenario.model->inputs()) {
    const std::string& name = context.scenario.model->layer(input).name;
    const auto is_it = [&](const Entry& entry) { return entry.source.input == input; };
    const auto found = std::find_if(entries.begin(), entries.end(), is_it);
    if (found != entries.end()) {
      context.scenario.workload.inputs.push_back(found->source);
    } else if (map.find(name) == nullptr) {
      context.error("missing-input", map.where, "the workload does not say where input `" + name + "` arises",
                    "add `" + name + ": DEVICE`");
    }
  }
}

void read_arrivals(const Node& node, ReadContext& context) {
  Arrivals& arrivals = context.scenario.workload.arrivals;
  const std::string& process = at(node, "process").text;
  if (process == "trace") {
    arrivals.process = Arrivals::Process::trace;
    if (!context.is_source_unsure) read_arrival_trace(node, context);
    return;
  }
  arrivals.process = process == "poisson"  ? Arrivals::Process::poisson
                     : process == "bursty" ? Arrivals::Process::bursty
                                           : Arrivals::Process::periodic;
  if (arrivals.process == Arrivals::Process::bursty) {
    arrivals.burst = Seconds(as_quantity(at(node, "burst"), Dimension::time));
    arrivals.silence = Seconds(as_quantity(at(node, "silence"), Dimension::time));
  }
  const Node* period_node = node.find("period");
  const Node* rate = node.find("rate");
  if (period_node != nullptr && rate != nullptr) {
    context.error("conflicting-keys", rate->key_where, "the arrivals have both `period` and `rate`",
                  "they are each other's inverse; keep one");
  } else if (period_node != nullptr) {
    arrivals.period = Seconds(as_quantity(*period_node, Dimension::time));
  } else if (rate != nullptr) {
    arrivals.period = period(Hertz(as_quantity(*rate, Dimension::frequency)));
  } else {
    context.error("missing-key", node.where, "the arrivals do not say how often samples come",
                  "add `period: 1 s` or `rate: 1 /s`");
  }
}

}  // namespace

void read_workload(ReadContext& context) {
  const Node* node = context.find_partly(context.root, "workload", NodeKind::map);
  if (node == nullptr) return;
  Workload& workload = context.scenario.workload;
  if (const Node* inputs = context.find_partly(*node, "inputs", NodeKind::map)) {
    read_inputs(*inputs, context);
  } else {
    context.is_source_unsure = true;
  }
  if (const Node* arrivals = context.find(*node, "arrivals")) read_arrivals(*arrivals, context);
  if (const Node* answer = context.find(*node, "answer")) {
    if (const auto ref = context.one_device(*answer)) workload.answer_at = *ref;
  }
  if (const Node* size = context.find(*node, "answer_size")) {
    workload.answer_size = Bytes(as_quantity(*size, Dimension::size));
  }
  if (const Node* warm_up = context.find(*node, "warm_up")) workload.warm_up = static_cast<int>(as_integer(*warm_up));
}

}  // namespace tiercut::scenarios
