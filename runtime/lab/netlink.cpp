// SPDX-License-Identifier: Apache-2.0
#include "runtime/lab/netlink.hpp"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace tiercut::lab {

tl::unexpected<Diagnostics> refused(const std::string& what, int error) {
  return fail("lab-failed", what + ": " + std::strerror(error));
}

/// One message being put together: a header, a fixed part, attributes.
class Netlink::Request {
 public:
  template <class Body>
  Request(std::uint16_t type, std::uint16_t flags, const Body& body) {
    header().nlmsg_type = type;
    header().nlmsg_flags = static_cast<std::uint16_t>(flags | NLM_F_REQUEST | NLM_F_ACK);
    header().nlmsg_len = NLMSG_LENGTH(0);
    append(&body, sizeof body);
  }
  nlmsghdr& header() { return *reinterpret_cast<nlmsghdr*>(bytes_.data()); }

  void add(std::uint16_t type, const void* value, std::size_t size) {
    rtattr attribute{static_cast<std::uint16_t>(RTA_LENGTH(size)), type};
    append(&attribute, sizeof attribute);
    append(value, size);
  }
  void add(std::uint16_t type, std::uint32_t value) { add(type, &value, sizeof value); }
  std::size_t open_nest(std::uint16_t type) {
    const std::size_t at = header().nlmsg_len;
    add(type, nullptr, 0);
    return at;
  }
  void close_nest(std::size_t at) {
    auto& attribute = *reinterpret_cast<rtattr*>(bytes_.data() + at);
    attribute.rta_len = static_cast<std::uint16_t>(header().nlmsg_len - at);
  }

 private:
  void append(const void* value, std::size_t size) {
    if (size > 0) std::memcpy(bytes_.data() + header().nlmsg_len, value, size);
    header().nlmsg_len += static_cast<std::uint32_t>(NLMSG_ALIGN(size));
  }
  alignas(nlmsghdr) std::array<char, 1024> bytes_{};
};

Result<Netlink> Netlink::open() {
  Netlink netlink;
  netlink.socket_.reset(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!netlink.socket_.is_open()) return refused("cannot open rtnetlink", errno);
  return netlink;
}

Result<void> Netlink::ask(Request& request, std::string_view what) {
  request.header().nlmsg_seq = ++sequence_;
  if (::send(socket_.get(), &request.header(), request.header().nlmsg_len, 0) < 0) {
    return refused(std::string(what), errno);
  }
  alignas(nlmsghdr) std::array<char, 4096> answer{};
  const ssize_t got = ::recv(socket_.get(), answer.data(), answer.size(), 0);
  if (got < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(nlmsgerr)))) return refused(std::string(what), EPROTO);
  nlmsgerr outcome{};
  std::memcpy(&outcome, NLMSG_DATA(reinterpret_cast<nlmsghdr*>(answer.data())), sizeof outcome);
  if (outcome.error != 0) return refused(std::string(what), -outcome.error);
  return {};
}

Result<void> Netlink::set_up(const std::string& interface, std::uint32_t mtu, std::uint32_t queue,
                             std::uint32_t most_segments) {
  ifinfomsg body{};
  body.ifi_family = AF_UNSPEC;
  body.ifi_index = static_cast<int>(if_nametoindex(interface.c_str()));
  body.ifi_flags = IFF_UP;
  body.ifi_change = IFF_UP;
  Request request(RTM_NEWLINK, 0, body);
  if (mtu > 0) request.add(IFLA_MTU, mtu);
  if (queue > 0) request.add(IFLA_TXQLEN, queue);
  if (most_segments > 0) request.add(IFLA_GSO_MAX_SEGS, most_segments);
  return ask(request, "cannot set up interface " + interface);
}

Result<void> Netlink::add_address(const std::string& interface, std::uint32_t address) {
  ifaddrmsg body{};
  body.ifa_family = AF_INET;
  body.ifa_prefixlen = 32;
  body.ifa_index = if_nametoindex(interface.c_str());
  Request request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, body);
  request.add(IFA_LOCAL, htonl(address));
  request.add(IFA_ADDRESS, htonl(address));
  return ask(request, "cannot add an address to " + interface);
}

Result<void> Netlink::add_route(const std::string& interface, std::uint32_t to, const RouteTraits& traits) {
  rtmsg body{};
  body.rtm_family = AF_INET;
  body.rtm_dst_len = 32;
  body.rtm_table = RT_TABLE_MAIN;
  body.rtm_protocol = RTPROT_STATIC;
  body.rtm_scope = RT_SCOPE_LINK;
  body.rtm_type = RTN_UNICAST;
  Request request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, body);
  request.add(RTA_DST, htonl(to));
  request.add(RTA_OIF, if_nametoindex(interface.c_str()));
  const std::size_t metrics = request.open_nest(RTA_METRICS);
  if (traits.first_segments > 0) request.add(RTAX_INITCWND, traits.first_segments);
  if (traits.first_offer > 0) request.add(RTAX_INITRWND, traits.first_offer);
  if (!traits.congestion.empty()) {
    request.add(RTAX_CC_ALGO, traits.congestion.c_str(), traits.congestion.size() + 1);
  }
  request.close_nest(metrics);
  return ask(request, "cannot add a route (congestion control " + traits.congestion + ")");
}

}  // namespace tiercut::lab
