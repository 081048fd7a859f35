// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>

#include <charconv>
#include <filesystem>
#include <optional>

#include "cli/console.hpp"
#include "cli/interrupt.hpp"
#include "cli/lab_options.hpp"
#include "cli/subject.hpp"
#include "cli/verb.hpp"
#include "core/files.hpp"
#include "deployment/plan.hpp"
#include "runtime/lab/lab.hpp"
#include "runtime/lab/self_test.hpp"

namespace tiercut::cli {

namespace {

/// The verb ends as the command did, which may be any status.
ExitStatus status_of(int command) { return static_cast<ExitStatus>(command); }

/// `pi=0.5` as (pi, 0.5); `forwarder` is a name like any other here.
template <class Value>
Result<void> read_settings(const std::vector<std::string>& words, std::string_view option,
                           std::map<std::string, Value>& settings) {
  for (const std::string& word : words) {
    const std::size_t at = word.rfind('=');
    Value value{};
    const char* const end = word.data() + word.size();
    const auto read = at == std::string::npos ? std::from_chars_result{end, std::errc::invalid_argument}
                                              : std::from_chars(word.data() + at + 1, end, value);
    if (read.ec != std::errc{} || read.ptr != end || at == 0) {
      return fail("bad-usage", fmt::format("{} takes DEVICE=NUMBER, not '{}'", option, word),
                  fmt::format("as {} pi={}", option, option == "--cpu" ? "0.5" : "1"));
    }
    settings[word.substr(0, at)] = value;
  }
  return {};
}

}  // namespace

Result<lab::Options> lab_options(const Arguments& arguments) {
  lab::Options options;
  if (arguments.network) options.network = *arguments.network;
  if (arguments.seed) options.seed = static_cast<std::uint64_t>(*arguments.seed);
  if (arguments.is_counting_packets) options.count = lab::Count::packets;
  if (auto read = read_settings(arguments.processors, "--cpu", options.processors); !read) {
    return tl::unexpected(read.error());
  }
  if (auto read = read_settings(arguments.pinned, "--pin", options.pinned); !read) return tl::unexpected(read.error());
  if (const auto own = options.pinned.find("forwarder"); own != options.pinned.end()) {
    options.forwarder_processor = own->second;
    options.pinned.erase(own);
  }
  return options;
}

namespace {

ExitStatus run_enter(const Arguments& arguments, Console& console) {
  if (arguments.files.size() < 2) {
    return console.refuse(
        {{Severity::error, "bad-usage", {}, "`lab enter` wants a device", "lab enter pi -- ping cloud"}});
  }
  lab::Spawn what;
  what.command = arguments.command.empty() ? std::vector<std::string>{"sh"} : arguments.command;
  std::optional<pid_t> which;
  if (arguments.lab) which = static_cast<pid_t>(*arguments.lab);
  const auto status = lab::enter(which, arguments.files[1], what);
  return status ? status_of(*status) : console.refuse(status.error());
}

Result<std::vector<std::pair<std::string, std::string>>> environment_from(const Arguments& arguments,
                                                                          const scenarios::Scenario& scenario,
                                                                          Console& console) {
  std::vector<std::pair<std::string, std::string>> environment;
  environment.emplace_back("TIERCUT_LAB_SCENARIO", std::filesystem::absolute(scenario.file).string());
  if (!arguments.plan) return environment;
  Diagnostics warnings;
  const auto plan = deployment::read_plan(*arguments.plan, scenario, warnings);
  if (!plan) return tl::unexpected(plan.error());
  console.tell(warnings);
  environment.emplace_back("TIERCUT_LAB_PLAN", std::filesystem::absolute(*arguments.plan).string());
  return environment;
}

ExitStatus run_command(const Arguments& arguments, const scenarios::Scenario& scenario, lab::Lab& lab,
                       Console& console) {
  const auto device =
      arguments.at ? lab.find(*arguments.at) : Result<std::size_t>(lab.find(scenario.workload.answer_at));
  if (!device) return console.refuse(device.error());
  lab::Spawn what;
  what.command = arguments.command;
  auto environment = environment_from(arguments, scenario, console);
  if (!environment) return console.refuse(environment.error());
  what.environment = std::move(*environment);
  const Interruptible interruptible;
  auto process = lab.spawn(*device, what);
  if (!process) return console.refuse(process.error());
  for (bool is_told = false;;) {
    if (const auto status = process->wait(Seconds(0.1))) {
      return interruptible.is_interrupted() ? ExitStatus::interrupted : status_of(*status);
    }
    if (interruptible.is_interrupted() && !is_told) {
      process->kill(SIGTERM);
      is_told = true;
    }
  }
}

void stay_up(const lab::Lab& lab, Console& console) {
  for (std::size_t i = 0; i < lab.devices().size(); ++i) {
    console.note(fmt::format("{} is {}: {}", lab.devices()[i].name, lab.devices()[i].address, lab.enter_line(i)));
  }
  console.note(fmt::format("the lab is up; `tiercut lab enter {} -- COMMAND` runs something in it, Ctrl-C ends it",
                           lab.devices().front().name));
  const Interruptible interruptible;
  sigset_t none;
  sigemptyset(&none);
  // Looked at again every second: a signal may come between the look and the wait.
  for (const timespec second{1, 0}; !interruptible.is_interrupted();) ::ppoll(nullptr, 0, &second, &none);
}

ExitStatus run_self_test(const Arguments& arguments, const scenarios::Scenario& scenario, const lab::Lab& lab,
                         Console& console) {
  const Interruptible interruptible;
  const auto test = lab::self_test(scenario, lab, interruptible.stop());
  if (!test) return console.refuse(test.error());
  if (interruptible.is_interrupted()) return ExitStatus::interrupted;
  return console.finish(arguments.is_json ? lab::self_test_json(*test) : lab::self_test_text(*test), ExitStatus::yes);
}

ExitStatus tell_report(const Arguments& arguments, const lab::Lab& lab, ExitStatus status, Console& console) {
  const lab::ForwarderReport report = lab.report();
  if (arguments.out) {
    if (auto written = write_file(*arguments.out, lab::report_json(report) + "\n"); !written) {
      return console.refuse(written.error());
    }
  }
  if (arguments.is_json) return console.finish(lab::report_json(report) + "\n", status);
  std::string text = lab::report_text(report);
  while (text.ends_with('\n')) text.pop_back();
  console.note(text);
  return status;
}

}  // namespace

const Verb& lab_verb() {
  static const Verb verb = {
      "lab",
      "a deployment on this machine: devices as namespaces, real links",
      "SCENARIO | enter DEVICE",
      1,
      2,
      {{"--at", "DEVICE", "where COMMAND runs; default: where the answer is wanted", &Arguments::at},
       {"--plan", "FILE", "checked, and handed on as $TIERCUT_LAB_PLAN", &Arguments::plan},
       {"--self-test", "", "measure the lab itself: delays, rates, losses", &Arguments::is_self_test},
       {"--cpu", "DEVICE=N", "processor time a second: pi=0.5 is half of one", &Arguments::processors},
       {"--pin", "DEVICE=CPU", "run it on this processor (also: forwarder)", &Arguments::pinned},
       {"--count-packets", "", "bandwidth counts headers too, not only messages", &Arguments::is_counting_packets},
       {"--network", "RANGE", "of private addresses; default 10.77.0.0/16", &Arguments::network},
       {"--seed", "S", "of jitter and loss; default 1", &Arguments::seed},
       {"--lab", "PID", "which lab to enter, when several are up", &Arguments::lab, 1, 1 << 30},
       {"--out", "FILE", "the forwarder's error and counts as JSON", &Arguments::out}},
      {"Ends with COMMAND, and as it did; without one, with Ctrl-C."},
      {"lab big-little/after -- ping -c 5 cloud"},
      run_lab,
      "[-- COMMAND...]"};
  return verb;
}

ExitStatus run_lab(const Arguments& arguments, Console& console) {
  if (arguments.files.front() == "enter") return run_enter(arguments, console);
  if (arguments.files.size() > 1) {
    return console.refuse({{Severity::error,
                            "bad-usage",
                            {},
                            "'" + arguments.files[1] + "' is one too many",
                            "a command to run stands after --"}});
  }
  const auto scenario = read_subject(arguments, console);
  if (!scenario) return console.refuse(scenario.error());
  const auto options = lab_options(arguments);
  if (!options) return console.refuse(options.error());
  if (arguments.at && !(*scenario)->find_ref(*arguments.at)) {
    std::vector<std::string> names;
    for (const auto& device : (*scenario)->devices) names.push_back(device.name);
    const std::string guess = did_you_mean(*arguments.at, names);
    return console.refuse({{Severity::error,
                            "unknown-device",
                            {},
                            "--at: the scenario has no device '" + *arguments.at + "'",
                            guess.empty() ? "devices: " + list_words(names) : "did you mean " + guess + "?"}});
  }
  Diagnostics warnings;
  auto lab = lab::Lab::bring_up(**scenario, *options, warnings);
  if (!lab) return console.refuse(lab.error());
  console.tell(warnings);
  if (arguments.is_self_test) return run_self_test(arguments, **scenario, *lab, console);
  ExitStatus status = ExitStatus::interrupted;
  if (arguments.command.empty()) {
    if (auto environment = environment_from(arguments, **scenario, console); !environment) {
      return console.refuse(environment.error());
    }
    stay_up(*lab, console);
  } else {
    status = run_command(arguments, **scenario, *lab, console);
  }
  return tell_report(arguments, *lab, status, console);
}

}  // namespace tiercut::cli
