// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "core/diagnostic.hpp"
#include "core/schema.hpp"
#include "runtime/agent/keys.hpp"
#include "runtime/agent/run.hpp"

namespace tiercut::runtime {

/// The file format `tiercut/devices/1`: which agent is where.
const Format& device_list_format();

/// Agents of a list; keys by their names from the ring, where the list gives none. Fails as readers do, and with
/// key-unknown.
Result<std::vector<AgentAddress>> read_device_list(const std::string& path, const KeyRing& keys);

}  // namespace tiercut::runtime
