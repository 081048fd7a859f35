// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "core/document_text.hpp"
#include "core/quantity_units.hpp"
#include "core/schema.hpp"
#include "core/schema_scalars.hpp"

namespace tiercut {

namespace {

using Fields = std::vector<const Field*>;

constexpr std::size_t most_diagnostics = 1000;

std::string plain_number(double value) {
  if (std::fabs(value) < 1e15 && value == std::floor(value)) return std::to_string(static_cast<std::int64_t>(value));
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

std::string describe(const Shape& shape) {
  switch (shape.kind) {
    case Shape::Kind::any:
      return "any value";
    case Shape::Kind::text:
      return "a text";
    case Shape::Kind::word:
      return "one of " + list_words(shape.words);
    case Shape::Kind::boolean:
      return "true or false";
    case Shape::Kind::integer:
      return "a whole number";
    case Shape::Kind::number:
      return "a number";
    case Shape::Kind::quantity:
      return std::string(dimension_name(shape.dimension)) + ", as " + example_quantity(shape.dimension);
    case Shape::Kind::list:
      return "a list";
    case Shape::Kind::map:
    case Shape::Kind::record:
    case Shape::Kind::tagged:
      return "a map of keys and values";
    case Shape::Kind::either: {
      std::string text;
      for (const ShapePointer& alternative : shape.alternatives) {
        text += (text.empty() ? "" : ", or ") + describe(*alternative);
      }
      return text;
    }
  }
  return {};
}

bool admits(const Shape& shape, NodeKind kind) {
  switch (shape.kind) {
    case Shape::Kind::any:
      return true;
    case Shape::Kind::list:
      return kind == NodeKind::list;
    case Shape::Kind::map:
    case Shape::Kind::record:
    case Shape::Kind::tagged:
      return kind == NodeKind::map;
    case Shape::Kind::either:
      return std::any_of(shape.alternatives.begin(), shape.alternatives.end(),
                         [&](const ShapePointer& alternative) { return admits(*alternative, kind); });
    default:
      return kind == NodeKind::scalar;
  }
}

bool is_name(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-/.[]").find(c) != std::string_view::npos;
  });
}

std::vector<std::string> keys_of(const Fields& fields) {
  std::vector<std::string> keys;
  for (const Field* field : fields) keys.push_back(field->key);
  return keys;
}

const Field* find_field(const Fields& fields, std::string_view key) {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const Field* field) { return field->key == key; });
  return found == fields.end() ? nullptr : *found;
}

// `a:1` is one word to YAML, the slip behind many a strange complaint.
bool lacks_space_after_colon(std::string_view text) {
  const std::size_t colon = text.find(':');
  return colon != std::string_view::npos && colon > 0 && text.find(' ') > colon;
}

std::string wrong_type_hint(const Node& node) {
  if (node.kind == NodeKind::null) return "give it a value, or drop the key";
  if (node.kind == NodeKind::scalar && !node.is_quoted && lacks_space_after_colon(node.text)) {
    return "put a space after the colon";
  }
  return {};
}

Fields pointers(const std::vector<Field>& fields) {
  Fields result;
  for (const Field& field : fields) result.push_back(&field);
  return result;
}

class Checker {
 public:
  explicit Checker(Diagnostics& diagnostics) : diagnostics_(diagnostics), first_(diagnostics.size()) {}

  void check(const Node& node, const Shape& shape) {
    if (is_full()) return;
    if (!admits(shape, node.kind)) {
      report("wrong-type", node.where, "here is " + kind_name(node.kind) + " where " + describe(shape) + " is due",
             wrong_type_hint(node));
      return;
    }
    switch (shape.kind) {
      case Shape::Kind::any:
        return;
      case Shape::Kind::text:
        if (node.text.empty()) report("wrong-type", node.where, "the text is empty", "write at least one character");
        return;
      case Shape::Kind::word:
        return check_word(node, shape.words);
      case Shape::Kind::boolean:
        return check_boolean(node);
      case Shape::Kind::integer:
        return check_integer(node, shape);
      case Shape::Kind::number:
        return check_number(node, shape);
      case Shape::Kind::quantity:
        return check_quantity(node, shape);
      case Shape::Kind::list:
        return check_list(node, shape);
      case Shape::Kind::map:
        return check_map(node, shape);
      case Shape::Kind::record:
        check_known_keys(node, pointers(shape.fields));
        return check_fields(node, pointers(shape.fields));
      case Shape::Kind::tagged:
        return check_tagged(node, shape);
      case Shape::Kind::either:
        return check_either(node, shape);
    }
  }

