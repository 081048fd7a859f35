// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <span>
#include <system_error>

#include "core/quantity_units.hpp"
#include "core/schema.hpp"

namespace tiercut {

namespace {

// A unit is worth 10^decimal x times / over base units. Powers of ten are applied to the decimal text, not to the
// double, so that `1.1 ms` reads as the very double that 0.0011 is.
struct Unit {
  std::string_view name;
  int decimal = 0;
  double times = 1, over = 1;
  bool is_written = true;  // format_quantity may choose it
};

constexpr double kibi = 1024.0;
constexpr Unit time_units[] = {{"s"},
                               {"ms", -3},
                               {"us", -6},
                               {"ns", -9},
                               {"min", 0, 60, 1, false},
                               {"h", 0, 3600, 1, false},
                               {"\u00b5s", -6, 1, 1, false},   // micro sign
                               {"\u03bcs", -6, 1, 1, false}};  // Greek mu
constexpr Unit size_units[] = {{"B"},
                               {"kB", 3},
                               {"MB", 6},
                               {"GB", 9},
                               {"TB", 12},
                               {"KiB", 0, kibi},
                               {"MiB", 0, kibi* kibi},
                               {"GiB", 0, kibi* kibi* kibi},
                               {"TiB", 0, kibi* kibi* kibi* kibi},
                               {"bit", 0, 1, 8, false}};
constexpr Unit bandwidth_units[] = {{"bit/s", 0, 1, 8},       {"kbit/s", 3, 1, 8},     {"Mbit/s", 6, 1, 8},
                                    {"Gbit/s", 9, 1, 8},      {"B/s", 0, 1, 1, false}, {"kB/s", 3, 1, 1, false},
                                    {"MB/s", 6, 1, 1, false}, {"GB/s", 9, 1, 1, false}};
constexpr Unit compute_units[] = {{"FLOP/s"}, {"kFLOP/s", 3}, {"MFLOP/s", 6}, {"GFLOP/s", 9}, {"TFLOP/s", 12}};
constexpr Unit power_units[] = {{"W"}, {"mW", -3}, {"kW", 3}};
constexpr Unit energy_units[] = {{"J"}, {"mJ", -3}, {"kJ", 3}, {"Wh", 0, 3600, 1, false}};
constexpr Unit frequency_units[] = {{"Hz"},
                                    {"kHz", 3},
                                    {"MHz", 6},
                                    {"GHz", 9},
                                    {"/s", 0, 1, 1, false},
                                    {"/min", 0, 1, 60, false},
                                    {"/h", 0, 1, 3600, false}};
constexpr Unit ratio_units[] = {{""}, {"%", -2, 1, 1, false}};

struct Family {
  std::span<const Unit> units;
  std::string_view name;     // for messages
  std::string_view typical;  // the unit that a hint suggests
};

Family family(Dimension dimension) {
  switch (dimension) {
    case Dimension::time:
      return {time_units, "a time", "ms"};
    case Dimension::size:
      return {size_units, "a size", "MB"};
    case Dimension::bandwidth:
      return {bandwidth_units, "a bandwidth", "Mbit/s"};
    case Dimension::compute:
      return {compute_units, "a compute rate", "GFLOP/s"};
    case Dimension::power:
      return {power_units, "a power", "W"};
    case Dimension::energy:
      return {energy_units, "an energy", "J"};
    case Dimension::frequency:
      return {frequency_units, "a frequency", "Hz"};
    case Dimension::ratio:
      return {ratio_units, "a ratio", "%"};
  }
  std::abort();
}

bool is_space(char c) { return c == ' ' || c == '\t'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// A number in front of a unit, taken apart: [sign] digits [. digits] [e exponent].
struct DecimalText {
  std::string significand;  // with its sign and point
  long exponent = 0;
  std::size_t length = 0;  // characters of the text; 0 when it does not begin with a number
  bool is_zero = true;
};

DecimalText leading_number(std::string_view text) {
  DecimalText number;
  std::size_t i = 0;
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) {
    if (text[i] == '-') number.significand = "-";
    ++i;
  }
  bool has_digit = false, has_point = false;
  for (; i < text.size() && (is_digit(text[i]) || (text[i] == '.' && !has_point)); ++i) {
    has_digit |= is_digit(text[i]);
    has_point |= text[i] == '.';
    number.is_zero &= text[i] == '.' || text[i] == '0';
    number.significand += text[i];
  }
  if (!has_digit) return {};
  if (i + 1 < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    std::size_t first = i + 1;
    if (text[first] == '+') ++first;
    const auto read = std::from_chars(text.data() + first, text.data() + text.size(), number.exponent);
    const bool is_too_long = read.ec == std::errc::result_out_of_range;
    if (is_too_long) number.exponent = text[first] == '-' ? -1'000'000 : 1'000'000;
    if (read.ec == std::errc() || is_too_long) i = static_cast<std::size_t>(read.ptr - text.data());
  }
  number.length = i;
  return number;
}

// Not finite when the number is outside the range of a double.
double in_base_unit(const DecimalText& number, const Unit& unit) {
  if (number.is_zero) return 0.0;
  const std::string text = number.significand + 'e' + std::to_string(number.exponent + unit.decimal);
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || value == 0) return std::numeric_limits<double>::quiet_NaN();
  return value * unit.times / unit.over;
}

// The decimal digits of a positive number and the power of ten of the last one.
struct Digits {
  std::string digits;
  int exponent = 0;
};

Digits shortest_digits(double value) {
  std::array<char, 32> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific).ptr;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const std::size_t e = text.find('e');
  Digits result;
  for (char c : text.substr(0, e)) {
    if (is_digit(c)) result.digits += c;
  }
  const char* first = text.data() + e + 1;
  if (*first == '+') ++first;
  std::from_chars(first, end, result.exponent);
  result.exponent -= static_cast<int>(result.digits.size()) - 1;
  return result;
}

