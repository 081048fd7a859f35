// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/console.hpp"
#include "cli/help.hpp"
#include "cli/interrupt.hpp"
#include "cli/simulator_entry.hpp"
#include "report/version.hpp"

namespace tiercut::cli {

namespace {

ExitStatus run(const std::vector<std::string>& words) {
  Console console(false);
  if (words.empty()) {
    console.tell({{Severity::error, "bad-usage", {}, "a verb is missing", "`tiercut --help` lists them"}});
    return ExitStatus::bad_input;
  }
  const std::string& word = words.front();
  if (word == "--version") return console.finish("tiercut " + std::string(report::version()) + "\n", ExitStatus::yes);
  if (word == "--help" || word == "-h" || word == "help") {
    const Verb* about = words.size() > 1 ? find_verb(words[1]) : nullptr;
    return console.finish(about == nullptr ? overview() : help_of(*about), ExitStatus::yes);
  }
  const Verb* verb = find_verb(word);
  if (verb == nullptr) return console.refuse(unknown_verb(word));
  const auto arguments = parse(*verb, {words.begin() + 1, words.end()});
  if (!arguments) return console.refuse(arguments.error());
  if (arguments->is_help) return console.finish(help_of(*verb), ExitStatus::yes);
  Console verb_console(arguments->is_quiet);
  return verb->run(*arguments, verb_console);
}

}  // namespace

}  // namespace tiercut::cli

int main(int argc, char** argv) {
  using namespace tiercut::cli;
  try {
    handle_interrupts();
    remember_command(argv);
    return static_cast<int>(run({argv + std::min(argc, 1), argv + argc}));
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "internal fault: %s\n", fault.what());
  } catch (...) {
    std::fprintf(stderr, "internal fault: unknown\n");
  }
  std::fprintf(stderr,
               "  This is a defect of tiercut, not of your files. Please report it with the command, its files, this\n"
               "  message and `tiercut --version` (see CONTRIBUTING.md).\n");
  return static_cast<int>(ExitStatus::internal_fault);
}
