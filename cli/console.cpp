// SPDX-License-Identifier: Apache-2.0
#include "cli/console.hpp"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>

namespace tiercut::cli {

namespace {

void write_error(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

Seconds wall_time() {
  return Seconds(std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count());
}

}  // namespace

Result<void> Console::print(std::string_view text) {
  const bool is_written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (is_written && std::fflush(stdout) == 0) return {};
  return fail("output-failed", "cannot write the result to stdout: " + std::string(std::strerror(errno)));
}

ExitStatus Console::finish(std::string_view text, ExitStatus status) {
  const auto printed = print(text);
  return printed ? status : refuse(printed.error());
}

void Console::tell(const Diagnostics& diagnostics) {
  for (const Diagnostic& diagnostic : diagnostics) {
    if (!is_quiet_ || diagnostic.severity == Severity::error) write_error(to_text(diagnostic));
  }
}

void Console::note(const std::string& message) {
  if (!is_quiet_) write_error("note: " + message + "\n");
}

ExitStatus Console::refuse(const Diagnostics& diagnostics) {
  tell(diagnostics);
  return ExitStatus::bad_input;
}

report::Progress Console::progress(std::string what) const {
  using Style = report::Progress::Style;
  const Style style = is_quiet_ ? Style::silent : ::isatty(STDERR_FILENO) == 1 ? Style::terminal : Style::lines;
  return report::Progress(std::move(what), style, wall_time, write_error);
}

}  // namespace tiercut::cli
