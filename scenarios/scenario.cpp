// SPDX-License-Identifier: Apache-2.0
#include "scenarios/scenario.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "scenarios/limits.hpp"

namespace tiercut::scenarios {

std::string_view to_text(Escalation escalation) { return escalation == Escalation::after ? "after" : "eager"; }

std::string_view to_text(Arrivals::Process process) {
  switch (process) {
    case Arrivals::Process::periodic:
      return "periodic";
    case Arrivals::Process::poisson:
      return "poisson";
    case Arrivals::Process::bursty:
      return "bursty";
    case Arrivals::Process::trace:
      return "trace";
  }
  throw std::logic_error("no such process of arrivals");
}

int Scenario::find_device(std::string_view device_name) const {
  const auto found =
      std::find_if(devices.begin(), devices.end(), [&](const Device& device) { return device.name == device_name; });
  return found == devices.end() ? -1 : static_cast<int>(found - devices.begin());
}

std::string Scenario::name_of(DeviceRef ref) const {
  const std::string& group = device(ref).name;
  return ref.member == 0 ? group : group + "." + std::to_string(ref.member);
}

std::optional<DeviceRef> Scenario::find_ref(std::string_view text) const {
  if (const int index = find_device(text); index >= 0) return DeviceRef{index, 0};
  const std::size_t dot = text.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const int index = find_device(text.substr(0, dot));
  if (index < 0) return std::nullopt;
  const std::string_view digits = text.substr(dot + 1);
  int member = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), member);
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size() || digits.front() == '0') return std::nullopt;
  const int count = devices[static_cast<std::size_t>(index)].count;
  if (member < 1 || member > count || count > most_named_members) return std::nullopt;
  // A group shrunk to one by --set is a single device.
  return DeviceRef{index, count == 1 ? 0 : member};
}

int Scenario::copies_of(const Link& link) const {
  int copies = 1;
  if (link.is_shared) return copies;
  for (const std::vector<DeviceRef>* ends : {&link.from, &link.to}) {
    for (const DeviceRef end : *ends) {
      if (end.member == 0) copies = std::max(copies, device(end).count);
    }
  }
  return copies;
}

std::vector<Scenario::Place> Scenario::places() const {
  std::vector<Place> places;
  for (std::size_t i = 0; i < devices.size(); ++i) {
    const Device& candidate = devices[i];
    if (!candidate.profile) continue;
    const bool is_addressed_as_one = candidate.count == 1 || candidate.count == workload.source_members;
    const int members = is_addressed_as_one ? 0 : candidate.count > most_named_members ? -1 : candidate.count;
    for (int member = members == 0 ? 0 : 1; member <= members; ++member) {
      for (std::size_t unit = 0; unit < candidate.profile->units.size(); ++unit) {
        places.push_back({{static_cast<int>(i), member}, static_cast<int>(unit)});
      }
    }
  }
  return places;
}

bool Scenario::has_open_thresholds() const {
  return std::any_of(exits.begin(), exits.end(), [](const auto& exit) { return exit && exit->is_open; });
}

std::string Scenario::name_of(const Place& place) const {
  const std::string where = name_of(place.device);
  const profiles::ProfilePointer& profile = device(place.device).profile;
  if (!profile || profile->units.size() < 2) return where;
  return where + ":" + profile->units[static_cast<std::size_t>(place.unit)].name;
}

Scenario with_link_latency(const Scenario& base, const std::vector<int>& links, Seconds latency) {
  Scenario changed = base;
  for (const int link : links) changed.links[static_cast<std::size_t>(link)].latency = latency;
  changed.hash.clear();
  changed.prepare();
  return changed;
}

}  // namespace tiercut::scenarios
