// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "core/quantile_table.hpp"
#include "scenarios/limits.hpp"
#include "scenarios/number_table.hpp"
#include "scenarios/read_context.hpp"

namespace tiercut::scenarios {
namespace {

constexpr double longest_jitter = 86'400;  // s

/// What somebody measured: its quantiles, whatever its shape.
Jitter measured_jitter(const Node& node, ReadContext& context) {
  Jitter jitter;
  const Node& file = at(node, "file");
  const auto path = (std::filesystem::path(context.folder) / file.text).string();
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    context.error("file-not-found", file.where, "there is no file '" + path + "'",
                  "paths are relative to the scenario's folder");
    return jitter;
  }
  auto table = read_number_table(path, {"delay_s"});
  if (!table) {
    context.append(std::move(table.error()));
    return jitter;
  }
  std::vector<double> delays;
  for (const NumberTable::Row& row : table->rows) delays.push_back(row.values[0].value_or(0));
  std::sort(delays.begin(), delays.end());
  if (delays.empty() || delays.back() > longest_jitter) {
    context.error("bad-table", {path, delays.empty() ? 1 : table->rows.front().line, 1, {}},
                  delays.empty() ? "the table has no delay" : fmt::format("a delay is {} s", delays.back()),
                  "write a delay a line, in seconds, below the head `delay_s`");
    return jitter;
  }
  const QuantileTable delay = QuantileTable::of(delays);
  jitter.kind = Jitter::Kind::measured;
  jitter.mean = Seconds(delay.mean());
  jitter.deviation = Seconds(delay.deviation());
  jitter.digest = table->digest;
  if (jitter.deviation > Seconds(0))
    jitter.shape = std::make_shared<QuantileTable>(
        delay.moved(1 / jitter.deviation.value(), -jitter.mean.value() / jitter.deviation.value()));
  return jitter;
}

Jitter jitter_from(const Node& node, ReadContext& context) {
  if (at(node, "distribution").text == "empirical") return measured_jitter(node, context);
  static const std::vector<std::pair<std::string_view, Jitter::Kind>> kinds = {{"normal", Jitter::Kind::normal},
                                                                               {"uniform", Jitter::Kind::uniform},
                                                                               {"lognormal", Jitter::Kind::lognormal},
                                                                               {"gamma", Jitter::Kind::gamma}};
  Jitter jitter;
  for (const auto& [word, kind] : kinds) {
    if (at(node, "distribution").text == word) jitter.kind = kind;
  }
  jitter.mean = Seconds(quantity_or(node, "mean", Dimension::time, 0));
  jitter.deviation = Seconds(as_quantity(at(node, "deviation"), Dimension::time));
  return jitter;
}

Transport transport_from(const Node& node, ReadContext& context) {
  Transport transport;
  if (node.kind != NodeKind::map) return transport;
  transport.kind = Transport::Kind::tcp;
  transport.congestion = text_or(node, "congestion", transport.congestion);
  transport.initial_window =
      Bytes(quantity_or(node, "initial_window", Dimension::size, transport.initial_window.value()));
  transport.largest_window =
      Bytes(quantity_or(node, "largest_window", Dimension::size, transport.largest_window.value()));
  transport.idle_restart = Seconds(quantity_or(node, "idle_restart", Dimension::time, transport.idle_restart.value()));
  if (transport.largest_window < transport.initial_window) {
    const Node* largest = node.find("largest_window");
    context.error("out-of-range", (largest != nullptr ? *largest : at(node, "initial_window")).where,
                  "the largest window is smaller than the initial one",
                  fmt::format("they are {} and {}", format_quantity(transport.largest_window.value(), Dimension::size),
                              format_quantity(transport.initial_window.value(), Dimension::size)));
  }
  return transport;
}

/// Everything of a link but its ends.
Link properties_from(const std::string& name, const Node& node, ReadContext& context) {
  Link link;
  link.name = name;
  link.is_shared = boolean_or(node, "shared", false);
  link.latency = Seconds(as_quantity(at(node, "latency"), Dimension::time));
  link.bandwidth = BytesPerSecond(as_quantity(at(node, "bandwidth"), Dimension::bandwidth));
  link.overhead = Seconds(quantity_or(node, "overhead", Dimension::time, 0));
  link.discipline = text_or(node, "discipline", "fifo") == "fair" ? Discipline::fair : Discipline::fifo;
  if (const Node* jitter = node.find("jitter")) link.jitter = jitter_from(*jitter, context);
  if (const Node* loss = node.find("loss")) {
    link.loss.probability = as_quantity(at(*loss, "probability"), Dimension::ratio);
    link.loss.timeout = Seconds(as_quantity(at(*loss, "timeout"), Dimension::time));
  }
  if (const Node* transport = node.find("transport")) link.transport = transport_from(*transport, context);
  link.queue = read_queue(node, context);
  if (const Node* power = node.find("power")) {
    link.power = {Watts(as_quantity(at(*power, "send"), Dimension::power)),
                  Watts(as_quantity(at(*power, "receive"), Dimension::power))};
  }
  return link;
}

using Ends = std::vector<DeviceRef>;

class LinkReader {
 public:
  explicit LinkReader(ReadContext& context) : context_(context) {}

