// SPDX-License-Identifier: Apache-2.0
#include "runtime/lab/device_network.hpp"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>
#include <thread>

#include "runtime/lab/netlink.hpp"
#include "runtime/lab/packet.hpp"

namespace tiercut::lab {
namespace {

constexpr const char* interface = "lab0";
constexpr std::uint32_t mtu = 1500;
constexpr std::uint32_t queue = 4096;  // packets the forwarder has not read yet; it reads at once
/// Windows that never hold a sender back: 16 MB.
constexpr std::uint32_t ideal_segments = 11585;

bool set_value(const std::string& path, const std::string& value) {
  std::ofstream out("/proc/sys/net/" + path);
  out << value << std::flush;
  return static_cast<bool>(out);
}

Result<OwnedFd> open_tun() {
  OwnedFd tun(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!tun.is_open()) {
    return fail("lab-no-tun", std::string("cannot open /dev/net/tun: ") + std::strerror(errno),
                "load the module (modprobe tun); in a container, pass the device in (--device /dev/net/tun)");
  }
  ifreq request{};
  std::strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
  request.ifr_flags = static_cast<short>(IFF_TUN | IFF_NO_PI | IFF_VNET_HDR);
  if (::ioctl(tun.get(), TUNSETIFF, &request) < 0) {
    return fail("lab-no-tun", std::string("cannot make a TUN interface: ") + std::strerror(errno));
  }
  int header = static_cast<int>(virtio_header_size);
  if (::ioctl(tun.get(), TUNSETVNETHDRSZ, &header) < 0 ||
      ::ioctl(tun.get(), TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO_ECN) < 0) {
    return fail("lab-no-tun", std::string("the TUN driver lacks segmentation offload: ") + std::strerror(errno));
  }
  return tun;
}

class Maker {
 public:
  Maker(const Layout& layout, Diagnostics& warnings) : layout_(layout), warnings_(warnings) {}

  Result<DeviceNetwork> make(std::size_t index) {
    if (::unshare(CLONE_NEWNET) != 0) {
      return fail("lab-no-namespaces", std::string("cannot make a network namespace: ") + std::strerror(errno),
                  "the lab needs CAP_SYS_ADMIN and a kernel with CONFIG_NET_NS");
    }
    DeviceNetwork network;
    network.space.reset(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    if (!network.space.is_open()) return refused("cannot hold a network namespace", errno);
    auto tun = open_tun();
    if (!tun) return tl::unexpected(tun.error());
    network.tun = std::move(*tun);
    const Node& node = layout_.nodes[index];
    set_values(node);
    auto netlink = Netlink::open();
    if (!netlink) return tl::unexpected(netlink.error());
    if (auto done = netlink->set_up("lo"); !done) return tl::unexpected(done.error());
    if (auto done = netlink->add_address(interface, node.address); !done) return tl::unexpected(done.error());
    const auto segments = static_cast<std::uint32_t>(node.most_segments);
    if (auto done = netlink->set_up(interface, mtu, queue, segments); !done) return tl::unexpected(done.error());
    for (std::size_t to = 0; to < layout_.nodes.size(); ++to) {
      const auto& path = layout_.paths[index][to];
      if (!path) continue;
      if (auto done = add_route(*netlink, layout_.nodes[to].address, *path); !done) return tl::unexpected(done.error());
    }
    return network;
  }

 private:
  void set_values(const Node& node) {
    set_value("ipv6/conf/all/disable_ipv6", "1");
    set_value("ipv4/ping_group_range", "0 2147483647");
    // A first message is one whatever an earlier connection has learnt.
    set_value("ipv4/tcp_no_metrics_save", "1");
    set_value("ipv4/tcp_slow_start_after_idle", node.is_ideal ? "0" : "1");
    if (node.is_ideal) {
      set_value("ipv4/tcp_rmem", "4096 16777216 33554432");
      set_value("ipv4/tcp_wmem", "4096 16777216 33554432");
    }
    // Refused for most in a namespace of its own; what a route says is not.
    set_value("ipv4/tcp_congestion_control", node.congestion);
  }

  void missing(const std::string& congestion) {
    if (!missing_.insert(congestion).second) return;
    warnings_.push_back({Severity::warning,
                         "lab-no-congestion",
                         {},
                         "this kernel has no congestion control '" + congestion + "'; its default is used",
                         "load it, as modprobe tcp_" + congestion});
  }

  Result<void> add_route(Netlink& netlink, std::uint32_t to, const Path& path) {
    RouteTraits traits{missing_.contains(path.congestion) ? "" : path.congestion,
                       path.is_ideal ? ideal_segments : static_cast<std::uint32_t>(path.first_segments),
                       path.is_ideal ? ideal_segments : 0};
    auto added = netlink.add_route(interface, to, traits);
    if (added || traits.congestion.empty()) return added;
    missing(traits.congestion);
    traits.congestion.clear();
    return netlink.add_route(interface, to, traits);
  }

  const Layout& layout_;
  Diagnostics& warnings_;
  std::set<std::string> missing_;
};

}  // namespace

Result<std::vector<DeviceNetwork>> make_networks(const Layout& layout, Diagnostics& warnings) {
  Result<std::vector<DeviceNetwork>> networks;
  // A thread of its own, as a thread cannot be trusted once it has been elsewhere.
  std::thread([&] {
    Maker maker(layout, warnings);
    for (std::size_t i = 0; i < layout.nodes.size(); ++i) {
      auto network = maker.make(i);
      if (!network) {
        networks = tl::unexpected(network.error());
        return;
      }
      networks->push_back(std::move(*network));
    }
  }).join();
  return networks;
}

}  // namespace tiercut::lab
