// SPDX-License-Identifier: Apache-2.0
#include "report/comparison.hpp"

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "report/human.hpp"
#include "report/json_parts.hpp"
#include "report/table.hpp"
#include "report/version.hpp"

namespace tiercut::report {

namespace {

struct Row {
  std::string key;
  Json a, b;
  bool is_number() const { return a.is_number() && b.is_number(); }
};

// A plan's prediction stands beside a simulation's result.
std::string common_key(std::string key) {
  for (const auto& [from, to] :
       {std::pair<std::string, std::string>("predicted.by_exit.", "exits."), {"predicted.", ""}}) {
    if (key.starts_with(from)) return to + key.substr(from.size());
  }
  return key;
}

// Leaves by their way, in the order of the first result; lists of objects by their `name` where they have one.
void flatten(const Json& json, const std::string& way, std::vector<std::pair<std::string, Json>>& leaves) {
  if (!json.is_structured()) {
    leaves.emplace_back(common_key(way), json);
    return;
  }
  std::size_t index = 0;
  for (const auto& [key, value] : json.items()) {
    std::string step = key;
    if (json.is_array()) {
      const bool is_named = value.is_object() && value.contains("name") && value["name"].is_string();
      step = is_named ? value["name"].get<std::string>() : std::to_string(index);
    }
    flatten(value, way.empty() ? step : way + "." + step, leaves);
    ++index;
  }
}

Result<std::vector<Row>> rows_of(const NamedResult& a, const NamedResult& b) {
  std::vector<std::pair<std::string, Json>> leaves[2];
  const NamedResult* sides[] = {&a, &b};
  for (int side = 0; side < 2; ++side) {
    const Json json = Json::parse(sides[side]->json, nullptr, false);
    if (!json.is_object()) {
      return fail("not-a-result", "'" + sides[side]->name + "' is neither a plan nor a result of --json",
                  "give two plans, or two files written by `tiercut VERB --json`", {sides[side]->name, 0, 0, {}});
    }
    flatten(json, "", leaves[side]);
  }
  std::vector<Row> rows;
  std::map<std::string, std::size_t> index;
  for (auto& [key, value] : leaves[0]) {
    index.emplace(key, rows.size());
    rows.push_back({key, std::move(value), nullptr});
  }
  for (auto& [key, value] : leaves[1]) {
    const auto known = index.find(key);
    if (known != index.end())
      rows[known->second].b = std::move(value);
    else
      rows.push_back({key, nullptr, std::move(value)});
  }
  return rows;
}

bool is_time(const std::string& key) { return key.ends_with("_s") || key.find("latency_s.") != std::string::npos; }

std::string cell(const std::string& key, const Json& value) {
  if (value.is_null()) return "-";
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_number()) return value.dump();
  const double number = value.get<double>();
  if (is_time(key)) return format_duration(Seconds(number));
  if (key.ends_with("_bytes")) return format_size(Bytes(number));
  if (key.ends_with("share") || key.starts_with("utilisation.")) return format_share(number);
  return value.is_number_integer() ? format_count(value.get<std::int64_t>()) : format_number(number);
}

std::string difference_cell(const Row& row) {
  const bool is_count = row.a.is_number_integer() && row.b.is_number_integer();
  const Json difference = is_count ? Json(row.b.get<std::int64_t>() - row.a.get<std::int64_t>())
                                   : Json(row.b.get<double>() - row.a.get<double>());
  const std::string text = cell(row.key, difference);
  return difference > 0 ? "+" + text : text;
}

bool is_hash(const Row& row) { return row.key == "scenario_hash"; }

bool is_worth_a_row(const Row& row) {
  if (is_hash(row)) return false;
  if (row.a != row.b) return true;
  const bool is_headline = row.key.starts_with("latency_s.");
  return is_headline || row.key == "objective_s" || row.key == "status";
}

}  // namespace

Result<std::string> comparison_text(const NamedResult& a, const NamedResult& b) {
  const auto rows = rows_of(a, b);
  if (!rows) return tl::unexpected(rows.error());
  Table table({{""}, {"a", Align::right}, {"b", Align::right}, {"b - a", Align::right}, {"b / a", Align::right}});
  std::int64_t equal = 0;
  bool is_one_scenario = true;
  for (const Row& row : *rows) {
    if (is_hash(row)) is_one_scenario = row.a == row.b;
    if (row.a == row.b) ++equal;
    if (!is_worth_a_row(row)) continue;
    std::vector<std::string> cells = {row.key, cell(row.key, row.a), cell(row.key, row.b)};
    if (row.is_number()) {
      const double from = row.a.get<double>(), to = row.b.get<double>();
      cells.push_back(from == to ? "=" : difference_cell(row));
      if (from != 0 && from != to) cells.push_back(format_number(to / from));
    }
    table.add(std::move(cells));
  }
  return "a: " + a.name + "\nb: " + b.name + "\n" + (is_one_scenario ? "" : "(of different scenarios)\n") + "\n" +
         table.to_text() + "\n" + format_count(equal) + " of " + format_count(std::ssize(*rows)) +
         " values are equal\n";
}

Result<std::string> comparison_json(const NamedResult& a, const NamedResult& b) {
  const auto rows = rows_of(a, b);
  if (!rows) return tl::unexpected(rows.error());
  Json values = Json::object();
  for (const Row& row : *rows) {
    Json entry = {{"a", row.a}, {"b", row.b}};
    if (row.is_number()) {
      const double from = row.a.get<double>(), to = row.b.get<double>();
      entry["difference"] = finite_or_null(to - from);
      entry["ratio"] = finite_or_null(to / from);
    }
    values[row.key] = std::move(entry);
  }
  return dump({{"a", a.name}, {"b", b.name}, {"values", std::move(values)}, {"version", version()}});
}

}  // namespace tiercut::report
