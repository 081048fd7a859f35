// SPDX-License-Identifier: Apache-2.0
#include "scenarios/study_axis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace tiercut::scenarios {
namespace {

constexpr int linear_digits = 12;
constexpr int logarithmic_digits = 6;

double rounded(double value, int digits) {
  char text[64];
  const auto written = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific, digits - 1);
  double result = value;
  std::from_chars(text, written.ptr, result);
  return result;
}

/// Plain numbers as digits where they are whole: counts are read so.
std::string text_of(double value, Dimension dimension) {
  if (dimension != Dimension::ratio || value != std::floor(value) || std::fabs(value) >= 1e15) {
    return format_quantity(value, dimension);
  }
  return std::to_string(static_cast<std::int64_t>(value));
}

/// As YAML of one line.
std::string flow_text(const Node& node) {
  const auto join = [](const auto& parts, char open, char close, auto write) {
    std::string text(1, open);
    for (const auto& part : parts) text += (text.size() > 1 ? ", " : "") + write(part);
    return text + close;
  };
  switch (node.kind) {
    case NodeKind::null:
      return "null";
    case NodeKind::scalar:
      return node.text;
    case NodeKind::list:
      return join(node.items, '[', ']', [](const Node& item) { return flow_text(item); });
    case NodeKind::map:
      return join(node.fields, '{', '}',
                  [](const auto& field) { return field.first + ": " + flow_text(field.second); });
  }
  return {};
}

Node scalar_at(std::string text, const Location& where) {
  Node node;
  node.kind = NodeKind::scalar;
  node.text = std::move(text);
  node.where = node.key_where = where;
  return node;
}

class AxisReader {
 public:
  AxisReader(const Node& node, StudyAxis& axis, Diagnostics& diagnostics)
      : node_(node), axis_(axis), diagnostics_(diagnostics) {}

  void read() {
    read_paths(at(node_, "path"));
    const Node* values = node_.find("values");
    const bool has_range = node_.find("from") || node_.find("to") || node_.find("steps") || node_.find("scale");
    if ((values != nullptr) == has_range) {
      return complain(node_.key_where, values ? "has values and a range" : "has neither values nor a range",
                      "give it `values`, or `from`, `to` and `steps`");
    }
    values != nullptr ? read_values(*values) : read_range();
  }

 private:
  void complain(const Location& where, const std::string& what, std::string hint) {
    diagnostics_.push_back({Severity::error, "bad-axis", where, "axis `" + axis_.name + "` " + what, std::move(hint)});
  }

  void read_paths(const Node& paths) {
    const auto read = [this](const Node& text) {
      auto path = parse_path(text.text, text.where);
      if (path) return axis_.paths.push_back(std::move(*path));
      for (Diagnostic& diagnostic : path.error()) diagnostics_.push_back(std::move(diagnostic));
    };
    if (paths.kind == NodeKind::scalar) return read(paths);
    for (const Node& text : paths.items) read(text);
  }

  void read_values(const Node& values) {
    bool are_scalars = true;
    for (const Node& value : values.items) {
      are_scalars = are_scalars && value.kind == NodeKind::scalar && !value.is_quoted;
      axis_.values.push_back(value);
      axis_.texts.push_back(flow_text(value));
    }
    for (std::size_t i = 0; i < axis_.texts.size(); ++i) {
      const auto first = std::find(axis_.texts.begin(), axis_.texts.end(), axis_.texts[i]);
      if (first - axis_.texts.begin() == static_cast<std::ptrdiff_t>(i)) continue;
      complain(values.items[i].where, "has the value " + axis_.texts[i] + " twice", "leave one of them out");
    }
    if (are_scalars) axis_.dimension = common_dimension(axis_.texts, axis_.numbers);
  }

  void read_range() {
    const Node *from = node_.find("from"), *to = node_.find("to"), *steps = node_.find("steps");
    if (from == nullptr || to == nullptr || steps == nullptr) {
      return complain(node_.key_where, "has half a range", "a range has `from`, `to` and `steps`");
    }
    std::vector<double> ends;
    const auto dimension = common_dimension({from->text, to->text}, ends);
    if (!dimension || !std::isfinite(ends[0]) || !std::isfinite(ends[1])) {
      return complain(from->where,
                      fmt::format("goes from {} to {}, which are no numbers of one kind", from->text, to->text),
                      "give both the same kind of unit, as 5 ms and 20 ms");
    }
    const bool is_logarithmic = text_or(node_, "scale", "linear") == "log";
    if (ends[0] == ends[1]) return complain(from->where, "begins where it ends", "give it one of `values`");
    if (is_logarithmic && ends[0] * ends[1] <= 0) {
      return complain(from->where, "is logarithmic and has a 0 between its ends", "begin it above 0");
    }
    axis_.dimension = dimension;
    // Rounded as they are written: bandwidths in bits.
    const double scale = *dimension == Dimension::bandwidth ? 8 : 1;
    axis_.numbers =
        range_values(scale * ends[0], scale * ends[1], static_cast<int>(as_integer(*steps)), is_logarithmic);
    for (double& value : axis_.numbers) value /= scale;
    for (const double value : axis_.numbers) {
      axis_.texts.push_back(text_of(value, *dimension));
      axis_.values.push_back(scalar_at(axis_.texts.back(), from->where));
    }
  }

  const Node& node_;
  StudyAxis& axis_;
  Diagnostics& diagnostics_;
};

}  // namespace

std::optional<Dimension> common_dimension(const std::vector<std::string>& texts, std::vector<double>& numbers) {
  // Plain numbers first: 0 is a quantity of every kind.
  for (const Dimension dimension : {Dimension::ratio, Dimension::time, Dimension::size, Dimension::bandwidth,
                                    Dimension::compute, Dimension::power, Dimension::energy, Dimension::frequency}) {
    numbers.clear();
    for (const std::string& text : texts) {
      const auto value = parse_quantity(text, dimension);
      if (!value) break;
      numbers.push_back(*value);
    }
    if (numbers.size() == texts.size()) return dimension;
  }
  numbers.clear();
  return std::nullopt;
}

std::vector<double> range_values(double from, double to, int steps, bool is_logarithmic) {
  std::vector<double> values;
  for (int i = 0; i < steps; ++i) {
    const double part = static_cast<double>(i) / (steps - 1);
    const double between = is_logarithmic ? from * std::pow(to / from, part) : from + (to - from) * part;
    const double value = i == 0           ? from
                         : i == steps - 1 ? to
                                          : rounded(between, is_logarithmic ? logarithmic_digits : linear_digits);
    values.push_back(value);
  }
  return values;
}

StudyAxis axis_from(const std::string& name, const Node& node, Diagnostics& diagnostics) {
  StudyAxis axis;
  axis.name = name;
  AxisReader(node, axis, diagnostics).read();
  return axis;
}

}  // namespace tiercut::scenarios
