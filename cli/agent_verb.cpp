// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <limits>
#include <mutex>
#include <optional>

#include "cli/console.hpp"
#include "cli/interrupt.hpp"
#include "cli/verb.hpp"
#include "core/schema.hpp"
#include "report/human.hpp"
#include "report/version.hpp"
#include "runtime/agent/agent.hpp"
#include "runtime/agent/announcement.hpp"
#include "runtime/agent/host.hpp"
#include "runtime/agent/zmq_port.hpp"

namespace tiercut::cli {

namespace {

constexpr const char* usual_listen = "0.0.0.0:7337";

std::vector<std::string> words_of(const std::string& list) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t comma = std::min(list.find(',', at), list.size());
    if (comma > at) words.push_back(list.substr(at, comma - at));
    at = comma + 1;
  }
  return words;
}

int port_of(const std::string& address) { return std::stoi(address.substr(address.rfind(':') + 1)); }

Result<std::uint64_t> memory_limit(const Arguments& arguments) {
  if (!arguments.memory) {
    const std::uint64_t available = runtime::memory_available();
    return available == 0 ? std::numeric_limits<std::uint64_t>::max() : available / 10 * 8;
  }
  const auto bytes = parse_quantity(*arguments.memory, Dimension::size);
  if (bytes && *bytes >= 1) return static_cast<std::uint64_t>(*bytes);
  return fail("bad-usage", "--memory " + *arguments.memory + " is no amount of memory", "write it as 512 MB");
}

}  // namespace

ExitStatus run_agent(const Arguments& arguments, Console& console) {
  const std::string name = arguments.name.value_or(runtime::host_name());
  const std::string folder = arguments.keys.value_or(runtime::default_keys_folder());
  if (arguments.is_init_keys) {
    if (const auto made = runtime::init_keys(folder, name); !made) return console.refuse(made.error());
    return console.finish(fmt::format("{0}/{1}.secret\n{0}/{1}.public\n", folder, name), ExitStatus::yes);
  }
  auto keys = runtime::read_keys(folder, name);
  if (!keys) return console.refuse(keys.error());
  const auto limit = memory_limit(arguments);
  if (!limit) return console.refuse(limit.error());

  runtime::AgentOptions options;
  options.name = name;
  options.version = std::string(report::version());
  options.profile = arguments.profile.value_or("");
  if (arguments.units) options.units = words_of(*arguments.units);
  if (options.units.empty()) {
    return console.refuse({{Severity::error, "bad-usage", {}, "--units names none", "write it as cpu,gpu"}});
  }
  options.threads = static_cast<int>(arguments.threads.value_or(1));
  options.memory_limit = *limit;
  // Peers are let in or refused on a thread of their own.
  const auto log = [&console, mutex = std::make_shared<std::mutex>()](const std::string& text) {
    const std::lock_guard lock(*mutex);
    console.note(text);
  };
  options.log = log;

  const Interruptible interruptible;
  runtime::ZmqPort port(std::move(*keys), log);
  std::string listening = "listening";
  std::vector<std::string> addresses;
  for (const std::string& address : words_of(arguments.listen.value_or(usual_listen))) {
    auto bound = port.listen(runtime::full_address(address));
    if (!bound) return console.refuse(bound.error());
    listening += " " + *bound;
    addresses.push_back(std::move(*bound));
  }
  if (const auto said = console.print(listening + "\n"); !said) return console.refuse(said.error());
  std::optional<runtime::Announcement> announcement;
  if (addresses.size() == 1 && addresses[0].find("://127.") == std::string::npos) {
    announcement.emplace(name, port_of(addresses[0]), log);
  }
  runtime::Agent agent(std::move(options), port);
  agent.serve([&] { return interruptible.is_interrupted(); });
  return ExitStatus::yes;
}

}  // namespace tiercut::cli
