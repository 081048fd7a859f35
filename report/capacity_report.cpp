// SPDX-License-Identifier: Apache-2.0
#include "report/capacity_report.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "report/answers.hpp"
#include "report/human.hpp"
#include "report/json_parts.hpp"
#include "report/table.hpp"

namespace tiercut::report {

namespace {

using planner::PlaceCapacity;

std::string weights_text(const PlaceCapacity& place) {
  if (!place.max_weights) return "no law";
  if (!std::isfinite(*place.max_weights)) return "any";
  std::string text = format_count(static_cast<std::int64_t>(std::floor(*place.max_weights)));
  if (place.is_memory_bound) text += " (memory)";
  if (place.is_extrapolated) text += " (extrapolated)";
  return text;
}

template <class T, class Format>
std::string text_or_dash(const std::optional<T>& value, Format format) {
  return value ? format(*value) : std::string("-");
}

Json number_or_null(const std::optional<double>& value) { return value ? finite_or_null(*value) : Json(nullptr); }

template <class T>
Json quantity_or_null(const std::optional<T>& quantity) {
  return quantity ? finite_or_null(quantity->value()) : Json(nullptr);
}

}  // namespace

std::string capacity_text(const scenarios::Scenario& scenario, const std::vector<PlaceCapacity>& places) {
  Table left({{"place"},
              {"on the way", Align::right},
              {"left to compute", Align::right},
              {"largest network (weights)", Align::right}});
  Table own({{"place"}, {"takes", Align::right}, {"slowest link", Align::right}, {"narrowest link", Align::right}});
  for (const PlaceCapacity& place : places) {
    const bool has_time = place.compute_budget.value() >= 0;
    left.add({place.name, format_duration(place.network_time),
              has_time ? format_duration(place.compute_budget)
                       : "none (" + format_duration(-place.compute_budget) + " over)",
              weights_text(place)});
    own.add({place.name, text_or_dash(place.model_cost, format_duration),
             text_or_dash(place.slowest_link, format_duration), text_or_dash(place.narrowest_link, format_bandwidth)});
  }
  return fmt::format("{}: {}, whole networks run at one place\n\n{}\n{} run whole, and the links it would need\n\n{}",
                     scenario.name, promise_text(scenario), left.to_text(), scenario.model->name, own.to_text());
}

std::string capacity_json(const scenarios::Scenario& scenario, const std::vector<PlaceCapacity>& places) {
  Json devices = Json::object();
  for (const PlaceCapacity& place : places) {
    devices[place.name] = {{"compute_budget_s", finite_or_null(place.compute_budget.value())},
                           {"network_s", finite_or_null(place.network_time.value())},
                           {"max_weights", number_or_null(place.max_weights)},
                           {"memory_bound", place.is_memory_bound},
                           {"extrapolated", place.is_extrapolated},
                           {"model_cost_s", quantity_or_null(place.model_cost)},
                           {"slowest_link_s", quantity_or_null(place.slowest_link)},
                           {"narrowest_link_bytes_per_s", quantity_or_null(place.narrowest_link)}};
  }
  const auto& promise = scenario.requirement.latency;
  Json json = {{"requirement",
                promise ? Json{{"statistic", to_text(promise->statistic)}, {"at_most_s", promise->at_most.value()}}
                        : Json(nullptr)},
               {"devices", std::move(devices)}};
  add_origin(json, scenario);
  return dump(json);
}

}  // namespace tiercut::report
