// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "core/document.hpp"

namespace tiercut {
namespace {

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

// A writer of YAML that knows nothing of the reader: block style down to a depth, flow style below.
void emit_flow(const Node& node, std::string& out) {
  const char* separator = "";
  switch (node.kind) {
    case NodeKind::null:
      out += '~';
      break;
    case NodeKind::scalar:
      out += node.is_quoted ? quoted(node.text) : node.text;
      break;
    case NodeKind::list:
      out += '[';
      for (const Node& item : node.items) {
        out += separator;
        emit_flow(item, out);
        separator = ", ";
      }
      out += ']';
      break;
    case NodeKind::map:
      out += '{';
      for (const auto& [key, value] : node.fields) {
        out += separator + quoted(key) + ": ";
        emit_flow(value, out);
        separator = ", ";
      }
      out += '}';
      break;
  }
}

void emit_block(const Node& node, int indent, int block_levels, std::string& out) {
  const std::string margin(static_cast<std::size_t>(indent), ' ');
  const bool is_block = block_levels > 0 && (!node.items.empty() || !node.fields.empty());
  if (!is_block) {
    out += ' ';
    emit_flow(node, out);
    out += '\n';
    return;
  }
  out += '\n';
  for (const Node& item : node.items) {
    out += margin + '-';
    emit_block(item, indent + 2, block_levels - 1, out);
  }
  for (const auto& [key, value] : node.fields) {
    out += margin + quoted(key) + ':';
    emit_block(value, indent + 2, block_levels - 1, out);
  }
}

rc::Gen<std::string> text() {
  return rc::gen::container<std::string>(rc::gen::elementOf(std::string("abcXYZ019 _-/.:#[]{},&*!'\"\\%@")));
}

rc::Gen<std::string> word() {
  return rc::gen::map(rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange('a', 'f'))),
                      [](std::string s) { return "w" + s; });
}

Node random_tree(int depth) {
  Node node;
  switch (*rc::gen::inRange(0, depth > 0 ? 5 : 3)) {
    case 0:
      break;
    case 1:
      node.kind = NodeKind::scalar;
      node.text = *word();
      break;
    case 2:
      node.kind = NodeKind::scalar;
      node.is_quoted = true;
      node.text = *text();
      break;
    case 3:
      node.kind = NodeKind::list;
      for (int i = *rc::gen::inRange(0, 4); i > 0; --i) node.items.push_back(random_tree(depth - 1));
      break;
    default:
      node.kind = NodeKind::map;
      for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
        std::string key = *text();
        if (node.find(key) == nullptr) node.fields.emplace_back(std::move(key), random_tree(depth - 1));
      }
  }
  return node;
}

bool is_same(const Node& a, const Node& b) {
  if (a.kind != b.kind || a.text != b.text || a.is_quoted != b.is_quoted) return false;
  if (a.items.size() != b.items.size() || a.fields.size() != b.fields.size()) return false;
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    if (!is_same(a.items[i], b.items[i])) return false;
  }
  for (std::size_t i = 0; i < a.fields.size(); ++i) {
    if (a.fields[i].first != b.fields[i].first || !is_same(a.fields[i].second, b.fields[i].second)) return false;
  }
  return true;
}

// Every path that the reader gives a node leads --set to that very node.
void check_paths(const Document& document, const Node& node) {
  if (!node.where.path.empty()) {
    Document changed = document;
    RC_ASSERT(set_value(changed, node.where.path + "=hit").has_value());
    std::size_t hits = 0;
    const auto count = [&](const auto& self, const Node& n) -> void {
      if (n.kind == NodeKind::scalar && n.text == "hit") {
        ++hits;
        RC_ASSERT(n.where.path == node.where.path);
        RC_ASSERT(n.where.file == "--set " + node.where.path + "=hit");
      }
      for (const Node& item : n.items) self(self, item);
      for (const auto& field : n.fields) self(self, field.second);
    };
    count(count, changed.root);
    RC_ASSERT(hits == 1u);
  }
  for (const Node& item : node.items) check_paths(document, item);
  for (const auto& field : node.fields) check_paths(document, field.second);
}

RC_GTEST_PROP(DocumentProperties, WrittenTreesReadBackTheSame, ()) {
  Node tree = random_tree(4);
  if (tree.kind == NodeKind::null) tree.kind = NodeKind::map;
  std::string source;
  emit_block(tree, 0, *rc::gen::inRange(0, 4), source);
  const auto document = parse_document(source, "random");
  if (!document) RC_FAIL(to_text(document.error()) + source);
  RC_ASSERT(is_same(document->root, tree));
}

RC_GTEST_PROP(DocumentProperties, PathsLeadBackToTheirNodes, ()) {
  Node tree = random_tree(3);
  if (tree.kind != NodeKind::map) {
    Node map;
    map.kind = NodeKind::map;
    map.fields.emplace_back("only", std::move(tree));
    tree = std::move(map);
  }
  std::string source;
  emit_block(tree, 0, 1, source);
  const auto document = parse_document(source, "random");
  if (!document) RC_FAIL(to_text(document.error()) + source);
  check_paths(*document, document->root);
}

RC_GTEST_PROP(DocumentProperties, AnyBytesAreReadOrRefusedWithAReason, (const std::string& bytes)) {
  const auto document = parse_document(bytes, "random");
  if (!document) {
    RC_ASSERT(!document.error().empty());
    for (const Diagnostic& diagnostic : document.error()) {
      RC_ASSERT(!diagnostic.code.empty());
      RC_ASSERT(!diagnostic.message.empty());
    }
  }
}

RC_GTEST_PROP(DocumentProperties, YamlLookalikesNeverThrow, ()) {
  const auto bytes =
      *rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab01: -?[]{},&*!|>'\"%@`#\n\n  ~\t")));
  const auto document = parse_document(bytes, "random");
  RC_ASSERT(document.has_value() || has_errors(document.error()));
}

}  // namespace
}  // namespace tiercut
