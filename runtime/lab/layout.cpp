// SPDX-License-Identifier: Apache-2.0
#include "runtime/lab/layout.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

namespace tiercut::lab {
namespace {

using scenarios::DeviceRef;
using scenarios::Scenario;

/// A packet of several segments leaves a link as one; none may take longer than this, or the first would be late.
constexpr double longest_packet_ns = 100e3;
constexpr int most_segments = 44;  // 64 kB

struct Range {
  std::uint32_t base = 0;
  int bits = 0;
  std::uint64_t hosts() const { return (std::uint64_t{1} << (32 - bits)) - 2; }
};

Result<Range> range_from(const std::string& text) {
  const auto refuse = [&](const std::string& why) {
    return fail("lab-bad-network", "'" + text + "' cannot be the lab's network: " + why,
                "name a private range, as 10.77.0.0/16");
  };
  const std::size_t slash = text.find('/');
  in_addr parsed{};
  if (slash == std::string::npos || inet_pton(AF_INET, text.substr(0, slash).c_str(), &parsed) != 1) {
    return refuse("it is not of the form a.b.c.d/n");
  }
  Range range{ntohl(parsed.s_addr), 0};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, range.bits);
  if (error != std::errc{} || stop != end || range.bits < 8 || range.bits > 30) {
    return refuse("the part after / is from 8 to 30");
  }
  if ((range.base & ((std::uint64_t{1} << (32 - range.bits)) - 1)) != 0) {
    return refuse("the address has bits beyond the first " + std::to_string(range.bits));
  }
  const auto is_within = [&](std::uint32_t base, int bits) {
    return range.bits >= bits && (range.base >> (32 - bits)) == (base >> (32 - bits));
  };
  if (!is_within(0x0A000000, 8) && !is_within(0xAC100000, 12) && !is_within(0xC0A80000, 16)) {
    return refuse("it is not in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16");
  }
  return range;
}

std::int64_t nanoseconds(Seconds time) { return std::llround(time.value() * 1e9); }

class Planner {
 public:
  Planner(const Scenario& scenario, const Options& options, Diagnostics& warnings)
      : scenario_(scenario), options_(options), warnings_(warnings) {}

  Result<Layout> plan() {
    const auto range = range_from(options_.network);
    if (!range) return tl::unexpected(range.error());
    layout_.base = range->base;
    std::size_t count = 0;
    for (const auto& device : scenario_.devices) count += static_cast<std::size_t>(device.count);
    if (count > most_devices) {
      return fail("lab-too-many-devices",
                  fmt::format("the scenario has {} devices; a lab holds at most {}", count, most_devices),
                  "make groups smaller with --set devices.<group>.count=...");
    }
    if (count > range->hosts()) {
      return fail("lab-bad-network",
                  fmt::format("{} has {} addresses for {} devices", options_.network, range->hosts(), count),
                  "name a larger one with --network");
    }
    if (auto added = add_nodes(); !added) return tl::unexpected(added.error());
    if (auto checked = check_names(); !checked) return tl::unexpected(checked.error());
    add_paths();
    settle_transport();
    return std::move(layout_);
  }

 private:
  Result<void> add_nodes() {
    static const std::set<std::string> taken = {"localhost", "ip6-localhost", "ip6-loopback", "localhost.localdomain"};
    for (std::size_t i = 0; i < scenario_.devices.size(); ++i) {
      const int count = scenario_.devices[i].count;
      for (int member = count == 1 ? 0 : 1; member <= (count == 1 ? 0 : count); ++member) {
        Node node;
        node.device.ref = {static_cast<int>(i), member};
        node.device.name = scenario_.name_of(node.device.ref);
        node.address = layout_.base + 1 + static_cast<std::uint32_t>(layout_.nodes.size());
        node.device.address = address_text(node.address);
        if (taken.contains(node.device.name)) {
          return fail("lab-name-clash", "a device named '" + node.device.name + "' would hide this machine's own name",
                      "rename the device");
        }
        layout_.nodes.push_back(std::move(node));
      }
    }
    return {};
  }