  void read(const std::string& name, const Node& node) {
    const Link link = properties_from(name, node, context_);
    const Node* between = node.find("between");
    const Node* from = node.find("from");
    const Node* to = node.find("to");
    if (between != nullptr && (from != nullptr || to != nullptr)) {
      return context_.error("conflicting-keys", between->key_where,
                            "link " + name + " has both `between` and `" + (from != nullptr ? "from" : "to") + "`",
                            "between: [a, b] stands for a link from a to b and one back; keep one of the two forms");
    }
    if (between != nullptr) return read_both_ways(link, *between);
    for (const auto& [key, value] : {std::pair("from", from), std::pair("to", to)}) {
      if (value == nullptr) {
        context_.error("missing-key", node.where,
                       "link " + name + " does not say where it goes: `" + key + "` is missing",
                       "give `from` and `to`, or `between: [a, b]`");
      }
    }
    const auto enters = from != nullptr ? ends(*from) : std::nullopt;
    const auto leaves = to != nullptr ? ends(*to) : std::nullopt;
    if (enters && leaves) add(link, *enters, *leaves, node);
  }

 private:
  void read_both_ways(Link link, const Node& between) {
    if (between.items.size() != 2) {
      return context_.error("too-many-items", between.where,
                            fmt::format("`between` names {} ends", between.items.size()),
                            "name two, or use `shared: true` with lists under `from` and `to`");
    }
    const auto first = ends(between.items[0]);
    const auto second = ends(between.items[1]);
    if (!first || !second) return;
    const std::size_t before = context_.scenario.links.size();
    add(link, *first, *second, between);
    if (context_.scenario.links.size() == before) return;  // complained of once
    link.name += ".back";
    add(std::move(link), *second, *first, between);
  }

  std::optional<Ends> ends(const Node& node) {
    Ends found;
    bool is_complete = true;
    const auto take = [&](const Node& text) {
      const auto ref = context_.device_ref(text);
      is_complete = is_complete && ref;
      if (ref) found.push_back(*ref);
    };
    if (node.kind == NodeKind::list) {
      for (const Node& item : node.items) take(item);
    } else {
      take(node);
    }
    return is_complete ? std::optional(std::move(found)) : std::nullopt;
  }

  int group_size(DeviceRef ref) const { return ref.member > 0 ? 1 : context_.scenario.device(ref).count; }

  /// Checks the ends and adds the link: a shared one as it is, else one for each pair of ends.
  void add(Link link, const Ends& from, const Ends& to, const Node& node) {
    if (link.is_shared) {
      if (from == to && from.size() == 1 && group_size(from[0]) == 1) return refuse_loop(link, node);
      link.from = from;
      link.to = to;
      return push(std::move(link), node);
    }
    if (from.size() * to.size() > most_pairs) {
      return context_.error(
          "out-of-range", node.where,
          fmt::format("link {} stands for {} pairs of ends", link.name, from.size() * to.size()),
          fmt::format("at most {} are possible; a medium that all share says `shared: true`", most_pairs));
    }
    const bool is_one_pair = from.size() * to.size() == 1;
    for (const DeviceRef a : from) {
      for (const DeviceRef b : to) {
        Link pair = link;
        if (!is_one_pair) pair.name = fmt::format("{}/{}-{}", link.name, name(a), name(b));
        pair.from = {a};
        pair.to = {b};
        if (a == b) {
          refuse_loop(pair, node);
        } else if (group_size(a) > 1 && group_size(b) > 1 && group_size(a) != group_size(b)) {
          context_.error("unequal-groups", node.where,
                         fmt::format("link {} joins the groups `{}` of {} and `{}` of {}", pair.name, name(a),
                                     group_size(a), name(b), group_size(b)),
                         "links between groups go from member to member, so both need the same count; a medium that "
                         "all share says `shared: true`");
        } else {
          push(std::move(pair), node);
        }
      }
    }
  }

  std::string name(DeviceRef ref) const { return context_.scenario.name_of(ref); }

  void refuse_loop(const Link& link, const Node& node) {
    context_.error("link-to-itself", node.where, "link " + link.name + " begins and ends at the same place",
                   "name two different ends; a medium among the members of a group says `shared: true`");
  }

  void push(Link link, const Node& node) {
    if (!names_.insert(link.name).second) {
      context_.error("duplicate-name", node.where, "a link called `" + link.name + "` is there already",
                     "rename one of them; between: makes a link NAME.back");
    } else if (context_.scenario.links.size() < most_links) {
      context_.scenario.links.push_back(std::move(link));
    } else if (!is_full_) {
      is_full_ = true;
      context_.error("out-of-range", node.where, "the links are more than " + std::to_string(most_links),
                     "devices that are alike form a group with `count`, whose links are written once");
    }
  }

  ReadContext& context_;
  std::set<std::string> names_;
  bool is_full_ = false;
};

}  // namespace

void read_links(ReadContext& context) {
  const Node* map = context.find_partly(context.root, "links", NodeKind::map);
  if (map == nullptr) return;
  LinkReader reader(context);
  for (const auto& [name, node] : map->fields) {
    if (!context.is_refused(node)) reader.read(name, node);
  }
}

}  // namespace tiercut::scenarios
