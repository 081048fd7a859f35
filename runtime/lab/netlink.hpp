// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/diagnostic.hpp"
#include "runtime/lab/owned_fd.hpp"

/// Private to the lab: the few requests of rtnetlink that it needs, in the network namespace of the calling thread.
namespace tiercut::lab {

/// What a route tells TCP of its connections.
struct RouteTraits {
  std::string congestion;        ///< empty: the device's
  std::uint32_t first_segments;  ///< initial window; 0: the kernel's
  std::uint32_t first_offer;     ///< initial receive window; 0: the kernel's
};

class Netlink {
 public:
  static Result<Netlink> open();
  Result<void> set_up(const std::string& interface, std::uint32_t mtu = 0, std::uint32_t queue = 0,
                      std::uint32_t most_segments = 0);
  Result<void> add_address(const std::string& interface, std::uint32_t address);                      ///< /32
  Result<void> add_route(const std::string& interface, std::uint32_t to, const RouteTraits& traits);  ///< to a /32

 private:
  class Request;
  Result<void> ask(Request& request, std::string_view what);
  OwnedFd socket_;
  std::uint32_t sequence_ = 0;
};

/// fail("lab-failed") with the reason that errno gives.
tl::unexpected<Diagnostics> refused(const std::string& what, int error);

}  // namespace tiercut::lab
