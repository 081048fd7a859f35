// SPDX-License-Identifier: Apache-2.0
#include "deployment/plan_reader.hpp"

#include <algorithm>

#include "deployment/claims_file.hpp"
#include "deployment/places.hpp"

namespace tiercut::deployment {
namespace {

class PlanReader {
 public:
  PlanReader(const Document& document, const scenarios::Scenario& scenario)
      : root_(document.root), scenario_(scenario), net_(*scenario.model) {
    result_.file = document.file;
  }

  Result<PlanDocument> read(Diagnostics& warnings) {
    read_claims();
    // Only the places of Input and Output last; the file must give all others.
    result_.plan = undivided(scenario_, Place{});
    read_placement();
    read_exits();
    read_encodings();
    result_.plan.cancel = as_boolean(at(root_, "cancel"));
    if (!errors_.empty()) return tl::unexpected(std::move(errors_));
    compare_hash(warnings);
    return std::move(result_);
  }

 private:
  void read_claims() {
    const Node& scenario = at(root_, "scenario");
    result_.scenario_file = at(scenario, "path").text;
    result_.scenario_hash = at(scenario, "hash").text;
    result_.made_by = at(root_, "made_by").text;
    for (const PlanStatus status : {PlanStatus::optimal, PlanStatus::feasible, PlanStatus::infeasible}) {
      if (at(root_, "status").text == to_text(status)) result_.status = status;
    }
    result_.method = at(root_, "method").text;
    result_.objective_s = as_quantity(at(root_, "objective"), Dimension::time);
    result_.lower_bound_s = as_quantity(at(root_, "lower_bound"), Dimension::time);
    result_.gap = as_quantity(at(root_, "gap"), Dimension::ratio);
    if (const Node* latency = root_.find("latency")) result_.latency_s = latency_from(*latency);
    if (const Node* thresholds = root_.find("thresholds")) result_.thresholds = claims_from(*thresholds);
  }

  void read_placement() {
    const Node& placement = at(root_, "placement");
    std::vector<bool> is_placed(net_.layers.size(), false);
    for (const auto& [name, value] : placement.fields) {
      const model::LayerId layer = find_layer(name, value.key_where);
      if (layer < 0) continue;
      is_placed[static_cast<std::size_t>(layer)] = true;
      if (!computes(net_.layer(layer))) {
        error("not-placeable", value.key_where, "layer `" + name + "` is an Input or Output",
              "leave it out; it is where the workload says");
      } else if (const std::optional<Place> place = read_place(value)) {
        result_.plan.placement[static_cast<std::size_t>(layer)] = *place;
      }
    }
    for (std::size_t i = 0; i < net_.layers.size(); ++i) {
      if (is_placed[i] || !computes(net_.layers[i])) continue;
      error("missing-layer", placement.where, "the plan does not place layer `" + net_.layers[i].name + "`",
            "every layer needs a place");
    }
  }

  std::optional<Place> read_place(const Node& value) {
    const std::size_t colon = value.text.find(':');
    const std::string device_name = value.text.substr(0, colon);
    const std::optional<scenarios::DeviceRef> device = scenario_.find_ref(device_name);
    if (!device) {
      std::vector<std::string> known;
      for (const scenarios::Device& each : scenario_.devices) known.push_back(each.name);
      error("unknown-device", value.where, "the scenario has no device `" + device_name + "`",
            hint(device_name, known));
      return std::nullopt;
    }
    const profiles::ProfilePointer& profile = scenario_.device(*device).profile;
    if (!profile) {
      error("unplaceable-layer", value.where, "device `" + device_name + "` has no profile, so it runs no layers",
            "place the layer on a device with a profile");
      return std::nullopt;
    }
    if (colon == std::string::npos && profile->units.size() == 1) return Place{*device, 0};
    std::vector<std::string> units;
    for (const profiles::Unit& unit : profile->units) units.push_back(unit.name);
    if (colon == std::string::npos) {
      error("ambiguous-unit", value.where, "device `" + device_name + "` has several units: " + list_words(units),
            "name one, as " + device_name + ":" + units.front());
      return std::nullopt;
    }
    const std::string unit_name = value.text.substr(colon + 1);
    const int unit = profile->find_unit(unit_name);
    if (unit >= 0) return Place{*device, unit};
    error("unknown-unit", value.where, "device `" + device_name + "` has no unit `" + unit_name + "`",
          hint(unit_name, units));
    return std::nullopt;
  }