  Result<void> check_names() const {
    Diagnostics slips;
    std::vector<std::string> known;
    for (const auto& device : scenario_.devices) known.push_back(device.name);
    for (const Node& node : layout_.nodes) {
      if (node.device.ref.member > 0) known.push_back(node.device.name);
    }
    const auto check = [&](const auto& settings, const char* what) {
      for (const auto& [name, unused] : settings) {
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        const std::string guess = did_you_mean(name, known);
        slips.push_back({Severity::error,
                         "unknown-device",
                         {},
                         fmt::format("{} of '{}': no such device", what, name),
                         guess.empty() ? "devices: " + list_words(known) : "did you mean " + guess + "?"});
      }
    };
    check(options_.processors, "quota");
    check(options_.pinned, "processor");
    if (!slips.empty()) return tl::unexpected(std::move(slips));
    return {};
  }

  int link_index(const scenarios::Hop& hop) {
    const auto [found, is_new] = known_links_.try_emplace({hop.link, hop.member}, layout_.links.size());
    if (is_new) layout_.links.push_back(settings_of(hop));
    return static_cast<int>(found->second);
  }

  LinkSettings settings_of(const scenarios::Hop& hop) const {
    const auto& link = scenario_.links[static_cast<std::size_t>(hop.link)];
    LinkSettings settings;
    settings.name = hop.member == 0 ? link.name : link.name + "." + std::to_string(hop.member);
    settings.latency = nanoseconds(link.latency);
    settings.overhead = nanoseconds(link.overhead);
    settings.bytes_per_ns = link.bandwidth.is_finite() ? link.bandwidth.value() / 1e9 : 0;
    settings.buffer = options_.buffer ? options_.buffer->value() : std::max(1.5e6, settings.bytes_per_ns * 100e6);
    settings.discipline = link.discipline;
    settings.jitter = link.jitter;
    settings.loss = link.loss.probability;
    return settings;
  }

  void add_paths() {
    const std::size_t count = layout_.nodes.size();
    layout_.paths.assign(count, std::vector<std::optional<Path>>(count));
    for (std::size_t from = 0; from < count; ++from) {
      for (std::size_t to = 0; to < count; ++to) {
        if (from == to) continue;
        const auto hops = scenario_.route(layout_.nodes[from].device.ref, layout_.nodes[to].device.ref);
        if (!hops) continue;
        Path path;
        for (const auto& hop : *hops) {
          path.links.push_back(link_index(hop));
        }
        // As the stage graph's connections have it: the first hop's transport is the whole way's.
        const auto& transport = scenario_.links[static_cast<std::size_t>(hops->front().link)].transport;
        path.is_ideal = transport.kind != scenarios::Transport::Kind::tcp;
        if (!path.is_ideal) {
          path.congestion = transport.congestion;
          path.first_segments = std::max(1, static_cast<int>(transport.initial_window.value() / segment_bytes));
        }
        layout_.paths[from][to] = std::move(path);
      }
    }
  }

  /// What a device's kernel can be told once only: the largest packet, and whether idle connections start over.
  void settle_transport() {
    for (std::size_t from = 0; from < layout_.nodes.size(); ++from) {
      Node& node = layout_.nodes[from];
      node.most_segments = most_segments;
      bool is_first = true, is_mixed = false;
      for (const auto& path : layout_.paths[from]) {
        if (!path) continue;
        for (const int index : path->links) {
          const LinkSettings& link = layout_.links[static_cast<std::size_t>(index)];
          if (link.loss > 0) node.most_segments = 1;  // each packet has its own luck
          if (link.bytes_per_ns <= 0) continue;
          const double fit = longest_packet_ns * link.bytes_per_ns / segment_bytes;
          node.most_segments = std::clamp(static_cast<int>(fit), 1, node.most_segments);
        }
        if (!is_first) is_mixed |= node.is_ideal != path->is_ideal;
        if (is_first || !path->is_ideal) {
          node.is_ideal = path->is_ideal;
          node.congestion = path->congestion;
        }
        is_first = false;
      }
      if (is_mixed) {
        warnings_.push_back({Severity::warning,
                             "lab-mixed-transport",
                             {},
                             "device " + node.device.name +
                                 " has links with tcp windows and ideal ones; after a pause "
                                 "its kernel starts windows over on all of them",
                             "give all its links one transport"});
      }
    }
  }

  const Scenario& scenario_;
  const Options& options_;
  Diagnostics& warnings_;
  Layout layout_;
  std::map<std::pair<int, int>, std::size_t> known_links_;
};

}  // namespace

std::string address_text(std::uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24, (address >> 16) & 255, (address >> 8) & 255, address & 255);
}

Result<Layout> lay_out(const Scenario& scenario, const Options& options, Diagnostics& warnings) {
  return Planner(scenario, options, warnings).plan();
}

}  // namespace tiercut::lab
