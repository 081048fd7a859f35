// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "deployment/plan.hpp"
#include "deployment/stage_graph.hpp"

/// Where tensors are while a stage graph is made (internal to the folder).
namespace tiercut::deployment {

/// A tensor at a unit of a device: where it was produced, or where a message brought it.
struct Copy {
  scenarios::DeviceRef device;
  int unit = 0;        ///< -1 on a device without a profile
  StageId stage = -1;  ///< fires when it is there
  int guard = -1;      ///< exists only when this exit (and those that guard it) was inconclusive; -1: always
  int level = 0;       ///< the earliest that needs it there
};

/// By tensor, the copies in the order they were made; the first is where it was produced.
class TensorCopies {
 public:
  explicit TensorCopies(std::size_t tensors) : copies_(tensors) {}

  const Copy& origin(model::LayerId tensor) const { return of(tensor).front(); }
  Copy add(model::LayerId tensor, Copy copy) {
    copies_[static_cast<std::size_t>(tensor)].push_back(copy);
    return copy;
  }
  const Copy* at(model::LayerId tensor, scenarios::DeviceRef device, int unit) const {
    for (const Copy& copy : of(tensor)) {
      if (copy.device == device && copy.unit == unit) return &copy;
    }
    return nullptr;
  }
  /// On any unit; the first that came there for a level below the given one.
  const Copy* at_device(model::LayerId tensor, scenarios::DeviceRef device, int before_level) const {
    for (const Copy& copy : of(tensor)) {
      if (copy.device == device && copy.level < before_level) return &copy;
    }
    return nullptr;
  }

 private:
  const std::vector<Copy>& of(model::LayerId tensor) const { return copies_[static_cast<std::size_t>(tensor)]; }

  std::vector<std::vector<Copy>> copies_;
};

}  // namespace tiercut::deployment
