// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

/// Errors are values. A function that can fail on a user's input returns Result<T>: the value, or every diagnostic
/// that was found (a reader collects all errors of a file before it gives up). Exceptions are for broken invariants.
namespace tiercut {

enum class Severity { error, warning, note };

/// Where in a user's file: 1-based line and column; 0 where there is none. `path` is the way to the value inside the
/// document, as `links.up.latency` or `layers[3].kernel`.
struct Location {
  std::string file;
  int line = 0;
  int column = 0;
  std::string path;
};

/// One thing to tell the user. `code` is stable and documented in docs/diagnostics.md, as `unknown-key`.
struct Diagnostic {
  Severity severity = Severity::error;
  std::string code;
  Location where;
  std::string message;  ///< what is wrong, naming the bad value
  std::string hint;     ///< what to do about it; may be empty
};

using Diagnostics = std::vector<Diagnostic>;

template <class T>
using Result = tl::expected<T, Diagnostics>;

bool has_errors(const Diagnostics& diagnostics);

/// `file:line:column: error[code]: message` with the path and hint on lines of their own; ends in a newline.
std::string to_text(const Diagnostic& diagnostic);
std::string to_text(const Diagnostics& diagnostics);

/// A Result's error part that holds one diagnostic.
tl::unexpected<Diagnostics> fail(std::string code, std::string message, std::string hint = {}, Location where = {});

/// The candidate nearest to `word` by edit distance, when near enough to be a slip of the keyboard; else empty.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

/// "a, b and c", for messages that list the valid values.
std::string list_words(const std::vector<std::string>& words);

}  // namespace tiercut
