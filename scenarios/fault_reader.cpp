// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "scenarios/limits.hpp"
#include "scenarios/number_table.hpp"
#include "scenarios/read_context.hpp"

namespace tiercut::scenarios {
namespace {

class FaultReader {
 public:
  FaultReader(ReadContext& context, const std::string& name, const Node& node) : context_(context), node_(node) {
    fault_.name = name;
  }

  void read() {
    const bool is_placed = read_place();
    if (const Node* way = node_.find("on_fault")) fault_.loses = way->text == "lose";
    fault_.recovery = Seconds(quantity_or(node_, "recovery", Dimension::time, 0));
    if (read_times() && is_placed) context_.scenario.faults.push_back(std::move(fault_));
  }

 private:
  void refuse(const Location& where, std::string message, std::string hint) {
    context_.error("bad-fault", where, std::move(message), std::move(hint));
  }

  bool read_place() {
    const Node* device = node_.find("device");
    const Node* link = node_.find("link");
    if ((device == nullptr) == (link == nullptr)) {
      refuse(node_.key_where,
             fmt::format("fault `{}` names {}", fault_.name, device == nullptr ? "nothing" : "a device and a link"),
             "give it a device (or a device and its unit), or a link");
      return false;
    }
    if (device != nullptr) {
      fault_.device = context_.device_ref(*device);
      const Node* unit = node_.find("unit");
      return fault_.device && (unit == nullptr || read_unit(*unit));
    }
    if (const Node* unit = node_.find("unit")) {
      refuse(unit->key_where, "a link has no units", "name a device, or leave out the unit");
      return false;
    }
    if (link->kind != NodeKind::list) return read_link(*link);
    bool is_sound = true;
    for (const Node& item : link->items) is_sound = read_link(item) && is_sound;
    return is_sound;
  }

  bool read_unit(const Node& text) {
    const profiles::ProfilePointer& profile = context_.scenario.device(*fault_.device).profile;
    if (!profile) {
      if (context_.unsure_devices.contains(fault_.device->device)) return false;
      context_.error("no-profile", text.where, "the device has no profile, so it has no units", "leave out the unit");
      return false;
    }
    const int unit = profile->find_unit(text.text);
    if (unit >= 0) {
      fault_.unit = unit;
      return true;
    }
    std::vector<std::string> names;
    for (const profiles::Unit& each : profile->units) names.push_back(each.name);
    context_.error("unknown-unit", text.where, "profile " + profile->name + " has no unit `" + text.text + "`",
                   suggest(text.text, names));
    return false;
  }

  /// A link, or `NAME.3`: of a link that stands for one a member, that member's.
  bool read_link(const Node& text) {
    const std::vector<Link>& links = context_.scenario.links;
    const auto find = [&](std::string_view name) {
      const auto found = std::find_if(links.begin(), links.end(), [&](const Link& link) { return link.name == name; });
      return found == links.end() ? -1 : static_cast<int>(found - links.begin());
    };
    if (const int whole = find(text.text); whole >= 0) {
      fault_.links.push_back({whole, 0});
      return true;
    }
    const std::size_t dot = text.text.rfind('.');
    const int link = dot == std::string::npos ? -1 : find(std::string_view(text.text).substr(0, dot));
    int member = 0;
    if (link >= 0) {
      const char* const end = text.text.data() + text.text.size();
      const auto read = std::from_chars(text.text.data() + dot + 1, end, member);
      const int copies = copies_of(links[static_cast<std::size_t>(link)]);
      if (read.ec == std::errc() && read.ptr == end && copies > 1 && member >= 1 && member <= copies) {
        fault_.links.push_back({link, member});
        return true;
      }
    }
    std::vector<std::string> names;
    for (const Link& each : links) names.push_back(each.name);
    context_.error("unknown-link", text.where, "no link is called `" + text.text + "`", suggest(text.text, names));
    return false;
  }

  int copies_of(const Link& link) const { return context_.scenario.copies_of(link); }

  bool read_times() {
    const Node* times = node_.find("times");
    const Node* trace = node_.find("trace");
    const Node* between = node_.find("mtbf");
    const Node* repair = node_.find("mttr");
    const bool is_random = between != nullptr || repair != nullptr;
    if ((times != nullptr) + (trace != nullptr) + is_random != 1) {
      refuse(node_.key_where,
             fmt::format("fault `{}` {}", fault_.name,
                         times == nullptr && trace == nullptr && !is_random ? "does not say when"
                                                                            : "says in several ways when"),
             "give it one of: times, a trace, or mtbf with mttr");
      return false;
    }
    if (times != nullptr) return read_list(*times);
    if (trace != nullptr) return read_trace(*trace);
    if (between == nullptr || repair == nullptr) {
      refuse(node_.key_where, fmt::format("fault `{}` has no {}", fault_.name, between == nullptr ? "mtbf" : "mttr"),
             "outages by rate need both: the mean time from a recovery to the next failure, and to its repair");
      return false;
    }
    fault_.time_between = Seconds(as_quantity(*between, Dimension::time));
    fault_.time_to_repair = Seconds(as_quantity(*repair, Dimension::time));
    return true;
  }

  bool read_list(const Node& list) {
    bool is_sound = true;
    for (const Node& item : list.items) {
      const Node* up = item.find("up");
      is_sound = add(as_quantity(at(item, "down"), Dimension::time),
                     up == nullptr ? std::nullopt : std::optional(as_quantity(*up, Dimension::time)), item.where) &&
                 is_sound;
    }
    return is_sound;
  }

  bool read_trace(const Node& text) {
    const auto path = std::filesystem::path(context_.folder) / text.text;
    auto table = read_number_table(path.string(), {"down_s", "up_s"});
    if (!table) {
      context_.append(std::move(table.error()));
      return false;
    }
    fault_.digest = table->digest;
    for (const NumberTable::Row& row : table->rows) {
      const Location where{path.string(), row.line, 1, {}};
      if (!row.values[0]) {
        refuse(where, "an outage has no beginning", "write `down_s,up_s`; only the end may be left out");
        return false;
      }
      if (!add(*row.values[0], row.values[1], where)) return false;
    }
    return true;
  }

  bool add(double down, std::optional<double> up, const Location& where) {
    const auto say = [](double seconds) { return format_quantity(seconds, Dimension::time); };
    if (down > latest_fault_s || (up && *up > latest_fault_s)) {
      refuse(where, "an outage lies beyond what can be simulated", fmt::format("that is {}", say(latest_fault_s)));
      return false;
    }
    if (up && *up <= down) {
      refuse(where, fmt::format("an outage from {} ends at {}", say(down), say(*up)),
             "its end must lie behind its begin");
      return false;
    }
    const Instant from = Instant() + Span::from(Seconds(down));
    if (!fault_.outages.empty() && fault_.outages.back().until >= from) {
      refuse(where, fmt::format("an outage begins at {}, when the one before is not over", say(down)),
             "write outages in the order of time, apart from one another, recovery included");
      return false;
    }
    fault_.outages.push_back({from, up ? Instant() + Span::from(Seconds(*up) + fault_.recovery) : Instant::never()});
    return true;
  }

  ReadContext& context_;
  const Node& node_;
  Fault fault_;
};

}  // namespace

void read_faults(ReadContext& context) {
  const Node* map = context.find_partly(context.root, "faults", NodeKind::map);
  if (map == nullptr) return;
  for (const auto& [name, node] : map->fields) {
    if (!context.is_refused(node)) FaultReader(context, name, node).read();
  }
}

}  // namespace tiercut::scenarios
