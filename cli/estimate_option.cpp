// SPDX-License-Identifier: Apache-2.0
#include "cli/estimate_option.hpp"

#include "cli/console.hpp"
#include "core/files.hpp"
#include "kernels/estimate/estimated_profile.hpp"

namespace tiercut::cli {

ExitStatus write_estimate(const Arguments& arguments, Console& console) {
  if (arguments.is_quick || arguments.is_cold || arguments.is_resumed || arguments.model || arguments.threads ||
      arguments.backend || arguments.budget ||
      arguments.checked || arguments.shapes) {
    return console.refuse({{Severity::error,
                            "bad-usage",
                            {},
                            "--estimate measures nothing and takes only --out",
                            "leave out the options of measuring"}});
  }
  const auto text = kernels::estimated_profile_yaml(*arguments.estimate);
  if (!text) return console.refuse(text.error());
  if (!arguments.out) return console.finish(*text, ExitStatus::yes);
  if (const auto written = write_file(*arguments.out, *text); !written) return console.refuse(written.error());
  return console.finish("wrote " + *arguments.out + ": an estimate, nothing was measured\n", ExitStatus::yes);
}

}  // namespace tiercut::cli
