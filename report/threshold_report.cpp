// SPDX-License-Identifier: Apache-2.0
#include "report/threshold_report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "report/human.hpp"
#include "report/table.hpp"

namespace tiercut::report {

namespace {

using deployment::PartFigures;
using deployment::ThresholdClaims;

bool is_a_rate(const ThresholdClaims& claims) { return claims.loss != "f1"; }

void add_part(Table& table, const ThresholdClaims& claims, const std::string& name, const PartFigures& part) {
  table.add({name, format_count(part.samples),
             is_a_rate(claims) ? fmt::format("{} ({})", format_share(part.lost_share()), part.lost) : "-",
             format_share(part.accuracy), format_duration(Seconds(part.latency_s.mean)),
             format_duration(Seconds(part.latency_s.p99)), format_duration(Seconds(part.latency_s.max))});
}

Json part_json(const ThresholdClaims& claims, const PartFigures& part) {
  return {{"samples", part.samples},
          {"lost", part.lost},
          {"lost_share", is_a_rate(claims) ? Json(part.lost_share()) : Json(nullptr)},
          {"accuracy", part.accuracy},
          {"latency_s", json_of(part.latency_s)}};
}

}  // namespace

std::string thresholds_text(const ThresholdClaims& claims) {
  Table table({{"thresholds chosen"},
               {"samples", Align::right},
               {"lost: " + claims.loss, Align::right},
               {"accuracy", Align::right},
               {"mean", Align::right},
               {"p99", Align::right},
               {"max", Align::right}});
  add_part(table, claims, "measured (calibration)", claims.measured);
  if (const auto& certified = claims.certified) {
    const bool is_error = claims.loss == "error";
    table.add({fmt::format("certified ({})", format_share(certified->confidence)), "",
               "at most " + format_share(certified->loss),
               is_error ? "at least " + format_share(1 - certified->loss) : "", "",
               certified->late ? "late: at most " + format_share(*certified->late) : "", ""});
  }
  if (claims.held_out) add_part(table, claims, "held out (test)", *claims.held_out);
  std::string text = table.to_text();
  if (claims.certified)
    text += fmt::format("certified on the samples not used to choose, by {} exact binomial test{}\n",
                        claims.certified->tests, claims.certified->tests == 1 ? "" : "s in a fixed order");
  else
    text += "nothing is certified\n";
  return text + "\n";
}

Json thresholds_json(const ThresholdClaims& claims) {
  Json certified = nullptr;
  if (claims.certified)
    certified = {{"confidence", claims.certified->confidence},
                 {"loss_share", claims.certified->loss},
                 {"late_share", claims.certified->late ? Json(*claims.certified->late) : Json(nullptr)},
                 {"tests", claims.certified->tests}};
  return {{"objective", claims.objective},
          {"loss", claims.loss},
          {"class", claims.loss == "f1" || claims.loss == "class-error" ? Json(claims.model_class) : Json(nullptr)},
          {"allowance", claims.allowance},
          {"measured", part_json(claims, claims.measured)},
          {"certified", std::move(certified)},
          {"held_out", claims.held_out ? part_json(claims, *claims.held_out) : Json(nullptr)}};
}

}  // namespace tiercut::report
