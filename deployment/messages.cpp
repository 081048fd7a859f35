// SPDX-License-Identifier: Apache-2.0
#include "deployment/messages.hpp"

#include <algorithm>
#include <map>
#include <variant>

#include "deployment/places.hpp"

namespace tiercut::deployment {

using model::LayerId;
using scenarios::DeviceRef;

Messages::Messages(const scenarios::Scenario& scenario, const Plan& plan, const Structure& structure, Network& network,
                   std::vector<Draft>& drafts)
    : scenario_(scenario),
      plan_(plan),
      structure_(structure),
      network_(network),
      drafts_(drafts),
      copies_(scenario.model->layers.size()),
      decided_(scenario.model->exits.size()) {}

void Messages::decided(int exit, DeviceRef owner, StageId stage) { decision(exit) = {owner, stage, {}}; }

Copy Messages::arrival(LayerId tensor, const Place& place, int level) {
  if (const Copy* here = copies_.at(tensor, place.device, place.unit)) return *here;
  const Copy* on_device = copies_.at_device(tensor, place.device, structure_.unneeded);
  const Copy copy = on_device != nullptr ? *on_device : transfer(tensor, place.device, level);
  return copy.unit == place.unit ? copy : copy_to_unit(tensor, copy, place, level);
}

Copy Messages::transfer(LayerId tensor, DeviceRef to, int level) {
  Copy from = copies_.origin(tensor);
  const int guard_exit = structure_.guard[static_cast<std::size_t>(level)];
  std::vector<Edge> inputs;
  if (from.guard < guard_exit) {
    const Copy* at_owner = copies_.at_device(tensor, decision(guard_exit).owner, level);
    if (at_owner != nullptr) from = *at_owner;
    inputs.push_back(guard(guard_exit, from.device, level));
  }
  inputs.push_back({from.stage, Condition::always});

  const model::Layer& layer = scenario_.model->layer(tensor);
  const auto chosen = plan_.encodings.find(tensor);
  const bool is_recoded = chosen != plan_.encodings.end();
  const model::Encoding encoding = is_recoded ? chosen->second : layer.encoding;
  const Bytes size = is_recoded ? model::size_of(layer.shape, encoding) : layer.output_bytes;
  Message message = network_.tensor(tensor, encoding, size, from.device, from.unit, to);
  const StageId stage = draft(layer.name + " -> " + scenario_.name_of(to), std::move(inputs),
                              Transfer{std::move(message)}, level, tensor);
  return copies_.add(tensor, {to, message_unit(scenario_, to), stage, guard_exit, level});
}

Copy Messages::copy_to_unit(LayerId tensor, const Copy& from, const Place& place, int level) {
  std::vector<Edge> inputs;
  add_guard(inputs, from.guard, place.device, level);
  inputs.push_back({from.stage, Condition::always});
  const StageId stage = draft(layer_name(tensor) + " -> " + scenario_.name_of(place), std::move(inputs),
                              Transfer{network_.copy(tensor, place.device, from.unit)}, level, tensor);
  return copies_.add(tensor,
                     {place.device, place.unit, stage, structure_.guard[static_cast<std::size_t>(level)], level});
}

void Messages::add_guard(std::vector<Edge>& inputs, int carried, DeviceRef device, int level) {
  const int guard_exit = structure_.guard[static_cast<std::size_t>(level)];
  if (carried < guard_exit) inputs.push_back(guard(guard_exit, device, level));
}

Edge Messages::guard(int exit, DeviceRef device, int level) {
  if (decision(exit).owner == device) return {decision(exit).stage, Condition::inconclusive};
  for (const auto& [who, stage] : decision(exit).told) {
    if (who == device) return {stage, Condition::always};
  }
  const StageId stage = draft(exit_of(exit).name + " escalates -> " + scenario_.name_of(device),
                              {{decision(exit).stage, Condition::inconclusive}},
                              Control{network_.control(decision(exit).owner, device), {}}, level, exit_of(exit).layer);
  decision(exit).told.emplace_back(device, stage);
  return {stage, Condition::always};
}

Edge Messages::deliver(Edge answer, LayerId tensor, const std::string& what, int level) {
  const Copy& from = copies_.origin(tensor);
  const DeviceRef to = scenario_.workload.answer_at;
  if (from.device == to) return answer;
  const model::Layer& layer = scenario_.model->layer(tensor);
  Message message = network_.tensor(tensor, layer.encoding, scenario_.workload.answer_size.value_or(layer.output_bytes),
                                    from.device, from.unit, to);
  message.is_return = true;
  std::vector<Edge> inputs;
  if (answer.when == Condition::always) add_guard(inputs, from.guard, from.device, level);
  inputs.push_back(answer);
  const StageId stage =
      draft(what + " -> " + scenario_.name_of(to), std::move(inputs), Transfer{std::move(message)}, level, tensor);
  return {stage, Condition::always};
}

void Messages::cancel(int exit, Diagnostics& notes) {
  std::map<DeviceRef, std::vector<StageId>> needless;
  for (std::size_t i = 0; i < drafts_.size(); ++i) {
    if (drafts_[i].level <= exit) continue;
    const StageWork& work = drafts_[i].stage.work;
    if (const auto* sent = std::get_if<Transfer>(&work)) {
      needless[sent->message.from].push_back(static_cast<StageId>(i));
    } else if (std::holds_alternative<Compute>(work)) {
      const int group = structure_.group_of[static_cast<std::size_t>(drafts_[i].layer)];
      needless[structure_.groups[static_cast<std::size_t>(group)].place.device].push_back(static_cast<StageId>(i));
    }
  }
  const Decided own = decision(exit);
  for (auto& [device, stages] : needless) {
    if (device == own.owner) {
      std::get<Decision>(drafts_[static_cast<std::size_t>(own.stage)].stage.work).cancels = std::move(stages);
    } else if (network_.connects(own.owner, device)) {
      draft(exit_of(exit).name + " cancels -> " + scenario_.name_of(device), {{own.stage, Condition::conclusive}},
            Control{network_.control(own.owner, device), std::move(stages)}, exit, exit_of(exit).layer);
    } else {
      notes.push_back({Severity::warning, "no-cancel-route", Location{scenario_.file, 0, 0, "links"},
                       "exit `" + exit_of(exit).name + "` cannot cancel work on " + scenario_.name_of(device) +
                           ": no link leads there from " + scenario_.name_of(own.owner),
                       "add a link, or leave `cancel` off"});
    }
  }
}

StageId Messages::draft(std::string name, std::vector<Edge> inputs, StageWork work, int level, LayerId layer) {
  drafts_.push_back({{std::move(name), std::move(inputs), std::move(work)}, level, layer});
  return static_cast<StageId>(drafts_.size()) - 1;
}

}  // namespace tiercut::deployment