  void check_root(const Node& root, const Format& format) {
    const Node* schema = root.find("schema");
    if (root.kind == NodeKind::map && schema == nullptr) {
      report("missing-schema", root.where, "the file does not say what it is",
             "begin it with the line `schema: " + format.id + "`");
    } else if (schema != nullptr && (schema->kind != NodeKind::scalar || schema->text != format.id)) {
      const bool is_slip = schema->kind == NodeKind::scalar && !did_you_mean(schema->text, {format.id}).empty();
      report("wrong-schema", schema->where,
             schema->kind == NodeKind::scalar ? "the file says it is '" + schema->text + "'"
                                              : "the schema is " + kind_name(schema->kind),
             "a " + format.title + " says `schema: " + format.id + "`");
      if (!is_slip) return;  // another kind of file: its other errors would only bury this one
    }
    if (!admits(*format.root, root.kind)) return check(root, *format.root);
    const Fields fields = pointers(format.root->fields);
    check_known_keys(root, fields);
    check_fields(root, Fields(fields.begin() + 1, fields.end()));
  }

 private:
  bool is_full() const { return diagnostics_.size() - first_ >= most_diagnostics; }

  void report(std::string code, const Location& where, std::string message, std::string hint) {
    if (is_full()) return;
    diagnostics_.push_back({Severity::error, std::move(code), where, std::move(message), std::move(hint)});
  }

  void check_word(const Node& node, const std::vector<std::string>& words) {
    if (std::find(words.begin(), words.end(), node.text) != words.end()) return;
    const std::string guess = did_you_mean(node.text, words);
    report("unknown-word", node.where, "'" + node.text + "' is not known here",
           (guess.empty() ? "" : "did you mean '" + guess + "'? ") + "Known: " + list_words(words));
  }

  void check_boolean(const Node& node) {
    if (!node.is_quoted && (node.text == "true" || node.text == "false")) return;
    report("wrong-type", node.where, "'" + node.text + "' is neither true nor false", "write true or false");
  }

  bool is_number_text(const Node& node, const std::string& expected) {
    if (!node.is_quoted) return true;
    report("wrong-type", node.where, "'" + node.text + "' is quoted, so it is a text and not " + expected,
           "drop the quotes");
    return false;
  }

  void check_integer(const Node& node, const Shape& shape) {
    if (!is_number_text(node, "a number")) return;
    const auto value = read_integer(node.text);
    if (!value) {
      const bool is_number = read_number(node.text).has_value();
      report("not-a-number", node.where, "'" + node.text + "' is not a whole number",
             is_number ? "write it in digits, without a point or an exponent" : "write a whole number");
      return;
    }
    check_range(node, shape, static_cast<double>(*value), plain_number);
  }

  void check_number(const Node& node, const Shape& shape) {
    if (!is_number_text(node, "a number")) return;
    const auto value = read_number(node.text);
    if (!value) {
      report("not-a-number", node.where, "'" + node.text + "' is not a number", "write a number without a unit");
      return;
    }
    check_range(node, shape, *value, plain_number);
  }

  void check_quantity(const Node& node, const Shape& shape) {
    const auto is_admitted = [&](const std::string& word) {
      return std::find(shape.words.begin(), shape.words.end(), word) != shape.words.end();
    };
    if (is_admitted(node.text)) return;
    Result<double> value = parse_quantity(node.text, shape.dimension);
    if (!value) {
      Diagnostic diagnostic = value.error().front();
      if (diagnostic.code == "not-a-number" && !shape.words.empty()) {
        const std::string guess = did_you_mean(node.text, shape.words);
        diagnostic.hint =
            (guess.empty() ? "" : "did you mean " + guess + "? ") + diagnostic.hint + ", or " + list_words(shape.words);
      }
      return report(diagnostic.code, node.where, diagnostic.message, diagnostic.hint);
    }
    if (std::isinf(*value)) {
      return report("out-of-range", node.where, "'" + node.text + "' is not possible here",
                    "give it a value, as " + example_quantity(shape.dimension));
    }
    check_range(node, shape, *value, [&](double bound) { return format_quantity(bound, shape.dimension); });
  }

