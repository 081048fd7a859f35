// SPDX-License-Identifier: Apache-2.0
// The directory that `tiercut run` writes (runtime/agent/README.md).
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/files.hpp"
#include "deployment/plan_reader.hpp"
#include "runtime/validation/recorded_run.hpp"

namespace tiercut::validation {
namespace {

using Json = nlohmann::json;

std::string quoted(const std::string& text) { return Json(text).dump(); }

/// The plan of run.json in the format of plan files, so that one reader judges both.
std::string plan_text(const Json& plan, const RecordedRun& run) {
  std::string text = "schema: tiercut/plan/1\nscenario: {path: " + quoted(run.scenario_path) +
                     ", hash: " + quoted(run.scenario_hash) +
                     "}\nmade_by: a run\nstatus: feasible\nmethod: run\nobjective: 0 s\nlower_bound: 0 s\ngap: 0\n"
                     "placement:\n";
  for (const auto& [layer, place] : plan.at("placement").items()) {
    text += "  " + layer + ": " + quoted(place.get<std::string>()) + "\n";
  }
  if (!plan.at("exits").empty()) text += "exits:\n";
  for (const auto& [name, exit] : plan.at("exits").items()) {
    text += "  " + name + ": {use: " + (exit.at("used").get<bool>() ? "true" : "false") +
            ", escalation: " + exit.at("escalation").get<std::string>();
    if (const auto threshold = exit.find("threshold"); threshold != exit.end() && !threshold->is_null()) {
      text += ", threshold: " + threshold->dump();
    }
    text += "}\n";
  }
  const auto encodings = plan.find("encodings");
  if (encodings != plan.end() && !encodings->empty()) {
    text += "encodings:\n";
    for (const auto& [tensor, encoding] : encodings->items()) {
      text += "  " + tensor + ": " + encoding.get<std::string>() + "\n";
    }
  }
  return text + "cancel: " + (plan.at("cancel").get<bool>() ? "true" : "false") + "\n";
}

RecordedStage stage_of(const Json& json) {
  const auto mean = [&](const char* key) { return json.at("mean_s").value(key, 0.0); };
  RecordedStage stage;
  stage.stage = json.at("stage").get<int>();
  stage.name = json.at("name").get<std::string>();
  stage.kind = json.at("kind").get<std::string>();
  stage.samples = json.at("samples").get<std::int64_t>();
  stage.bytes = json.at("bytes").get<double>();
  stage.whole = mean("whole");
  stage.wait = mean("wait");
  stage.work = mean("work");
  stage.check = mean("check");
  stage.send = mean("send");
  stage.receive = mean("receive");
  stage.wait_here = mean("wait_here");
  stage.whole_quantiles = QuantileTable::from(json.at("whole_s").get<std::vector<double>>());
  stage.work_quantiles = QuantileTable::from(json.at("work_s").get<std::vector<double>>());
  stage.blocks = json.at("blocks_s").get<std::vector<double>>();
  return stage;
}

void take(const Json& json, RecordedRun& run) {
  run.started = json.at("started").get<std::string>();
  const Json& scenario = json.at("scenario");
  run.scenario_path = scenario.at("path").get<std::string>();
  run.scenario_hash = scenario.at("hash").get<std::string>();
  run.overrides = scenario.at("overrides").get<std::vector<std::string>>();
  run.seed = json.at("seed").get<std::int64_t>();
  run.warm_up = json.at("warm_up").get<std::int64_t>();
  run.is_interrupted = json.at("is_interrupted").get<bool>();
  const Json& machine = json.at("machine");
  run.machine = machine.at("processor").get<std::string>() + ", " + machine.at("kernel").get<std::string>();
  const Json& plans = json.at("plans");
  run.plans = static_cast<int>(plans.size());
  run.plan_text = plan_text(plans.at(0), run);
  if (!json.contains("stages")) return;  // written before there were any
  for (const Json& stage : json.at("stages")) {
    if (stage.at("epoch").get<int>() == 1) run.stages.push_back(stage_of(stage));
  }
}

}  // namespace

Result<RecordedRun> read_run(const std::string& path) {
  RecordedRun run;
  run.path = path;
  if (!std::filesystem::is_directory(path)) {
    run.is_foreign = true;
    if (auto read = read_samples(path, run); !read) return tl::unexpected(std::move(read.error()));
    return run;
  }
  const std::string file = path + "/run.json";
  const auto text = read_file(file);
  if (!text) {
    return fail("not-a-run", "'" + path + "' holds no run: there is no run.json in it",
                "`tiercut run ... --out " + path + "` makes one; runs of other systems are CSV files");
  }
  try {
    const Json json = Json::parse(*text);
    if (json.value("run", "") != "tiercut/run/1") {
      return fail("not-a-run", "this is no run of tiercut", "", {file, 0, 0, {}});
    }
    take(json, run);
  } catch (const Json::exception& error) {
    return fail("bad-run", error.what(), "make the run again", {file, 0, 0, {}});
  }
  if (auto read = read_samples(path + "/samples.csv", run); !read) return tl::unexpected(std::move(read.error()));
  return run;
}

Result<deployment::Plan> plan_of(const RecordedRun& run, const scenarios::Scenario& scenario) {
  const auto document = parse_document(run.plan_text, run.path + "/run.json", Defects::keep);
  if (!document) return tl::unexpected(document.error());
  Diagnostics found;
  if (!check(*document, deployment::plan_format(), found)) return tl::unexpected(std::move(found));
  Diagnostics stale;  // the caller compares hashes
  auto plan = deployment::plan_from(*document, scenario, stale);
  if (!plan) return tl::unexpected(std::move(plan.error()));
  return std::move(plan->plan);
}

}  // namespace tiercut::validation
