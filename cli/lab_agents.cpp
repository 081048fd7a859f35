// SPDX-License-Identifier: Apache-2.0
#include "cli/lab_agents.hpp"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>

#include "cli/lab_options.hpp"

namespace tiercut::cli {

struct LabAgents::State {
  std::string folder;  ///< of the sockets that the coordinator uses: a file system knows no namespaces of networks
  std::optional<lab::Lab> lab;
  std::vector<lab::Process> processes;
  runtime::StartedAgents agents;

  ~State() {
    for (lab::Process& process : processes) process.kill(SIGTERM);
    for (lab::Process& process : processes) process.wait(Seconds(2));
    processes.clear();
    lab.reset();
    std::error_code error;
    if (!folder.empty()) std::filesystem::remove_all(folder, error);
  }

  Result<std::string> listen_at(const std::string& device) const {
    const auto index = lab->find(device);
    if (!index) return tl::unexpected(index.error());
    return "ipc://" + folder + "/" + device + "," + lab->devices()[*index].address + ":7337";
  }
};

LabAgents::LabAgents() : state_(std::make_unique<State>()) {}
LabAgents::LabAgents(LabAgents&&) noexcept = default;
LabAgents& LabAgents::operator=(LabAgents&&) noexcept = default;
LabAgents::~LabAgents() = default;
const runtime::StartedAgents& LabAgents::agents() const { return state_->agents; }
lab::ForwarderReport LabAgents::report() const { return state_->lab->report(); }

Result<LabAgents> LabAgents::start(const scenarios::Scenario& scenario, const std::vector<std::string>& devices,
                                   const Arguments& arguments, Diagnostics& warnings) {
  const auto options = lab_options(arguments);
  if (!options) return tl::unexpected(options.error());
  LabAgents in_lab;
  State& state = *in_lab.state_;
  auto lab = lab::Lab::bring_up(scenario, *options, warnings);
  if (!lab) return tl::unexpected(std::move(lab.error()));
  state.lab = std::move(*lab);
  std::string folder = (std::filesystem::temp_directory_path() / "tiercut-lab-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) {
    return fail("local-agents-failed", "cannot make a folder for sockets: " + std::string(std::strerror(errno)));
  }
  state.folder = folder;
  for (const std::string& device : devices) {
    if (const auto where = state.listen_at(device); !where) return tl::unexpected(where.error());
  }
  auto started = runtime::start_agents(
      std::filesystem::read_symlink("/proc/self/exe").string(), devices,
      [&](const std::string& device) { return state.listen_at(device).value(); },
      [&](const std::string& device, const std::vector<std::string>& words, int output) -> Result<void> {
        lab::Spawn what;
        what.command = words;
        what.output = output;
        what.is_own_group = true;
        auto process = state.lab->spawn(state.lab->find(device).value(), what);
        if (!process) return tl::unexpected(std::move(process.error()));
        state.processes.push_back(std::move(*process));
        return {};
      });
  if (!started) return tl::unexpected(std::move(started.error()));
  state.agents = std::move(*started);
  return in_lab;
}

}  // namespace tiercut::cli