std::string write_digits(const Digits& number) {
  const int count = static_cast<int>(number.digits.size());
  const int point = count + number.exponent;  // digits in front of the point
  constexpr int most_zeros = 5, most_whole_digits = 15;
  if (point > most_whole_digits || point < -most_zeros) {
    std::string text = number.digits.substr(0, 1);
    if (count > 1) text += '.' + number.digits.substr(1);
    return text + 'e' + std::to_string(point - 1);
  }
  if (point <= 0) return "0." + std::string(static_cast<std::size_t>(-point), '0') + number.digits;
  if (point >= count) return number.digits + std::string(static_cast<std::size_t>(point - count), '0');
  return number.digits.substr(0, static_cast<std::size_t>(point)) + '.' +
         number.digits.substr(static_cast<std::size_t>(point));
}

bool is_at_least_one(const Digits& number) { return static_cast<int>(number.digits.size()) + number.exponent >= 1; }

// The largest unit that leaves at least 1; below 1 of the smallest unit, that one.
bool fits_better(const Digits& digits, const Unit& unit, const Digits& other_digits, const Unit& other) {
  if (is_at_least_one(digits) != is_at_least_one(other_digits)) return is_at_least_one(digits);
  return is_at_least_one(digits) ? unit.decimal > other.decimal : unit.decimal < other.decimal;
}

std::string shown(std::string_view text) {
  constexpr std::size_t longest = 60;
  return std::string("'").append(text.substr(0, longest)).append(text.size() > longest ? "...'" : "'");
}

}  // namespace

std::vector<std::string> unit_names(Dimension dimension, Spelling spelling) {
  std::vector<std::string> names;
  for (const Unit& unit : family(dimension).units) {
    const bool is_ascii = std::all_of(unit.name.begin(), unit.name.end(), [](char c) { return c > 0; });
    if (!unit.name.empty() && (is_ascii || spelling == Spelling::every)) names.emplace_back(unit.name);
  }
  return names;
}

