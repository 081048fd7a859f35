// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/diagnostic.hpp"

/// A YAML file as a tree of plain values that know where they stand in the file. Reading is strict: duplicate keys,
/// anchors and aliases, tags, several documents, numbers with leading zeros, non-UTF-8 text, nesting deeper than 64
/// and files over 4 MiB are errors, all reported at once.
namespace tiercut {

enum class NodeKind { null, scalar, list, map };

class Node {
 public:
  // Out of line: clang cannot derive these while the pairs below still hold an incomplete Node.
  Node();
  Node(const Node&);
  Node(Node&&) noexcept;
  Node& operator=(const Node&);
  Node& operator=(Node&&) noexcept;
  ~Node();

  NodeKind kind = NodeKind::null;
  std::string text;                                  ///< scalar: its text as written, unquoted
  bool is_quoted = false;                            ///< scalar: written in quotes, so text and never a number
  std::vector<Node> items;                           ///< list: its elements
  std::vector<std::pair<std::string, Node>> fields;  ///< map: in the order of the file
  Location where;                                    ///< of the value
  Location key_where;                                ///< of the key that names it, in a map

  /// The value under `key`, or null when this is no map or has no such key.
  const Node* find(std::string_view key) const;
  Node* find(std::string_view key);
};

/// A parsed file and the exact bytes it was parsed from (hashes are taken over these).
struct Document {
  std::string file;  ///< the name used in diagnostics
  std::string source;
  Node root;
  Diagnostics defects;  ///< with Defects::keep: what is wrong with the text though the tree is whole; `check` reports it
};

/// What becomes of errors that leave the tree whole (duplicate-key, number-leading-zero, yaml-tag): refused like any
/// other, or kept in the document, so that a reader can report them together with everything that `check` finds.
enum class Defects { refuse, keep };

inline constexpr std::size_t largest_document_bytes = 4u << 20;

/// Reads and parses a file. Fails with file-not-found, file-is-directory, file-unreadable, file-too-large,
/// file-empty, yaml-syntax, duplicate-key, yaml-anchor, yaml-tag, number-leading-zero, not-utf8, too-deep.
Result<Document> read_document(const std::string& path, Defects defects = Defects::refuse);

/// The same for text in memory; `name` stands for the file in diagnostics.
Result<Document> parse_document(std::string source, std::string name, Defects defects = Defects::refuse);

/// Replaces or adds the value at a dotted path (`links.up.latency`, `pins[0].device`), as `--set path=value` does. The
/// text is parsed as YAML (so `[1, 2]` is a list). Missing map keys are created; a missing list index is an error.
/// Locations of the new nodes name `--set`. Fails with set-syntax, set-path.
Result<void> set_value(Document& document, std::string_view assignment);

/// One step of a dotted path: a key, or an index when `index` is set.
struct PathStep {
  std::string key;
  std::optional<std::size_t> index;
};
using ValuePath = std::vector<PathStep>;

/// The left side of an assignment by itself, read once for many put_value. Fails with set-syntax at `where`.
Result<ValuePath> parse_path(std::string_view text, const Location& where);

/// What set_value does, for a value that is a node already: its nodes keep file, line and column and get the paths of
/// their new place. Fails with set-path at the value's location, and may then leave new, empty keys behind.
Result<void> put_value(Node& root, const ValuePath& path, Node value);

}  // namespace tiercut
