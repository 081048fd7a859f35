// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "core/document.hpp"
#include "core/document_text.hpp"
#include "core/schema_scalars.hpp"

namespace tiercut {

namespace {

using Step = PathStep;

struct Assignment {
  ValuePath steps;
  std::string_view value;
};

constexpr const char* form =
    "write path=value, as links.up.latency=20ms, pins[0].device=pi or inputs.\"cameras.1\"=edge";

// Reads the path up to its `=`. The place where it stops making sense is the error.
class PathReader {
 public:
  PathReader(std::string_view text, const Location& where) : text_(text), where_(where) {}

  Result<Assignment> read() {
    Assignment assignment;
    while (true) {
      if (Result<void> step = read_key(assignment); !step) return tl::unexpected(std::move(step.error()));
      while (peek() == '[') {
        if (Result<void> step = read_index(assignment); !step) return tl::unexpected(std::move(step.error()));
      }
      if (peek() == '=') break;
      if (peek() != '.') return refuse(is_at_end() ? "has no '='" : "has text after a closing bracket or quote");
      ++position_;
    }
    assignment.value = text_.substr(position_ + 1);
    return assignment;
  }

 private:
  bool is_at_end() const { return position_ >= text_.size(); }
  char peek() const { return is_at_end() ? '\0' : text_[position_]; }

  tl::unexpected<Diagnostics> refuse(const std::string& what) const {
    return fail("set-syntax", std::string("'").append(text_).append("' ").append(what), form, where_);
  }

  Result<void> read_key(Assignment& assignment) {
    std::string key;
    if (peek() == '"') {
      ++position_;
      while (!is_at_end() && peek() != '"') {
        if (peek() == '\\' && position_ + 1 < text_.size()) ++position_;
        key += text_[position_++];
      }
      if (is_at_end()) return refuse("has a quote that is not closed");
      ++position_;
    } else {
      const std::size_t end = std::min(text_.find_first_of(".[=", position_), text_.size());
      key = text_.substr(position_, end - position_);
      position_ = end;
      if (key.empty() && is_at_end()) return refuse("has no '='");
      if (key.empty() && !(peek() == '[' && assignment.steps.empty())) return refuse("has an empty key");
      if (key.empty()) return {};  // the document is a list
    }
    assignment.steps.push_back({std::move(key), std::nullopt});
    return {};
  }

  Result<void> read_index(Assignment& assignment) {
    std::size_t index = 0;
    const char* first = text_.data() + position_ + 1;
    const char* last = text_.data() + text_.size();
    const auto read = std::from_chars(first, last, index);
    if (read.ec != std::errc() || read.ptr == last || *read.ptr != ']') {
      return refuse("has an index that is not a number in brackets");
    }
    position_ = static_cast<std::size_t>(read.ptr - text_.data()) + 1;
    assignment.steps.push_back({{}, index});
    return {};
  }

  std::string_view text_;
  const Location& where_;
  std::size_t position_ = 0;
};

void set_path(Node& node, const std::string& path) {
  node.where.path = path;
  for (std::size_t i = 0; i < node.items.size(); ++i) set_path(node.items[i], child_path(path, i));
  for (auto& [key, child] : node.fields) {
    set_path(child, child_path(path, key));
    child.key_where.path = child.where.path;
  }
}

// The text of a --set has no lines to point at.
void set_origin(Node& node, const std::string& file) {
  node.where = node.key_where = {file, 0, 0, {}};
  for (Node& item : node.items) set_origin(item, file);
  for (auto& [key, child] : node.fields) set_origin(child, file);
}

Result<Node> read_value(std::string_view text, const Location& where) {
  Result<Document> parsed = parse_document(std::string(text), where.file);
  if (parsed) return std::move(parsed->root);
  if (parsed.error().front().code == "file-empty") return Node{};
  for (Diagnostic& diagnostic : parsed.error()) {
    diagnostic.code = "set-syntax";
    diagnostic.where = where;
  }
  return tl::unexpected(std::move(parsed.error()));
}

// The node that a step leads to from `node`, created when it is a missing key.
Result<Node*> follow(Node& node, const Step& step, const std::string& path, const Location& where) {
  const std::string here = path.empty() ? "the document" : "`" + path + "`";
  if (step.index) {
    if (node.kind != NodeKind::list) {
      return fail("set-path",
                  here + " is " + kind_name(node.kind) + ", so it has no element " + std::to_string(*step.index),
                  "give a key instead of an index", where);
    }
    if (*step.index >= node.items.size()) {
      return fail(
          "set-path", here + " has no element " + std::to_string(*step.index),
          node.items.empty() ? "the list is empty" : "its elements are 0 to " + std::to_string(node.items.size() - 1),
          where);
    }
    return &node.items[*step.index];
  }
  if (node.kind == NodeKind::null) {
    node.kind = NodeKind::map;
    node.where = {where.file, where.line, where.column, path};
  }
  if (node.kind != NodeKind::map) {
    return fail("set-path", here + " is " + kind_name(node.kind) + ", so it has no key `" + step.key + "`",
                node.kind == NodeKind::list ? "give an index, as [0]" : "check the path", where);
  }
  if (Node* child = node.find(step.key)) return child;
  Node child;
  child.where = child.key_where = {where.file, where.line, where.column, child_path(path, step.key)};
  node.fields.emplace_back(step.key, std::move(child));
  return &node.fields.back().second;
}

}  // namespace

Result<ValuePath> parse_path(std::string_view text, const Location& where) {
  const std::string assignment = std::string(text) + '=';
  Result<Assignment> parts = PathReader(assignment, where).read();
  if (!parts) return tl::unexpected(std::move(parts.error()));
  if (!parts->value.empty()) {
    return fail("set-syntax", "'" + std::string(text) + "' has an '='", "give the path alone", where);
  }
  return std::move(parts->steps);
}

Result<void> put_value(Node& root, const ValuePath& path, Node value) {
  Node* node = &root;
  std::string way;
  for (const Step& step : path) {
    Result<Node*> next = follow(*node, step, way, value.where);
    if (!next) return tl::unexpected(std::move(next.error()));
    node = *next;
    way = step.index ? child_path(way, *step.index) : child_path(way, step.key);
  }
  const Location key_where = node->key_where;
  *node = std::move(value);
  set_path(*node, way);
  node->key_where = key_where;
  return {};
}

Result<void> set_value(Document& document, std::string_view assignment) {
  const Location where{"--set " + std::string(assignment), 0, 0, {}};
  Result<Assignment> parts = PathReader(assignment, where).read();
  if (!parts) return tl::unexpected(std::move(parts.error()));
  Result<Node> value = read_value(parts->value, where);
  if (!value) return tl::unexpected(std::move(value.error()));
  set_origin(*value, where.file);

  // Worked on a copy, so that a path that fails half-way leaves no new keys behind.
  Node changed = document.root;
  if (Result<void> put = put_value(changed, parts->steps, std::move(*value)); !put) return put;
  document.root = std::move(changed);
  return {};
}

}  // namespace tiercut