std::string_view dimension_name(Dimension dimension) { return family(dimension).name; }

std::string example_quantity(Dimension dimension) { return "15 " + std::string(family(dimension).typical); }

Result<double> parse_quantity(std::string_view text, Dimension dimension) {
  const Family kind = family(dimension);
  const std::string_view whole = trim(text);
  if (dimension == Dimension::bandwidth && whole == "unlimited") return std::numeric_limits<double>::infinity();
  const DecimalText number = leading_number(whole);
  if (number.length == 0) {
    return fail("not-a-number", shown(whole) + " is not " + std::string(kind.name),
                "write a number and its unit, as " + example_quantity(dimension));
  }
  const std::string_view unit_text = trim(whole.substr(number.length));
  const Unit* unit = nullptr;
  for (const Unit& candidate : kind.units) {
    if (candidate.name == unit_text) unit = &candidate;
  }
  if (unit_text.empty() && unit == nullptr) {
    if (number.is_zero) return 0.0;
    return fail("missing-unit", shown(whole) + " has no unit",
                "write " + std::string(whole) + ' ' + std::string(kind.typical) + ", or another of " +
                    list_words(unit_names(dimension)));
  }
  if (unit == nullptr) {
    const std::vector<std::string> names = unit_names(dimension);
    const std::string guess = did_you_mean(unit_text, names);
    return fail("wrong-unit", shown(unit_text) + " is not a unit of " + std::string(kind.name).substr(2),
                (guess.empty() ? "" : "did you mean " + guess + "? ") + "Accepted: " + list_words(names));
  }
  const double value = in_base_unit(number, *unit);
  if (!std::isfinite(value)) {
    return fail("not-a-number", shown(whole) + " is outside the range of numbers",
                "write a number and its unit, as " + example_quantity(dimension));
  }
  return value;
}

std::string format_quantity(double in_base_unit, Dimension dimension) {
  const Family kind = family(dimension);
  if (std::isnan(in_base_unit)) return "undefined";
  if (std::isinf(in_base_unit)) {
    return in_base_unit < 0 ? "-infinite" : dimension == Dimension::bandwidth ? "unlimited" : "infinite";
  }
  const auto write = [&](std::string number, const Unit& unit) {
    if (in_base_unit < 0) number.insert(0, 1, '-');
    return unit.name.empty() ? number : number + ' ' + std::string(unit.name);
  };
  if (in_base_unit == 0) return write("0", kind.units.front());

  const double size = std::fabs(in_base_unit);
  const Unit* chosen = nullptr;
  Digits chosen_digits;
  std::string shortest_binary;
  for (const Unit& unit : kind.units) {
    if (!unit.is_written || !std::isfinite(size * unit.over)) continue;
    if (unit.times != 1 && size < unit.times) continue;
    Digits digits = shortest_digits(size * unit.over / unit.times);
    digits.exponent -= unit.decimal;
    if (unit.times != 1) {
      if (digits.exponent >= 0) shortest_binary = write(write_digits(digits), unit);  // whole in the largest unit
      continue;
    }
    if (chosen == nullptr || fits_better(digits, unit, chosen_digits, *chosen)) {
      chosen = &unit;
      chosen_digits = std::move(digits);
    }
  }
  if (chosen == nullptr) {  // bits would overflow where bytes do not
    chosen = &*std::find_if(kind.units.begin(), kind.units.end(), [](const Unit& unit) { return unit.over == 1; });
    chosen_digits = shortest_digits(size);
    chosen_digits.exponent -= chosen->decimal;
  }
  const std::string decimal = write(write_digits(chosen_digits), *chosen);
  return !shortest_binary.empty() && shortest_binary.size() < decimal.size() ? shortest_binary : decimal;
}

}  // namespace tiercut
