// SPDX-License-Identifier: Apache-2.0
#include "cli/verb.hpp"

#include <algorithm>

namespace tiercut::cli {

std::span<const Option> common_options() {
  static const std::vector<Option> options = {
      {"--json", "", "the result as JSON", &Arguments::is_json},
      {"--quiet", "", "only errors on stderr: no progress, warnings or notes", &Arguments::is_quiet},
      {"--set", "PATH=VALUE", "override a value of the scenario; repeatable", &Arguments::overrides},
      {"--help", "", "this text", &Arguments::is_help},
  };
  return options;
}

const Verb* find_verb(std::string_view name) {
  const auto found = std::ranges::find(all_verbs(), name, &Verb::name);
  return found == all_verbs().end() ? nullptr : &*found;
}

}  // namespace tiercut::cli
