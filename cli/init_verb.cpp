// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "cli/console.hpp"
#include "cli/starter_scenario.hpp"
#include "cli/subject.hpp"
#include "core/files.hpp"
#include "report/format_list.hpp"

namespace tiercut::cli {

ExitStatus run_init(const Arguments& arguments, Console& console) {
  if (const auto fine = refuse_overrides(arguments, "change the file that `init` writes"); !fine) {
    return console.refuse(fine.error());
  }
  const std::string file = arguments.files.empty() ? "tiercut.yaml" : arguments.files.front();
  std::error_code error;
  if (!arguments.is_forced && std::filesystem::is_regular_file(file, error)) {
    return console.refuse({{Severity::error,
                            "output-exists",
                            {file, 0, 0, {}},
                            "'" + file + "' is there already",
                            "name another file, or overwrite it with --force"}});
  }
  if (const auto written = write_file(file, starter_scenario()); !written) return console.refuse(written.error());
  return console.finish(
      arguments.is_json ? report::written_json(file) : "wrote " + file + "; next: tiercut plan " + file + "\n",
      ExitStatus::yes);
}

}  // namespace tiercut::cli