  void read_exits() {
    static const Node none;
    const Node* given = root_.find("exits");
    const Node& exits = given != nullptr ? *given : none;
    std::vector<bool> is_given(net_.exits.size(), false);
    for (const auto& [name, value] : exits.fields) {
      const std::string& wanted = name;
      const auto exit = std::find_if(net_.exits.begin(), net_.exits.end(),
                                     [&wanted](const model::Exit& each) { return each.name == wanted; });
      if (exit == net_.exits.end()) {
        std::vector<std::string> known;
        for (const model::Exit& each : net_.exits) known.push_back(each.name);
        error("unknown-exit", value.key_where, "the model has no exit `" + name + "`", hint(name, known));
        continue;
      }
      const auto k = static_cast<std::size_t>(exit - net_.exits.begin());
      is_given[k] = true;
      result_.plan.uses_exit[k] = as_boolean(at(value, "use"));
      result_.plan.escalation[k] =
          at(value, "escalation").text == "eager" ? scenarios::Escalation::eager : scenarios::Escalation::after;
      if (const Node* threshold = value.find("threshold")) result_.plan.thresholds[k] = as_number(*threshold);
    }
    for (std::size_t k = 0; k < net_.exits.size(); ++k) {
      if (is_given[k]) continue;
      error("missing-exit", given != nullptr ? given->where : root_.where,
            "the plan says nothing of exit `" + net_.exits[k].name + "`", "say under `exits` whether it is used");
    }
  }

  void read_encodings() {
    const Node* encodings = root_.find("encodings");
    if (encodings == nullptr) return;
    for (const auto& [name, value] : encodings->fields) {
      const model::LayerId layer = find_layer(name, value.key_where);
      if (layer >= 0) result_.plan.encodings[layer] = *model::encoding_from(value.text);
    }
  }

  model::LayerId find_layer(const std::string& name, const Location& where) {
    const model::LayerId layer = net_.find(name);
    if (layer >= 0) return layer;
    std::vector<std::string> known;
    for (const model::Layer& each : net_.layers) known.push_back(each.name);
    error("unknown-layer", where, "the model has no layer `" + name + "`", hint(name, known));
    return -1;
  }

  void compare_hash(Diagnostics& warnings) const {
    if (result_.scenario_hash == scenario_.hash) return;
    warnings.push_back({Severity::warning, "stale-plan", at(at(root_, "scenario"), "hash").where,
                        "the plan was made for another state of the scenario: it names " + result_.scenario_hash +
                            ", the scenario is " + scenario_.hash,
                        "plan again"});
  }

  static std::string hint(const std::string& word, const std::vector<std::string>& known) {
    const std::string near = did_you_mean(word, known);
    if (!near.empty()) return "did you mean `" + near + "`?";
    return known.size() > 20 ? std::string() : "there are " + list_words(known);
  }

  void error(std::string code, const Location& where, std::string message, std::string advice) {
    errors_.push_back({Severity::error, std::move(code), where, std::move(message), std::move(advice)});
  }

  const Node& root_;
  const scenarios::Scenario& scenario_;
  const model::Model& net_;
  PlanDocument result_;
  Diagnostics errors_;
};

}  // namespace

Result<PlanDocument> plan_from(const Document& document, const scenarios::Scenario& scenario, Diagnostics& warnings) {
  return PlanReader(document, scenario).read(warnings);
}

}  // namespace tiercut::deployment
