// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace tiercut::cli {

/// What `init` writes: a scenario that explains its keys and runs as it is, with shipped model and profiles.
std::string_view starter_scenario();

}  // namespace tiercut::cli
