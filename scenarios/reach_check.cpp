// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "scenarios/read_context.hpp"
#include "scenarios/routes.hpp"

namespace tiercut::scenarios {
namespace {

/// Of larger platforms only the lowering of a plan says that it uses a mixed route.
constexpr std::size_t most_ends_checked = 256;
constexpr std::size_t most_listed = 6;

const Node* node_at(const Node& root, std::string_view map, std::string_view name) {
  const Node* section = root.find(map);
  return section != nullptr ? section->find(name) : nullptr;
}

std::string list_first(const std::vector<std::string>& names) {
  if (names.size() <= most_listed) return list_words(names);
  return fmt::format("{} and {} more", names.front(), names.size() - 1);
}

class ReachCheck {
 public:
  explicit ReachCheck(ReadContext& context)
      : context_(context), scenario_(context.scenario), table_(context.scenario) {}

  void run() {
    check_answer();
    check_devices();
    check_disciplines();
  }

 private:
  void check_answer() {
    const Node& workload = at(context_.root, "workload");
    const std::vector<bool> reaching = table_.reaching(scenario_.workload.answer_at);
    for (const InputSource& source : scenario_.workload.inputs) {
      sources_.push_back(source.device);
      for (std::size_t i = 0; i < table_.nodes().size(); ++i) {
        if (table_.nodes()[i] != source.device || reaching[i]) continue;
        context_.error(
            "unreachable-device", at(workload, "answer").where,
            fmt::format("no route leads from `{}`, where input `{}` arises, to `{}`, where the answer is wanted",
                        scenario_.name_of(source.device), scenario_.model->layer(source.input).name,
                        scenario_.name_of(scenario_.workload.answer_at)),
            "add links; each goes one way unless it says `between`");
        is_answered_ = false;
      }
    }
  }

  /// A device that no sample can go through, to and fro, is of no use.
  void check_devices() {
    const std::vector<bool> reached = table_.reached_from(sources_);
    const std::vector<bool> reaching = table_.reaching(scenario_.workload.answer_at);
    std::vector<std::vector<std::string>> idle(scenario_.devices.size());
    std::vector<bool> is_used(scenario_.devices.size(), false);
    for (std::size_t i = 0; i < table_.nodes().size(); ++i) {
      const DeviceRef ref = table_.nodes()[i];
      const auto device = static_cast<std::size_t>(ref.device);
      if (reached[i] && reaching[i]) {
        is_used[device] = true;
      } else {
        idle[device].push_back(scenario_.name_of(ref));
      }
    }
    bool is_any_used = false;
    for (std::size_t i = 0; i < scenario_.devices.size(); ++i) {
      const Device& device = scenario_.devices[i];
      if (!device.profile) continue;
      is_any_used = is_any_used || is_used[i];
      // Of a group whose samples' own member serves, the numbered names need no routes.
      const bool is_addressed_as_one = device.count == scenario_.workload.source_members;
      if (is_used[i] && (is_addressed_as_one || idle[i].empty())) continue;
      warn_idle(device, is_used[i] ? list_first(idle[i]) : device.name);
    }
    if (is_any_used || !is_answered_) return;
    const bool has_profile = std::any_of(scenario_.devices.begin(), scenario_.devices.end(),
                                         [](const Device& device) { return device.profile != nullptr; });
    if (has_profile) {
      context_.error("unreachable-device", at(context_.root, "devices").where,
                     "no device that computes has a route from an input and one to the answer",
                     "add links; each goes one way unless it says `between`");
    } else {
      context_.error("no-profile", at(context_.root, "devices").where,
                     "no device has a profile, so nothing runs layers", "give one a profile, as raspberry-pi-2");
    }
  }

  void warn_idle(const Device& device, const std::string& names) {
    const Node* node = node_at(context_.root, "devices", device.name);
    context_.warning("idle-device", node != nullptr ? node->key_where : Location{},
                     fmt::format("no route leads from an input over `{}` to the answer, so nothing runs there", names),
                     "add links to and from it, or leave it out");
  }

  /// Messages on a fifo link go one by one, on a fair link all at once: no rule says how one turns into the other.
  void check_disciplines() {
    const auto is_fair = [](const Link& link) { return link.discipline == Discipline::fair; };
    const auto fair = std::count_if(scenario_.links.begin(), scenario_.links.end(), is_fair);
    if (fair == 0 || fair == static_cast<std::ptrdiff_t>(scenario_.links.size())) return;
    std::set<DeviceRef> ends(sources_.begin(), sources_.end());
    ends.insert(scenario_.workload.answer_at);
    for (const Scenario::Place& place : scenario_.places()) ends.insert(place.device);
    if (ends.size() > most_ends_checked) return;
    std::set<std::string> met;
    for (const DeviceRef from : ends) {
      for (const DeviceRef to : ends) check_route(from, to, met);
    }
  }

  void check_route(DeviceRef from, DeviceRef to, std::set<std::string>& met) {
    const auto route = table_.route(from, to);
    if (!route) return;
    const Link* fair = nullptr;
    const Link* fifo = nullptr;
    for (const Hop& hop : *route) {
      const Link& link = scenario_.links[static_cast<std::size_t>(hop.link)];
      (link.discipline == Discipline::fair ? fair : fifo) = &link;
    }
    if (fair == nullptr || fifo == nullptr || !met.insert(fair->name + ' ' + fifo->name).second) return;
    const Node* links = context_.root.find("links");
    const Node* node = node_at(context_.root, "links", fair->name);
    context_.error("mixed-route", (node != nullptr ? *node : *links).where,
                   fmt::format("the route from `{}` to `{}` mixes the fair link `{}` with the fifo link `{}`",
                               scenario_.name_of(from), scenario_.name_of(to), fair->name, fifo->name),
                   "give all links of a route the same discipline");
  }

  ReadContext& context_;
  const Scenario& scenario_;
  const RouteTable table_;
  std::vector<DeviceRef> sources_;
  bool is_answered_ = true;
};

}  // namespace

void check_reach(ReadContext& context) { ReachCheck(context).run(); }

}  // namespace tiercut::scenarios
