// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <ctime>
#include <nlohmann/json.hpp>

#include "cli/console.hpp"
#include "cli/prediction.hpp"
#include "cli/validation_subject.hpp"
#include "core/files.hpp"
#include "report/human.hpp"
#include "report/table.hpp"
#include "report/version.hpp"
#include "runtime/validation/calibration_fit.hpp"

namespace tiercut::cli {

namespace {

using report::Align;
using report::format_duration;
using report::format_share;

std::string today() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[16];
  std::strftime(text, sizeof text, "%Y-%m-%d", &parts);
  return text;
}

std::string layers_of(const validation::CalibratedCall& call) {
  return call.layers.size() == 1 ? call.layers.front() : call.layers.front() + ".." + call.layers.back();
}

std::string text_of(const validation::Calibration& calibration) {
  report::Table calls({{"call"},
                       {"mean", Align::right},
                       {"scatter", Align::right},
                       {"drift of runs", Align::right},
                       {"measured / priced", Align::right},
                       {"samples", Align::right}});
  report::Table tensors({{"device"}, {"a tensor sent", Align::right}, {"received", Align::right}});
  for (const validation::CalibratedDevice& device : calibration.devices) {
    tensors.add(
        {device.name, format_duration(Seconds(device.serialise)), format_duration(Seconds(device.deserialise))});
    for (const validation::CalibratedUnit& unit : device.units) {
      for (const validation::CalibratedCall& call : unit.calls) {
        calls.add({device.name + ": " + layers_of(call), format_duration(Seconds(call.time)),
                   format_share(call.shape ? call.shape->deviation() : 0), format_share(call.drift),
                   report::format_number(unit.scale), report::format_count(call.samples)});
      }
    }
  }
  report::Table links(
      {{"link"}, {"added latency", Align::right}, {"scatter", Align::right}, {"drift of runs", Align::right}});
  for (const validation::CalibratedLink& link : calibration.links) {
    links.add({link.name, format_duration(Seconds(link.added)), format_duration(Seconds(link.deviation)),
               format_duration(Seconds(link.drift))});
  }
  return calls.to_text() + "\n" + tensors.to_text() + (links.is_empty() ? std::string() : "\n" + links.to_text());
}

std::string json_of(const validation::Calibration& calibration, const std::string& file) {
  nlohmann::ordered_json out = {{"calibration", file},
                                {"how", calibration.how},
                                {"runs", calibration.runs},
                                {"devices", nlohmann::ordered_json::object()},
                                {"links", nlohmann::ordered_json::object()},
                                {"version", report::version()}};
  for (const validation::CalibratedDevice& device : calibration.devices) {
    auto& to = out["devices"][device.name];
    to = {{"serialise_s", device.serialise},
          {"deserialise_s", device.deserialise},
          {"calls", nlohmann::ordered_json::array()}};
    for (const validation::CalibratedUnit& unit : device.units) {
      for (const validation::CalibratedCall& call : unit.calls) {
        to["calls"].push_back({{"unit", unit.name},
                               {"layers", call.layers},
                               {"mean_s", call.time},
                               {"coefficient_of_variation", call.shape ? call.shape->deviation() : 0},
                               {"drift", call.drift},
                               {"samples", call.samples}});
      }
    }
  }
  for (const validation::CalibratedLink& link : calibration.links) {
    out["links"][link.name] = {{"added_s", link.added},
                               {"added_s_a_byte", link.byte},
                               {"deviation_s", link.deviation},
                               {"drift_s", link.drift}};
  }
  return out.dump(2) + "\n";
}

}  // namespace

ExitStatus run_calibrate(const Arguments& arguments, Console& console) {
  if (!arguments.out) {
    return console.refuse(fail("bad-usage", "--out is missing", "say where the calibration is to be written").value());
  }
  const auto subject = read_validation_subject(arguments, console);
  if (!subject) return console.refuse(subject.error());
  std::vector<validation::FitRun> runs;
  for (const RunGroup& group : subject->groups) {
    for (const validation::RecordedRun* run : group.runs) runs.push_back({run, group.scenario, group.plan});
  }
  auto calibration = validation::fit(runs, replay_stages);
  if (!calibration) return console.refuse(calibration.error());
  calibration->how = fmt::format("measured: tiercut {} calibrate, {}, from {} {} on {}", report::version(), today(),
                                 runs.size(), runs.size() == 1 ? "run" : "runs", runs.front().run->machine);
  if (const auto written = write_file(*arguments.out, validation::to_yaml(*calibration)); !written) {
    return console.refuse(written.error());
  }
  console.note("wrote " + *arguments.out);
  return console.finish(arguments.is_json ? json_of(*calibration, *arguments.out) : text_of(*calibration),
                        ExitStatus::yes);
}

const Verb& calibrate_verb() {
  static const Verb verb = {"calibrate",
                            "fit costs, overheads and links to runs, for the next prediction",
                            "RUN...",
                            1,
                            std::numeric_limits<std::size_t>::max(),
                            {{"--out", "FILE", "the calibration", &Arguments::out},
                             {"--scenario", "FILE", "instead of what the run names", &Arguments::scenario}},
                            {"Take runs in which samples do not queue. --calibration FILE of `plan`,",
                             "`simulate`, `explain` and `validate` uses it. Several runs show how they drift."},
                            {"calibrate a.run --out lab.yaml",
                             "simulate big-little/after --calibration lab.yaml"},
                            run_calibrate};
  return verb;
}

}  // namespace tiercut::cli
