// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/diagnostic.hpp"

/// Private to core: the text of a document as yaml-cpp gets it, and small questions about it.
namespace tiercut {

/// A source without byte order mark and with plain line feeds, which knows its columns in characters.
class DocumentText {
 public:
  explicit DocumentText(std::string_view source);

  const std::string& normalised() const { return text_; }

  /// What makes this text unfit for a YAML parser: not-utf8, control characters (yaml-syntax), too-deep.
  Diagnostics check(const std::string& name) const;

  /// The character at a byte position; 0 outside.
  char at(int position) const;

  /// False when a quote stands at the position and no other ends it.
  bool is_quote_closed(int position) const;

  /// Whether a tab stands in the indentation of the line in which `byte_column` bytes precede the position.
  bool is_indented_by_tab(int position, int byte_column) const;

  /// Characters in front of a byte position in its line, where `byte_column` bytes are.
  int column(int position, int byte_column) const;

 private:
  Location locate(const std::string& name, std::size_t position) const;
  std::string text_;
  std::vector<std::size_t> continuations_;  // positions of the second and later bytes of characters
};

/// Whether plain text is a number, perhaps with a unit, that begins with a needless zero: `007`, `012ms`, `-00.5`.
bool has_leading_zero(std::string_view text);

/// `parent.key`, the key in quotes where set_value needs them, and `parent[index]`.
std::string child_path(const std::string& parent, std::string_view key);
std::string child_path(const std::string& parent, std::size_t index);

}  // namespace tiercut
