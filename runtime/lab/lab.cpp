// SPDX-License-Identifier: Apache-2.0
#include "runtime/lab/lab.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "runtime/lab/device_network.hpp"
#include "runtime/lab/door.hpp"
#include "runtime/lab/forwarder.hpp"
#include "runtime/lab/keeper.hpp"
#include "runtime/lab/processor_quota.hpp"
#include "runtime/lab/program.hpp"

namespace tiercut::lab {
namespace {

/// The setting of a device, or of its group.
template <class Value>
std::optional<Value> setting_of(const std::map<std::string, Value>& settings, const LabDevice& device) {
  if (const auto own = settings.find(device.name); own != settings.end()) return own->second;
  if (device.ref.member == 0) return std::nullopt;
  const auto group = settings.find(device.name.substr(0, device.name.rfind('.')));
  return group != settings.end() ? std::optional(group->second) : std::nullopt;
}

Result<void> check_processors(const Options& options) {
  const long count = sysconf(_SC_NPROCESSORS_CONF);
  Diagnostics slips;
  const auto check = [&](const std::string& who, int processor) {
    if (processor >= 0 && processor < count) return;
    slips.push_back({Severity::error,
                     "out-of-range",
                     {},
                     fmt::format("{} cannot run on processor {}", who, processor),
                     fmt::format("this machine has processors 0 to {}", count - 1)});
  };
  for (const auto& [name, processor] : options.pinned) check("device " + name, processor);
  if (options.forwarder_processor) check("the forwarder", *options.forwarder_processor);
  for (const auto& [name, share] : options.processors) {
    if (share > 0 && share <= 1024) continue;
    slips.push_back({Severity::error,
                     "out-of-range",
                     {},
                     fmt::format("device {} cannot have {} processors", name, share),
                     "0.5 is half of one"});
  }
  if (!slips.empty()) return tl::unexpected(std::move(slips));
  return {};
}

}  // namespace

/// Destroyed from the last member to the first, programs before everything.
struct Lab::State {
  Layout layout;
  std::vector<LabDevice> devices;
  std::vector<OwnedFd> networks;
  std::vector<std::string> control_groups;  // by device; empty: none
  std::vector<std::optional<int>> processors;
  std::string devices_text;
  std::optional<Keeper> keeper;
  std::unique_ptr<Forwarder> forwarder;
  std::unique_ptr<Door> door;
  std::vector<std::shared_ptr<Process::State>> programs;

  ~State() {
    door.reset();
    if (keeper) keeper->end_programs();
    for (const auto& program : programs) program->wait(Seconds::infinite());
    keeper.reset();
  }

  Room room_of(std::size_t device) const {
    return {networks[device].get(), keeper->process_space(), keeper->mount_space(), control_groups[device],
            processors[device]};
  }

