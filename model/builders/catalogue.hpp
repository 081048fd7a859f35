// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "model/model.hpp"

namespace tiercut::model {

/// A network that is built, not read.
struct Architecture {
  std::string_view name;     ///< `resnet-50`
  std::string_view summary;  ///< one line
  Model (*build)();          ///< finished; never fails
};

/// All of them, in the order of their names.
std::span<const Architecture> architectures();

/// Null when there is none of this name.
const Architecture* find_architecture(std::string_view name);

}  // namespace tiercut::model
