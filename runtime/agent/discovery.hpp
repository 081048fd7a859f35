// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "core/diagnostic.hpp"
#include "runtime/agent/announcement.hpp"
#include "runtime/agent/clock.hpp"
#include "runtime/agent/keys.hpp"
#include "runtime/agent/run.hpp"

/// Agents that announce themselves on the local network, by mDNS (service `_tiercut._tcp`) through the Avahi daemon.
/// What is announced is where somebody claims to be; who it is, only its key proves.
namespace tiercut::runtime {

/// Agents that announce themselves within `time` and whose keys are on the ring, by name. Fails with
/// discovery-absent (no daemon runs, or this build has no Avahi).
Result<std::vector<AgentAddress>> discover(const KeyRing& keys, Nanoseconds time);

}  // namespace tiercut::runtime
