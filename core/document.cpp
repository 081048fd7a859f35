// SPDX-License-Identifier: Apache-2.0
#include "core/document.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <unordered_map>

#include "core/document_text.hpp"
#include "core/files.hpp"

namespace tiercut {

namespace {

constexpr std::size_t deepest_nesting = 64;
constexpr std::size_t most_diagnostics = 1000;

// Ends the parse from inside yaml-cpp, when going on would be unsafe or of no use.
struct StopParsing {};

// Turns the events of yaml-cpp into our tree. Its own tree would lose duplicate keys and the places of keys.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const DocumentText& text, const std::string& name) : text_(text), name_(name) {}

  Node root;
  bool has_root = false;
  Diagnostics diagnostics;

  void report(std::string code, Location where, std::string message, std::string hint) {
    diagnostics.push_back({Severity::error, std::move(code), std::move(where), std::move(message), std::move(hint)});
    if (diagnostics.size() >= most_diagnostics) throw StopParsing{};
  }

  Location locate(const YAML::Mark& mark, std::string path = {}) const {
    if (mark.is_null()) return {name_, 0, 0, std::move(path)};
    return {name_, mark.line + 1, text_.column(mark.pos, mark.column) + 1, std::move(path)};
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ == 1) return;
    report("yaml-syntax", locate(mark), "a second document begins here", "keep one document a file, without `---`");
    throw StopParsing{};
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    Node node = begin(mark, {}, NodeKind::null);
    // yaml-cpp puts a value that is not there at the next thing that is.
    if (!is_key_due() && !stack_.empty() && stack_.back().node.kind == NodeKind::map && text_.at(mark.pos) != '~' &&
        text_.at(mark.pos) != 'n' && text_.at(mark.pos) != 'N') {
      const Location& key = stack_.back().key_where;
      node.where.line = key.line;
      node.where.column = key.column;
    }
    finish(std::move(node));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    report("yaml-anchor", locate(mark, next_path()), "an alias (`*`) is not allowed", "write the value out");
    if (is_key_due()) {
      drop_key();
    } else {
      finish(begin(mark, {}, NodeKind::null));
    }
  }

  void OnAnchor(const YAML::Mark& mark, const std::string& anchor) override {
    report("yaml-anchor", locate(mark, next_path()), "the anchor `&" + anchor + "` is not allowed",
           "write the value out where it is needed");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, const std::string& value) override {
    check_quote(mark);
    if (is_key_due()) {
      check_tag(mark, tag);
      set_key(mark, value);
      return;
    }
    Node node = begin(mark, tag, NodeKind::scalar);
    node.text = value;
    node.is_quoted = tag != "?";
    if (!node.is_quoted && has_leading_zero(value)) {
      report("number-leading-zero", node.where, "'" + value + "' begins with a zero, so it reads as octal to some",
             "drop the leading zeros, or quote it when it is a name");
    }
    finish(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    push(begin(mark, tag, NodeKind::list));
  }
  void OnSequenceEnd() override { pop(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, YAML::EmitterStyle::value) override {
    push(begin(mark, tag, NodeKind::map));
  }
  void OnMapEnd() override { pop(); }

 private:
  struct Frame {
    Node node;
    std::unordered_map<std::string, int> first_lines;  // of the keys so far
    bool has_key = false;                              // a key was read, its value is due
    bool is_dropped = false;                           // that key is unusable: its value goes nowhere
    std::string key;
    Location key_where;
  };

  bool is_key_due() const {
    return !stack_.empty() && stack_.back().node.kind == NodeKind::map && !stack_.back().has_key;
  }

  std::string next_path() const {
    if (stack_.empty()) return {};
    const Frame& frame = stack_.back();
    if (frame.node.kind == NodeKind::list) return child_path(frame.node.where.path, frame.node.items.size());
    return frame.has_key ? child_path(frame.node.where.path, frame.key) : frame.node.where.path;
  }

  void check_tag(const YAML::Mark& mark, const std::string& tag) {
    const bool is_plain_or_quoted = tag.empty() || tag == "?" || tag == "!";
    if (is_plain_or_quoted && text_.at(mark.pos) != '!') return;
    report("yaml-tag", locate(mark, next_path()), "a tag (`!`) is not allowed",
           "drop it, or quote the text when it begins with an exclamation mark");
  }

  // yaml-cpp takes the end of the file for the closing quote.
  void check_quote(const YAML::Mark& mark) {
    if (text_.is_quote_closed(mark.pos)) return;
    report("yaml-syntax", locate(mark, next_path()), "the quote that begins here is not closed", "close it");
  }

  Node begin(const YAML::Mark& mark, const std::string& tag, NodeKind kind) {
    check_tag(mark, tag);
    Node node;
    node.kind = kind;
    node.where = locate(mark, next_path());
    return node;
  }

  void push(Node node) {
    if (stack_.size() >= deepest_nesting) {
      report("too-deep", node.where, "nesting deeper than " + std::to_string(deepest_nesting),
             "no format of tiercut needs this; check the brackets and the indentation");
      throw StopParsing{};
    }
    stack_.emplace_back();
    stack_.back().node = std::move(node);
  }

  void pop() {
    Node node = std::move(stack_.back().node);
    stack_.pop_back();
    finish(std::move(node));
  }

  void set_key(const YAML::Mark& mark, const std::string& key) {
    Frame& frame = stack_.back();
    frame.has_key = true;
    frame.key = key;
    frame.key_where = locate(mark, child_path(frame.node.where.path, key));
    const auto [first, is_new] = frame.first_lines.emplace(key, frame.key_where.line);
    frame.is_dropped = !is_new;
    if (!is_new) {
      report("duplicate-key", frame.key_where, "the key `" + key + "` is given twice",
             "the first one is in line " + std::to_string(first->second) + "; keep one of them");
    }
  }

  void drop_key() {
    stack_.back().has_key = true;
    stack_.back().is_dropped = true;
  }

  void finish(Node node) {
    if (stack_.empty()) {
      root = std::move(node);
      has_root = true;
      return;
    }
    Frame& frame = stack_.back();
    if (frame.node.kind == NodeKind::list) {
      frame.node.items.push_back(std::move(node));
    } else if (!frame.has_key) {
      report("yaml-syntax", node.where, "a key must be a word, not a list, a map or nothing", "write `key: value`");
      drop_key();
    } else {
      if (!frame.is_dropped) {
        node.key_where = frame.key_where;
        frame.node.fields.emplace_back(std::move(frame.key), std::move(node));
      }
      frame.has_key = false;
    }
  }

  const DocumentText& text_;
  const std::string& name_;
  std::vector<Frame> stack_;
  int documents_ = 0;
};

std::string syntax_hint(const DocumentText& text, const YAML::Exception& error) {
  const std::string& message = error.msg;
  if (text.is_indented_by_tab(error.mark.pos, error.mark.column)) return "the line is indented with a tab: use spaces";
  if (message.find("end of") != std::string::npos) return "look for a bracket or quote that is not closed";
  return "check the indentation, the colons and the quotes here and in the line above";
}

void run_parser(const DocumentText& text, TreeBuilder& builder) {
  std::istringstream stream(text.normalised());
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const StopParsing&) {
  } catch (const YAML::Exception& error) {
    builder.diagnostics.push_back({Severity::error, "yaml-syntax", builder.locate(error.mark),
                                   "this is not YAML: " + error.msg, syntax_hint(text, error)});
  }
}

}  // namespace