  template <class Format>
  void check_range(const Node& node, const Shape& shape, double value, Format show) {
    const bool is_too_small = shape.is_least_excluded ? value <= shape.least : value < shape.least;
    if (!is_too_small && value <= shape.most) return;
    const bool has_least = std::isfinite(shape.least), has_most = std::isfinite(shape.most);
    std::string range;
    if (has_least) range = (shape.is_least_excluded ? "more than " : "at least ") + show(shape.least);
    if (has_most) range += (has_least ? " and at most " : "at most ") + show(shape.most);
    report("out-of-range", node.where, "'" + node.text + "' is outside the range", "it must be " + range);
  }

  void check_count(const Node& node, const Shape& shape, std::size_t count, const std::string& what) {
    if (count >= shape.least_items) return;
    report("too-few-items", node.where, "here are " + std::to_string(count) + ' ' + what,
           "give at least " + std::to_string(shape.least_items));
  }

  void check_list(const Node& node, const Shape& shape) {
    check_count(node, shape, node.items.size(), "items");
    for (const Node& item : node.items) check(item, *shape.element);
  }

  void check_map(const Node& node, const Shape& shape) {
    check_count(node, shape, node.fields.size(), "entries");
    for (const auto& [key, value] : node.fields) {
      if (!is_name(key)) {
        report("invalid-name", value.key_where, "'" + key + "' is no name",
               "names are made of letters, digits and _ - / . [ ]");
      }
      check(value, *shape.element);
    }
  }

  void check_known_keys(const Node& node, const Fields& fields) {
    for (const auto& [key, value] : node.fields) {
      if (find_field(fields, key) != nullptr) continue;
      if (is_full()) return;
      const std::vector<std::string> keys = keys_of(fields);
      const std::string guess = did_you_mean(key, keys);
      const std::string advice = lacks_space_after_colon(key) ? "put a space after the colon. "
                                 : guess.empty()              ? std::string()
                                                              : "did you mean `" + guess + "`? ";
      report("unknown-key", value.key_where, "the key `" + key + "` is not known here",
             advice + "Known: " + list_words(keys));
    }
  }

  void check_fields(const Node& node, const Fields& fields) {
    for (const Field* field : fields) {
      if (const Node* value = node.find(field->key)) {
        check(*value, *field->shape);
      } else if (field->is_required) {
        report("missing-key", node.where, "the key `" + field->key + "` is missing",
               "add `" + field->key + "`: " + (field->meaning.empty() ? describe(*field->shape) : field->meaning));
      }
    }
  }

  void check_tagged(const Node& node, const Shape& shape) {
    std::vector<std::string> words;
    for (const auto& [word, fields] : shape.variants) words.push_back(word);
    const Field tag_field{shape.tag, shape::word(words), true, {}};
    Fields fields{&tag_field};
    const Node* tag = node.find(shape.tag);
    const auto variant = std::find_if(shape.variants.begin(), shape.variants.end(), [&](const auto& candidate) {
      return tag != nullptr && tag->kind == NodeKind::scalar && candidate.first == tag->text;
    });
    Fields due = fields;
    for (const Field& field : shape.fields) due.push_back(&field);
    Fields known = due;
    for (const auto& [word, own] : shape.variants) {
      if (variant != shape.variants.end() && word != variant->first) continue;
      for (const Field& field : own) {
        known.push_back(&field);
        if (variant != shape.variants.end()) due.push_back(&field);
      }
    }
    check_known_keys(node, known);
    check_fields(node, due);
  }

  void check_either(const Node& node, const Shape& shape) {
    const Shape* first = nullptr;
    for (const ShapePointer& alternative : shape.alternatives) {
      if (!admits(*alternative, node.kind)) continue;
      if (first == nullptr) first = alternative.get();
      Diagnostics trial;
      Checker(trial).check(node, *alternative);
      if (trial.empty()) return;
    }
    check(node, *first);
  }

  Diagnostics& diagnostics_;
  std::size_t first_;
};

}  // namespace

std::string kind_name(NodeKind kind) {
  switch (kind) {
    case NodeKind::null:
      return "nothing";
    case NodeKind::scalar:
      return "a single value";
    case NodeKind::list:
      return "a list";
    case NodeKind::map:
      return "a map";
  }
  return {};
}

bool check(const Document& document, const Format& format, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.size();
  diagnostics.insert(diagnostics.end(), document.defects.begin(), document.defects.end());
  Checker(diagnostics).check_root(document.root, format);
  std::stable_sort(diagnostics.begin() + static_cast<std::ptrdiff_t>(before), diagnostics.end(),
                   [](const Diagnostic& a, const Diagnostic& b) {
                     return std::pair(a.where.line, a.where.column) < std::pair(b.where.line, b.where.column);
                   });
  return diagnostics.size() == before;
}

}  // namespace tiercut
