// SPDX-License-Identifier: Apache-2.0
#include "report/replan_report.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "report/human.hpp"
#include "report/json_parts.hpp"
#include "report/plan_report.hpp"
#include "report/table.hpp"

namespace tiercut::report {

namespace {

using planner::PlanningResult;
using planner::Replan;
using planner::WeightMove;
using scenarios::Scenario;

std::string layer_table(const Scenario& scenario, const WeightMove& move) {
  const auto& net = *scenario.model;
  Table table({{"layers"}, {"from"}, {"to"}, {"weights", Align::right}});
  for (std::size_t i = 0; i < move.layers.size();) {
    const auto& first = move.layers[i];
    Bytes weights{};
    std::size_t end = i;
    for (; end < move.layers.size() && move.layers[end].from == first.from && move.layers[end].to == first.to; ++end)
      weights += net.layer(move.layers[end].layer).weight_bytes;
    const std::string& a = net.layer(first.layer).name;
    const std::string& b = net.layer(move.layers[end - 1].layer).name;
    table.add({end == i + 1 ? a : a + " .. " + b,
               first.from.empty() ? "(not deployed)" : first.from + (first.is_lost ? " (gone)" : ""),
               scenario.name_of(first.to), format_size(weights)});
    i = end;
  }
  return table.to_text() + "\n";
}

std::string link_table(const Scenario& scenario, const WeightMove& move) {
  Table table({{"weights over"}, {"size", Align::right}, {"bandwidth", Align::right}});
  for (const auto& load : move.links)
    table.add({name_of_hop(scenario, load.hop), format_size(load.size),
               format_bandwidth(scenario.links[static_cast<std::size_t>(load.hop.link)].bandwidth)});
  return table.is_empty() ? std::string() : table.to_text() + "\n";
}

std::string shipping_text(const WeightMove& move) {
  if (move.size.value() == 0) return "nothing has to be shipped";
  const std::string size = format_size(move.size) + " to ship";
  if (!move.least_time) return size + ", and no way over the links for some of it";
  return size + ", in an idle network " + format_duration(*move.least_time) + " at least";
}

std::string gain_text(const Replan& result, const PlanningResult& plan, const WeightMove& move) {
  const auto gain = result.gain_s(plan);
  if (!gain) return {};
  if (*gain == 0) return "no sooner and no later a sample";
  std::string text = fmt::format("{} {} a sample ({})", format_duration(Seconds(std::fabs(*gain))),
                                 *gain > 0 ? "sooner" : "later", to_text(result.statistic));
  if (const auto samples = result.break_even(plan, move); samples && move.size.value() > 0)
    text += fmt::format("; shipping is made up for after {} sample{}",
                        format_count(static_cast<std::int64_t>(std::min(*samples, 9e18))), *samples == 1 ? "" : "s");
  return text;
}

std::string with_line(const std::string& text) { return text.empty() ? text : text + "\n"; }

std::string head(const Replan& result, const planner::ReplanRequest& request) {
  std::string text;
  for (const std::string& why : result.why_not) text += (text.empty() ? "" : "; ") + why;
  if (!text.empty()) return "the plan in force cannot stay: " + text + "\n";
  if (!result.stays) return "the plan in force had better go\n";
  const bool is_beaten = result.weighed && std::isfinite(result.weighed->best_s);
  return is_beaten ? fmt::format("the plan in force stays: within {} samples no other makes up for its shipping\n",
                                 format_count(*request.horizon))
                   : std::string("the plan in force stays: no other is better\n");
}

Json hop_json(const Scenario& scenario, const planner::LinkLoad& load) {
  return {{"link", name_of_hop(scenario, load.hop)}, {"bytes", load.size.value()}};
}

Json move_json(const Scenario& scenario, const Replan& result, const PlanningResult& plan, const WeightMove& move) {
  Json layers = Json::object();
  for (const auto& layer : move.layers)
    layers[scenario.model->layer(layer.layer).name] = {{"from", layer.from.empty() ? Json(nullptr) : Json(layer.from)},
                                                       {"gone", layer.is_lost},
                                                       {"to", scenario.name_of(layer.to)}};
  Json links = Json::array();
  for (const auto& load : move.links) links.push_back(hop_json(scenario, load));
  const auto gain = result.gain_s(plan);
  const auto samples = result.break_even(plan, move);
  return {{"layers", std::move(layers)},
          {"bytes", move.size.value()},
          {"links", std::move(links)},
          {"least_time_s", move.least_time ? Json(move.least_time->value()) : Json(nullptr)},
          {"gain_s", gain ? finite_or_null(*gain) : Json(nullptr)},
          {"break_even_samples", samples ? Json(*samples) : Json(nullptr)}};
}

}  // namespace

std::string name_of_hop(const Scenario& scenario, const scenarios::Hop& hop) {
  const std::string& name = scenario.links[static_cast<std::size_t>(hop.link)].name;
  return hop.member == 0 ? name : fmt::format("{}.{}", name, hop.member);
}

std::string replan_text(const Scenario& scenario, const Replan& result, const planner::ReplanRequest& request) {
  std::string text = head(result, request);
  if (!result.move.layers.empty()) {
    text += "\n" + layer_table(scenario, result.move) + link_table(scenario, result.move);
    text += shipping_text(result.move) + "\n";
  }
  if (!result.stays) text += with_line(gain_text(result, result.recommended, result.move));
  const bool is_best = result.recommended.plan.placement == result.best.plan.placement;
  if (result.weighed && !is_best)
    text += fmt::format("the best plan of all: {}; {}\n", shipping_text(result.best_move),
                        result.kept ? gain_text(result, result.best, result.best_move)
                                    : format_duration(Seconds(result.best.estimate.latency_s.at(result.statistic))) +
                                          " " + std::string(to_text(result.statistic)));
  if (result.weighed && std::isfinite(result.weighed->value_s)) {
    const double gap = result.weighed->value_s - result.weighed->lower_bound_s;
    text += fmt::format("latency of {} samples and shipping: {}, {}\n", format_count(*request.horizon),
                        format_duration(Seconds(result.weighed->value_s)),
                        gap <= 1e-9 * result.weighed->value_s
                            ? std::string("no plan takes less")
                            : fmt::format("at most {} from the least", format_duration(Seconds(gap))));
  }
  return text + "\n" + plan_text(scenario, result.recommended);
}

std::string replan_json(const Scenario& scenario, const Replan& result, const planner::ReplanRequest& request) {
  Json weighed = nullptr;
  if (result.weighed)
    weighed = {{"horizon_samples", *request.horizon},
               {"value_s", finite_or_null(result.weighed->value_s)},
               {"lower_bound_s", finite_or_null(result.weighed->lower_bound_s)},
               {"kept_s", finite_or_null(result.weighed->kept_s)},
               {"best_s", finite_or_null(result.weighed->best_s)},
               {"examined", result.weighed->examined}};
  Json json = {{"stays", result.stays},
               {"why_not", result.why_not},
               {"kept", result.kept ? json_of(result.kept->estimate.latency_s) : Json(nullptr)},
               {"move", move_json(scenario, result, result.recommended, result.move)},
               {"best",
                {{"placement", placement_json(scenario, result.best.plan)},
                 {"latency_s", json_of(result.best.estimate.latency_s)},
                 {"move", move_json(scenario, result, result.best, result.best_move)}}},
               {"weighed", std::move(weighed)},
               {"plan", plan_object(scenario, result.recommended)}};
  add_origin(json, scenario);
  return dump(json);
}

}  // namespace tiercut::report