  std::string plan_text() const {
    nlohmann::json plan = {{"processes", keeper->process_space()},
                           {"mounts", keeper->mount_space()},
                           {"text", devices_text},
                           {"devices", nlohmann::json::array()}};
    for (std::size_t i = 0; i < devices.size(); ++i) {
      plan["devices"].push_back({{"name", devices[i].name},
                                 {"network", networks[i].get()},
                                 {"control_group", control_groups[i]},
                                 {"processor", processors[i].value_or(-1)}});
    }
    return plan.dump();
  }
};

Result<Lab> Lab::bring_up(const scenarios::Scenario& scenario, const Options& options, Diagnostics& warnings) {
  if (auto checked = check_processors(options); !checked) return tl::unexpected(checked.error());
  auto layout = lay_out(scenario, options, warnings);
  if (!layout) return tl::unexpected(layout.error());
  if (::geteuid() != 0) {
    return fail("lab-not-root", "only root can make network namespaces", "run it with sudo");
  }
  auto state = std::make_unique<State>();
  state->layout = std::move(*layout);
  auto networks = make_networks(state->layout, warnings);
  if (!networks) return tl::unexpected(networks.error());
  std::vector<OwnedFd> tuns;
  for (DeviceNetwork& network : *networks) {
    state->networks.push_back(std::move(network.space));
    tuns.push_back(std::move(network.tun));
  }
  std::string hosts;
  std::vector<std::string> groups;
  for (const Node& node : state->layout.nodes) {
    const LabDevice& device = node.device;
    state->devices.push_back(device);
    hosts += device.address + " " + device.name + "\n";
    state->devices_text += (state->devices_text.empty() ? "" : " ") + device.name + "=" + device.address;
    const auto share = setting_of(options.processors, device);
    state->control_groups.push_back(share ? make_quota(device.name, *share, warnings) : "");
    if (!state->control_groups.back().empty()) groups.push_back(state->control_groups.back());
    state->processors.push_back(setting_of(options.pinned, device));
  }
  auto keeper = Keeper::start(hosts, groups);
  if (!keeper) {
    for (const std::string& group : groups) ::rmdir(group.c_str());
    return tl::unexpected(keeper.error());
  }
  state->keeper.emplace(std::move(*keeper));
  state->forwarder = std::make_unique<Forwarder>(state->layout, std::move(tuns), options);
  state->door = std::make_unique<Door>(state->plan_text());
  return Lab(std::move(state));
}

Lab::Lab(std::unique_ptr<State> state) : state_(std::move(state)) {}
Lab::Lab(Lab&&) noexcept = default;
Lab& Lab::operator=(Lab&&) noexcept = default;
Lab::~Lab() = default;

const std::vector<LabDevice>& Lab::devices() const { return state_->devices; }

Result<std::size_t> Lab::find(std::string_view device) const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < state_->devices.size(); ++i) {
    const std::string& name = state_->devices[i].name;
    if (name == device || name == std::string(device) + ".1") return i;
    names.push_back(name);
  }
  const std::string guess = did_you_mean(device, names);
  return fail("unknown-device", "the lab has no device '" + std::string(device) + "'",
              guess.empty() ? "devices: " + list_words(names) : "did you mean " + guess + "?");
}

std::size_t Lab::find(scenarios::DeviceRef ref) const {
  const auto same = [&](const LabDevice& device) {
    return device.ref.device == ref.device && device.ref.member >= ref.member;
  };
  return static_cast<std::size_t>(std::find_if(state_->devices.begin(), state_->devices.end(), same) -
                                  state_->devices.begin());
}

Result<Process> Lab::spawn(std::size_t device, const Spawn& what) {
  Spawn inside = what;
  inside.environment.emplace(inside.environment.begin(), "TIERCUT_LAB_DEVICES", state_->devices_text);
  inside.environment.emplace(inside.environment.begin(), "TIERCUT_LAB_DEVICE", state_->devices[device].name);
  inside.environment.emplace(inside.environment.begin(), "TIERCUT_LAB_HOSTS", "/etc/hosts");
  auto started = start_program(state_->room_of(device), inside);
  if (!started) return tl::unexpected(started.error());
  std::erase_if(state_->programs, [](const auto& program) { return program->status.has_value(); });
  state_->programs.push_back(*started);
  return Process(std::move(*started));
}

void Lab::inside(std::size_t device, const std::function<void()>& work) const {
  std::thread([&] {
    if (::setns(state_->networks[device].get(), CLONE_NEWNET) == 0) work();
  }).join();
}

ForwarderReport Lab::report() const { return state_->forwarder->report(); }

std::string Lab::enter_line(std::size_t device) const {
  const auto space = [](int fd) { return fmt::format("/proc/{}/fd/{}", ::getpid(), fd); };
  return fmt::format("nsenter --net={} --mount={} --pid={} sh", space(state_->networks[device].get()),
                     space(state_->keeper->mount_space()), space(state_->keeper->process_space()));
}

}  // namespace tiercut::lab
