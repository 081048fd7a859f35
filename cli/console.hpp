// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "cli/verb.hpp"
#include "core/diagnostic.hpp"
#include "report/progress.hpp"

namespace tiercut::cli {

/// The way out: results go to stdout, everything else to stderr.
class Console {
 public:
  explicit Console(bool is_quiet) : is_quiet_(is_quiet) {}

  /// Writes and flushes a result. A reader that went away (a closed pipe) ends the program as usual; a full disk is
  /// output-failed.
  Result<void> print(std::string_view text);

  /// Prints a result and ends a verb: `status`, or bad_input when it could not be written.
  ExitStatus finish(std::string_view text, ExitStatus status);

  /// Errors always, warnings and notes unless --quiet.
  void tell(const Diagnostics& diagnostics);
  void note(const std::string& message);

  /// Tells the errors and ends a verb.
  ExitStatus refuse(const Diagnostics& diagnostics);

  /// A progress line fit for what stderr is.
  report::Progress progress(std::string what) const;

 private:
  bool is_quiet_;
};

}  // namespace tiercut::cli
