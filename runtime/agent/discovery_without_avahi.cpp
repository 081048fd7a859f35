// SPDX-License-Identifier: Apache-2.0
#include "runtime/agent/discovery.hpp"

namespace tiercut::runtime {

Result<std::vector<AgentAddress>> discover(const KeyRing&, Nanoseconds) {
  return fail("discovery-absent", "this tiercut was built without Avahi, and cannot find agents by itself",
              "name a list of them with --devices");
}

}  // namespace tiercut::runtime
