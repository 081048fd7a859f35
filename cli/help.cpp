// SPDX-License-Identifier: Apache-2.0
#include "cli/help.hpp"

#include <algorithm>

#include "report/version.hpp"

namespace tiercut::cli {

namespace {

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

std::string option_line(const Option& option) {
  std::string line = "  ";
  line += option.name;
  if (!option.argument.empty()) line.append(" ").append(option.argument);
  line = padded(std::move(line), 22);
  line += option.meaning;
  return line + "\n";
}

}  // namespace

std::string overview() {
  std::string text = "tiercut " + std::string(report::version()) +
                     ": where each layer of a neural network runs, and how fast\n"
                     "usage: tiercut VERB ... [--json] [--quiet] [--set PATH=VALUE]... | --version\n\n";
  for (const Verb& verb : all_verbs()) {
    text += padded("  " + std::string(verb.name), 12) + std::string(verb.summary) + "\n";
  }
  return text + "\n" + std::string(first_steps()) +
         "Exit status: 0 yes, 1 no, 2 bad usage or input, 3 fault, 130 interrupted\n";
}

std::string help_of(const Verb& verb) {
  std::string text = "usage: tiercut " + std::string(verb.name) +
                     (verb.files.empty() ? "" : " " + std::string(verb.files)) + " [OPTIONS]" +
                     (verb.command.empty() ? "" : " " + std::string(verb.command)) + "\n" +
                     std::string(verb.summary) + "\n\n";
  for (const Option& option : verb.options) text += option_line(option);
  for (const Option& option : common_options()) text += option_line(option);
  text += "\n";
  for (const std::string_view note : verb.notes) text += std::string(note) + "\n";
  text += verb.examples.size() > 1 ? "examples\n" : "example\n";
  for (const std::string_view example : verb.examples) text += "  tiercut " + std::string(example) + "\n";
  return text;
}

}  // namespace tiercut::cli