Node::Node() = default;
Node::Node(const Node&) = default;
Node::Node(Node&&) noexcept = default;
Node& Node::operator=(const Node&) = default;
Node& Node::operator=(Node&&) noexcept = default;
Node::~Node() = default;

const Node* Node::find(std::string_view key) const {
  if (kind != NodeKind::map) return nullptr;
  for (const auto& [name, value] : fields) {
    if (name == key) return &value;
  }
  return nullptr;
}

Node* Node::find(std::string_view key) { return const_cast<Node*>(std::as_const(*this).find(key)); }

namespace {

/// Those without which the tree is what the writer meant, but for the one value.
bool leaves_tree_whole(const Diagnostic& diagnostic) {
  return diagnostic.code == "duplicate-key" || diagnostic.code == "number-leading-zero" ||
         diagnostic.code == "yaml-tag";
}

}  // namespace

Result<Document> parse_document(std::string source, std::string name, Defects defects) {
  if (source.size() > largest_document_bytes) {
    return fail("file-too-large", "'" + name + "' is larger than " + std::to_string(largest_document_bytes) + " bytes",
                "split it, or check that this is the file you meant", {name, 0, 0, {}});
  }
  const DocumentText text(source);
  if (Diagnostics unfit = text.check(name); !unfit.empty()) return tl::unexpected(std::move(unfit));
  TreeBuilder builder(text, name);
  run_parser(text, builder);
  if (!builder.diagnostics.empty()) {
    std::stable_sort(builder.diagnostics.begin(), builder.diagnostics.end(),
                     [](const Diagnostic& a, const Diagnostic& b) { return a.where.line < b.where.line; });
    const bool is_whole = std::all_of(builder.diagnostics.begin(), builder.diagnostics.end(), leaves_tree_whole);
    if (defects == Defects::refuse || !is_whole) return tl::unexpected(std::move(builder.diagnostics));
  }
  if (!builder.has_root || builder.root.kind == NodeKind::null) {
    return fail("file-empty", "'" + name + "' is empty", "`tiercut init` writes a file to start from",
                {name, 0, 0, {}});
  }
  return Document{std::move(name), std::move(source), std::move(builder.root), std::move(builder.diagnostics)};
}

Result<Document> read_document(const std::string& path, Defects defects) {
  Result<std::string> source = read_file(path, largest_document_bytes);
  if (!source) return tl::unexpected(std::move(source.error()));
  return parse_document(std::move(*source), path, defects);
}

}  // namespace tiercut
