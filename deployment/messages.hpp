// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deployment/grouping.hpp"
#include "deployment/network.hpp"
#include "deployment/stage_order.hpp"
#include "deployment/tensor_copies.hpp"

/// Transfers and controls of a stage graph (internal to the folder). Levels are asked for in ascending order, so a
/// tensor travels for the earliest level that needs it at a device.
namespace tiercut::deployment {

class Messages {
 public:
  Messages(const scenarios::Scenario& scenario, const Plan& plan, const Structure& structure, Network& network,
           std::vector<Draft>& drafts);

  /// A tensor stands where a stage produces it.
  void produced(model::LayerId tensor, const Copy& copy) { copies_.add(tensor, copy); }
  /// An exit is decided by a stage.
  void decided(int exit, scenarios::DeviceRef owner, StageId stage);

  const Copy& origin(model::LayerId tensor) const { return copies_.origin(tensor); }

  StageId decision_of(int exit) const { return decided_[static_cast<std::size_t>(exit)].stage; }

  /// The tensor at a place for a level: as it stands there, or brought by as many messages as that takes.
  Copy arrival(model::LayerId tensor, const Place& place, int level);

  /// Fires on a device when the exit was inconclusive: the decision itself, or the control that tells of it.
  Edge guard(int exit, scenarios::DeviceRef device, int level);

  /// The edge that a work needs when its inputs exist whatever the guard of its level says (`carried` is what they
  /// wait for already).
  void add_guard(std::vector<Edge>& inputs, int carried, scenarios::DeviceRef device, int level);

  /// The answer's way to the device that wants it; the edge itself when it is there already.
  Edge deliver(Edge answer, model::LayerId tensor, const std::string& what, int level);

  /// What the eager exit makes needless once it is conclusive: work of later levels that has not started.
  void cancel(int exit, Diagnostics& notes);

 private:
  struct Decided {
    scenarios::DeviceRef owner;
    StageId stage = -1;
    std::vector<std::pair<scenarios::DeviceRef, StageId>> told;  ///< who learns of the inconclusive outcome
  };

  Copy transfer(model::LayerId tensor, scenarios::DeviceRef to, int level);
  Copy copy_to_unit(model::LayerId tensor, const Copy& from, const Place& place, int level);
  StageId draft(std::string name, std::vector<Edge> inputs, StageWork work, int level, model::LayerId layer);
  Decided& decision(int exit) { return decided_[static_cast<std::size_t>(exit)]; }
  const model::Exit& exit_of(int exit) const { return scenario_.model->exits[static_cast<std::size_t>(exit)]; }
  const std::string& layer_name(model::LayerId layer) const { return scenario_.model->layer(layer).name; }

  const scenarios::Scenario& scenario_;
  const Plan& plan_;
  const Structure& structure_;
  Network& network_;
  std::vector<Draft>& drafts_;
  TensorCopies copies_;
  std::vector<Decided> decided_;  ///< by exit
};

}  // namespace tiercut::deployment
