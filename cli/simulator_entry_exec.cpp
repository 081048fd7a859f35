// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "cli/simulator_entry.hpp"

namespace tiercut::cli {

namespace {

char** command = nullptr;

}  // namespace

void remember_command(char** argv) { command = argv; }

Result<void> enter_simulator() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string program = (self.parent_path() / "tiercut-simulator").string();
  ::execv(program.c_str(), command);
  return fail("simulator-missing", "cannot start '" + program + "': " + std::strerror(errno),
              "it is built and installed beside tiercut");
}

Result<simulator::SimulationResult> run_simulator(const deployment::StageGraph& graph,
                                                  const simulator::Options& options,
                                                  const simulator::RecordSink& sink) {
  return simulator::simulate(graph, options, sink);
}

}  // namespace tiercut::cli
