// SPDX-License-Identifier: Apache-2.0
// Verbs that talk to other machines, in the programs that are linked without ZeroMQ: loading it takes 4 ms, as long as
// a whole `plan`. They become `tiercut-runtime`, the same verbs with it.
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "cli/console.hpp"
#include "cli/verb.hpp"

namespace tiercut::cli {

namespace {

ExitStatus enter_runtime(Console& console) {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string program = (self.parent_path() / "tiercut-runtime").string();
  std::ifstream in("/proc/self/cmdline", std::ios::binary);
  std::string words{std::istreambuf_iterator<char>(in), {}};
  std::vector<char*> arguments;
  for (std::size_t at = 0; at < words.size(); at = words.find('\0', at) + 1) arguments.push_back(words.data() + at);
  arguments.push_back(nullptr);
  ::execv(program.c_str(), arguments.data());
  return console.refuse({{Severity::error,
                          "runtime-missing",
                          {},
                          "cannot start '" + program + "': " + std::strerror(errno),
                          "it is built and installed beside tiercut"}});
}

}  // namespace

ExitStatus run_agent(const Arguments&, Console& console) { return enter_runtime(console); }
ExitStatus run_run(const Arguments&, Console& console) { return enter_runtime(console); }
ExitStatus run_devices(const Arguments&, Console& console) { return enter_runtime(console); }

}  // namespace tiercut::cli
