// SPDX-License-Identifier: Apache-2.0
// The verbs of the profiler for boards.
#include <array>

#include "cli/console.hpp"
#include "cli/simulator_entry.hpp"
#include "cli/verb.hpp"
#include "profiles/profile.hpp"

namespace tiercut::cli {

namespace {

ExitStatus check_profiles(const Arguments& arguments, Console& console) {
  std::string text;
  for (const std::string& file : arguments.files) {
    const auto profile = profiles::read_profile(file);
    if (!profile) return console.refuse(profile.error());
    text += file + ": sound\n";
  }
  return console.finish(text, ExitStatus::yes);
}

const std::array<Verb, 2>& table() {
  static const std::array<Verb, 2> verbs = {profile_verb(), Verb{.name = "check",
                                                                 .summary = "is a profile sound",
                                                                 .files = "PROFILE...",
                                                                 .least_files = 1,
                                                                 .most_files = 1000,
                                                                 .options = {},
                                                                 .notes = {},
                                                                 .examples = {"check mine.yaml"},
                                                                 .run = check_profiles}};
  return verbs;
}

}  // namespace

std::span<const Verb> all_verbs() { return table(); }

std::string_view first_steps() {
  return "This is the profiler alone, for a board; start with\n"
         "  ./tiercut-profiler profile --quick --out board.yaml\n";
}

void remember_command(char**) {}

}  // namespace tiercut::cli
