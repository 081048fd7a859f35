// SPDX-License-Identifier: Apache-2.0
#include "report/notes.hpp"

#include <set>

namespace tiercut::report {

std::string notes_text(const Diagnostics& notes) {
  std::string text;
  std::set<std::string> seen;
  for (const Diagnostic& note : notes) {
    const char* kind = note.severity == Severity::error     ? "error"
                       : note.severity == Severity::warning ? "warning"
                                                            : "note";
    const std::string line = std::string(kind) + ": " + note.message + "\n";
    if (seen.insert(line).second) text += line;
  }
  return text;
}

}  // namespace tiercut::report
