// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "runtime/lab/layout.hpp"
#include "runtime/lab/owned_fd.hpp"

/// Private to the lab.
namespace tiercut::lab {

/// A network namespace, held open, and the packet end of its one interface.
struct DeviceNetwork {
  OwnedFd space;
  OwnedFd tun;
};

/// Makes the namespaces of all nodes of a layout: an interface `lab0` each, its address, its routes. What a kernel
/// lacks (a congestion control) is a warning. Fails with lab-no-tun, lab-no-namespaces, lab-failed.
Result<std::vector<DeviceNetwork>> make_networks(const Layout& layout, Diagnostics& warnings);

}  // namespace tiercut::lab
