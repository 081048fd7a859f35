// SPDX-License-Identifier: Apache-2.0
#include "profiles/law_writer.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

#include "core/schema.hpp"

namespace tiercut::profiles {
namespace {

std::string number(double value) {
  char text[40];
  const bool is_whole = value == std::floor(value) && std::abs(value) < 1e15;
  const auto format = is_whole ? std::chars_format::fixed : std::chars_format::general;
  const auto end = std::to_chars(text, text + sizeof text, value, format);
  return {text, end.ptr};
}

std::string time(Seconds value) { return format_quantity(value.value(), Dimension::time); }

std::string percent(double share) { return format_quantity(share, Dimension::ratio); }

std::string amount(Extent extent, double value) {
  return is_in_bytes(extent) ? format_quantity(value, Dimension::size) : number(value);
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (c == '\n')
      result += "\\n";
    else
      result += c;
  }
  return result + '"';
}

/// `{a: 1, b: 2}`.
class FlowMap {
 public:
  void add(std::string_view key, const std::string& value) {
    if (!text_.empty()) text_ += ", ";
    text_ += std::string(key) + ": " + value;
  }
  std::string text() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

std::string text_of(const Condition& when) {
  FlowMap map;
  const auto add_flag = [&](std::string_view key, const std::optional<bool>& flag) {
    if (flag) map.add(key, *flag ? "true" : "false");
  };
  const auto add_side = [&](std::string_view key, const std::optional<int>& side) {
    if (side) map.add(key, std::to_string(*side));
  };
  add_flag("depthwise", when.depthwise);
  add_flag("single_filter", when.single_filter);
  add_flag("pointwise", when.pointwise);
  add_flag("whole_input", when.whole_input);
  add_flag("padded", when.padded);
  add_flag("flat", when.flat);
  add_flag("packed_input", when.packed_input);
  add_side("kernel", when.kernel);
  add_side("stride", when.stride);
  FlowMap below;
  for (const auto& limit : when.below) below.add(to_text(limit.extent), amount(limit.extent, limit.less_than));
  if (!when.below.empty()) map.add("below", below.text());
  return map.text();
}

std::string text_of(const std::vector<FeatureTerm::Factor>& factors, Count count) {
  FlowMap map;
  for (const auto& factor : factors)
    if (factor.count == count) map.add(to_text(factor.extent), amount(factor.extent, factor.step));
  return map.text();
}

std::string text_of(const FeatureTerm& term) {
  FlowMap map, beyond;
  map.add("time", time(term.time));
  for (int i = 0; i < count_kinds; ++i) {
    const auto count = static_cast<Count>(i);
    const bool is_used = std::ranges::find(term.factors, count, &FeatureTerm::Factor::count) != term.factors.end();
    if (is_used) map.add(to_text(count), text_of(term.factors, count));
  }
  if (term.to > 0) {
    beyond.add("from", format_quantity(term.from, Dimension::size));
    beyond.add("to", format_quantity(term.to, Dimension::size));
    if (!term.of.empty()) beyond.add("of", text_of(term.of, Count::started));
    map.add("beyond", beyond.text());
  }
  return map.text();
}

void write(std::ostream& out, const std::string& margin, const FeatureLaw& law) {
  out << margin << "pieces:\n";
  for (const FeaturePiece& piece : law.pieces) {
    std::string lead = "  - ";
    const auto begin = [&]() -> std::ostream& {
      out << margin << lead;
      lead = "    ";
      return out;
    };
    if (!piece.when.is_empty()) begin() << "when: " << text_of(piece.when) << '\n';
    begin() << "terms:\n";
    for (const FeatureTerm& term : piece.terms) out << margin << "      - " << text_of(term) << '\n';
    if (piece.error.p99 > 0)
      begin() << "error: {p50: " << percent(piece.error.p50) << ", p90: " << percent(piece.error.p90)
              << ", p99: " << percent(piece.error.p99) << "}\n";
    if (!piece.windows.empty()) {
      begin() << "windows: [";
      for (std::size_t i = 0; i < piece.windows.size(); ++i)
        out << (i == 0 ? "" : ", ") << '[' << piece.windows[i].kernel << ", " << piece.windows[i].stride << ']';
      out << "]\n";
    }
    if (piece.fitted.empty()) continue;
    FlowMap spans;
    for (const auto& span : piece.fitted)
      spans.add(to_text(span.extent),
                "[" + amount(span.extent, span.least) + ", " + amount(span.extent, span.most) + "]");
    begin() << "fitted: " << spans.text() << '\n';
  }
}

void write(std::ostream& out, const std::string& margin, const PiecewiseLaw& law) {
  const char* axis = law.axis == Axis::weights ? "weights" : law.axis == Axis::macs ? "macs" : "traffic";
  out << margin << "axis: " << axis << '\n' << margin << "points:\n";
  for (const auto& point : law.points) {
    const std::string x = law.axis == Axis::traffic ? format_quantity(point.x, Dimension::size) : number(point.x);
    out << margin << "  - [" << x << ", " << time(point.cost) << "]\n";
  }
}

void write(std::ostream& out, const std::string& margin, const RooflineLaw& law) {
  out << margin << "arithmetic: " << format_quantity(law.arithmetic.value(), Dimension::compute) << '\n'
      << margin << "memory: " << format_quantity(law.memory.value(), Dimension::bandwidth) << '\n'
      << margin << "overhead: " << time(law.overhead) << '\n';
}

}  // namespace

std::string to_yaml(const CostLaw& law, int indent) {
  constexpr const char* forms[] = {"piecewise", "roofline", "features"};
  const std::string outer(static_cast<std::size_t>(indent), ' '), margin = outer + "  ";
  std::ostringstream out;
  out << outer << "- name: " << quoted(law.name) << '\n';
  out << margin << "scope: " << (law.scope == Scope::stage ? "stage" : "layer") << '\n';
  if (!law.types.empty()) {
    out << margin << "types: [";
    for (std::size_t i = 0; i < law.types.size(); ++i) out << (i == 0 ? "" : ", ") << model::to_text(law.types[i]);
    out << "]\n";
  }
  if (law.coefficient_of_variation > 0)
    out << margin << "coefficient_of_variation: " << number(law.coefficient_of_variation) << '\n';
  out << margin << "form: " << forms[law.form.index()] << '\n';
  std::visit([&](const auto& form) { write(out, margin, form); }, law.form);
  out << margin << "provenance: {origin: " << to_text(law.provenance.origin) << ", how: " << quoted(law.provenance.how);
  if (law.provenance.error_factor != 1) out << ", error_factor: " << number(law.provenance.error_factor);
  out << "}\n";
  return out.str();
}

}  // namespace tiercut::profiles
