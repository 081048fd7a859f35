// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "scenarios/name_pattern.hpp"
#include "scenarios/read_context.hpp"

namespace tiercut::scenarios {
namespace {

Escalation escalation_from(const Node& node) { return node.text == "eager" ? Escalation::eager : Escalation::after; }

void read_policy(ReadContext& context) {
  Policy& policy = context.scenario.policy;
  if (context.has_model()) policy.escalation.assign(context.scenario.model->exits.size(), Escalation::after);
  const Node* node = context.find_partly(context.root, "policy", NodeKind::map);
  if (node == nullptr) return;
  if (const Node* cancel = context.find(*node, "cancel")) policy.cancel = as_boolean(*cancel);
  if (const Node* size = context.find(*node, "control_size")) {
    policy.control_size = Bytes(as_quantity(*size, Dimension::size));
  }
  if (const Node* fallback = context.find(*node, "fallback")) {
    const Node& name = at(*fallback, "exit");
    const int exit = context.exit(name.text, name.where);
    if (exit >= 0) policy.fallback = {exit, Seconds(as_quantity(at(*fallback, "after"), Dimension::time))};
  }
  const Node* escalation = node->find("escalation");
  if (escalation == nullptr) return;
  if (escalation->kind == NodeKind::scalar && !context.is_refused(*escalation)) {
    for (Escalation& of_exit : policy.escalation) of_exit = escalation_from(*escalation);
  }
  for (const auto& [name, word] : escalation->fields) {
    const int exit = context.exit(name, word.key_where);
    if (exit < 0 || context.is_refused(word)) continue;
    policy.escalation[static_cast<std::size_t>(exit)] = escalation_from(word);
  }
}

void read_joins(ReadContext& context) {
  const Node* map = context.find_partly(context.root, "joins", NodeKind::map);
  if (map == nullptr) return;
  for (const auto& [name, node] : map->fields) {
    const model::LayerId id = context.layer(name, node.key_where);
    if (id < 0) continue;
    const model::Layer& layer = context.scenario.model->layer(id);
    if (!model::is_join(layer.type)) {
      context.error("not-a-join", node.key_where,
                    fmt::format("layer `{}` is a {}, which has nothing to wait for", name, to_text(layer.type)),
                    "name a JoinMax, JoinAverage, JoinConcatenate or JoinAdd");
      continue;
    }
    if (context.is_refused(node)) continue;
    JoinPolicy join{id, static_cast<int>(as_integer(at(node, "quorum"))), std::nullopt};
    if (const Node* deadline = node.find("deadline")) join.deadline = Seconds(as_quantity(*deadline, Dimension::time));
    const auto inputs = static_cast<int>(layer.inputs.size());
    if (join.quorum > inputs) {
      context.error("out-of-range", at(node, "quorum").where,
                    fmt::format("the quorum is {}, but layer `{}` has {} inputs", join.quorum, name, inputs),
                    fmt::format("it must be at least 1 and at most {}", inputs));
      continue;
    }
    context.scenario.joins.push_back(join);
  }
}

class PinReader {
 public:
  explicit PinReader(ReadContext& context) : context_(context), scenario_(context.scenario) {
    if (context.has_model()) pinned_at_.resize(static_cast<std::size_t>(scenario_.model->layer_count()));
  }

  void read(const Node& node) {
    Pin pin;
    const Node& layers = at(node, "layers");
    if (layers.kind == NodeKind::list) {
      for (const Node& pattern : layers.items) take(pattern, node, pin);
    } else {
      take(layers, node, pin);
    }
    const auto device = context_.one_device(at(node, "device"));
    if (!device) return;
    pin.device = *device;
    if (const Node* unit = node.find("unit")) pin.unit = this->unit(*unit, *device);
    check_profile(at(node, "device"), *device);
    scenario_.pins.push_back(std::move(pin));
  }

 private:
  /// Input and Output layers follow the workload, so a star passes over them.
  static bool is_placed(const model::Layer& layer) {
    return layer.type != model::LayerType::input && layer.type != model::LayerType::output;
  }

  void take(const Node& pattern, const Node& pin_node, Pin& pin) {
    if (!context_.has_model()) return;
    bool is_met = false, has_placed = false;
    for (model::LayerId id = 0; id < scenario_.model->layer_count(); ++id) {
      const model::Layer& layer = scenario_.model->layer(id);
      if (!matches(layer.name, pattern.text)) continue;
      is_met = true;
      if (!is_placed(layer)) continue;
      has_placed = true;
      const Node*& first = pinned_at_[static_cast<std::size_t>(id)];
      if (first == &pin_node) continue;
      if (first != nullptr) {
        context_.error("pinned-twice", pattern.where, "layer `" + layer.name + "` is pinned already",
                       fmt::format("the first pin is {}; keep one of them", describe(*first)));
        continue;
      }
      first = &pin_node;
      pin.layers.push_back(id);
    }
    if (is_met && !has_placed) {
      context_.error("unknown-layer", pattern.where, "`" + pattern.text + "` names only Input or Output layers",
                     "they follow the workload: see workload.inputs and workload.answer");
    } else if (!is_met) {
      refuse(pattern);
    }
  }

  static std::string describe(const Node& node) {
    return node.where.line > 0 ? fmt::format("in line {}", node.where.line) : node.where.file;
  }

  void refuse(const Node& pattern) {
    if (pattern.text.find_first_of("*?") == std::string::npos) {
      context_.layer(pattern.text, pattern.where);
      return;
    }
    std::vector<std::string> names;
    for (const model::Layer& layer : scenario_.model->layers) {
      if (is_placed(layer)) names.push_back(layer.name);
    }
    context_.error("unknown-layer", pattern.where,
                   "no layer of model " + scenario_.model->name + " fits the pattern `" + pattern.text + "`",
                   suggest(pattern.text, names));
  }

  void check_profile(const Node& text, DeviceRef device) {
    if (scenario_.device(device).profile || context_.unsure_devices.contains(device.device)) return;
    context_.error("no-profile", text.where, "device `" + text.text + "` has no profile, so it runs no layers",
                   "give it one under devices, or pin the layers elsewhere");
  }

  std::optional<int> unit(const Node& text, DeviceRef device) {
    const profiles::ProfilePointer& profile = scenario_.device(device).profile;
    if (!profile) return std::nullopt;
    const int found = profile->find_unit(text.text);
    if (found >= 0) return found;
    std::vector<std::string> names;
    for (const profiles::Unit& unit : profile->units) names.push_back(unit.name);
    context_.error("unknown-unit", text.where, "profile " + profile->name + " has no unit `" + text.text + "`",
                   suggest(text.text, names));
    return std::nullopt;
  }

  ReadContext& context_;
  Scenario& scenario_;
  std::vector<const Node*> pinned_at_;  // by layer
};

void read_pins(ReadContext& context) {
  const Node* list = context.find_partly(context.root, "pins", NodeKind::list);
  if (list == nullptr) return;
  PinReader reader(context);
  for (const Node& node : list->items) {
    if (!context.is_refused(node)) reader.read(node);
  }
}

}  // namespace

void read_decisions(ReadContext& context) {
  read_policy(context);
  read_joins(context);
  read_pins(context);
}

}  // namespace tiercut::scenarios
