// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace tiercut::profiles {

enum class Origin { measured, published, estimated };
std::string_view to_text(Origin origin);

/// Where a number comes from. Every entry of a profile carries one.
struct Provenance {
  Origin origin = Origin::estimated;
  std::string how;          ///< measured: tool, command, date; published: source; estimated: method and inputs
  double error_factor = 1;  ///< estimated: true value expected within [x / factor, x * factor]; 1 when not stated
};

}  // namespace tiercut::profiles
