// SPDX-License-Identifier: Apache-2.0
#include "runtime/agent/run_files.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/files.hpp"
#include "runtime/agent/host.hpp"

namespace tiercut::runtime {
namespace {

using Json = nlohmann::ordered_json;

double seconds(Nanoseconds time) { return static_cast<double>(time) / 1e9; }

/// Exact: nine decimals at most, no zeros behind.
std::string exact(Nanoseconds time) {
  std::string text = time < 0 ? "-" : "";
  const auto size = static_cast<std::uint64_t>(time < 0 ? -time : time);
  std::string fraction = std::to_string(size % 1'000'000'000 + 1'000'000'000).substr(1);
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  text += std::to_string(size / 1'000'000'000);
  return fraction.empty() ? text : text + "." + fraction;
}

std::string term_column(int term) {
  std::string key(to_text(static_cast<deployment::Term>(term)));
  std::replace(key.begin(), key.end(), ' ', '_');
  return key + "_s";
}

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

std::string answer_name(const model::Model& model, int answered_by) {
  if (answered_by < 0) return {};
  const auto index = static_cast<std::size_t>(answered_by);
  return index < model.exits.size() ? model.exits[index].name : "final";
}

void append_row(const model::Model& model, const SampleRecord& record, std::string& text) {
  const bool is_answered = record.status != SampleStatus::failed;
  text += std::to_string(record.sample) + "," + std::to_string(record.member) + "," + exact(record.arrival) + ",";
  if (is_answered) text += exact(record.latency);
  text += "," + quoted(answer_name(model, record.answered_by));
  for (int term = 0; term < deployment::term_count; ++term) {
    text += ",";
    if (is_answered && record.terms) text += exact((*record.terms)[static_cast<std::size_t>(term)]);
  }
  text += "," + std::string(to_text(record.status)) + "," + quoted(record.why) + ",";
  if (record.label) text += std::to_string(*record.label);
  text += ",";
  if (record.predicted) text += std::to_string(*record.predicted);
  text += ",";
  if (record.label && record.predicted) text += *record.label == *record.predicted ? "1" : "0";
  text += "," + exact(record.late) + "," + std::to_string(record.epoch) + "," + std::to_string(record.payload_bytes) +
          "," + std::to_string(record.control_bytes) + "\n";
}

std::string samples_csv(const RunRequest& request, const RunResult& result) {
  std::string text = "# tiercut " + request.version + ", scenario " + request.scenario->name + ", " +
                     request.scenario->hash + ", seed " + std::to_string(request.seed) + "\n";
  text += "sample,member,arrival_s,latency_s,answered_by";
  for (int term = 0; term < deployment::term_count; ++term) text += "," + term_column(term);
  text += ",status,why,label,predicted,right,late_s,epoch,payload_B,control_B\n";
  for (const SampleRecord& record : result.records) append_row(*request.scenario->model, record, text);
  return text;
}

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json json_of(const Summary& summary) {
  Json out = Json::object();
  for (const Statistic statistic : all_statistics) out[std::string(to_text(statistic))] = number(summary.at(statistic));
  return out;
}

Json json_of(const RunRequest& request, const RunSummary& summary) {
  const model::Model& model = *request.scenario->model;
  Json out = {{"samples", summary.samples},
              {"answered", summary.answered},
              {"fallback", summary.fallback},
              {"failed", summary.failed},
              {"latency_s", json_of(summary.latency_s)},
              {"by_answer", Json::array()},
              {"terms_s", Json::object()},
              {"accuracy", summary.accuracy ? Json(*summary.accuracy) : Json(nullptr)},
              {"lateness_p99_s", summary.lateness_p99_s},
              {"interval_s", summary.interval_s}};
  for (std::size_t k = 0; k < summary.by_answer.size(); ++k) {
    out["by_answer"].push_back({{"name", answer_name(model, static_cast<int>(k))},
                                {"answered", summary.by_answer[k]},
                                {"latency_s", json_of(summary.latency_by_answer_s[k])}});
  }
  for (int term = 0; term < deployment::term_count; ++term) {
    out["terms_s"][term_column(term)] = summary.mean_terms_s[static_cast<std::size_t>(term)];
  }
  return out;
}

Json plans_json(const RunRequest& request, const RunResult& result) {
  const scenarios::Scenario& scenario = *request.scenario;
  const model::Model& model = *scenario.model;
  Json plans = Json::array();
  for (const PlanInUse& each : result.plans) {
    Json placement = Json::object(), exits = Json::object();
    for (std::size_t layer = 0; layer < model.layers.size(); ++layer) {
      const model::LayerType type = model.layers[layer].type;
      if (type == model::LayerType::input || type == model::LayerType::output) continue;
      placement[model.layers[layer].name] = scenario.name_of(each.plan.placement[layer]);
    }
    for (std::size_t k = 0; k < model.exits.size(); ++k) {
      const bool has_threshold = k < each.plan.thresholds.size() && each.plan.thresholds[k].has_value();
      exits[model.exits[k].name] = {{"used", static_cast<bool>(each.plan.uses_exit[k])},
                                    {"escalation", scenarios::to_text(each.plan.escalation[k])},
                                    {"threshold", has_threshold ? Json(*each.plan.thresholds[k]) : Json(nullptr)}};
    }
    Json encodings = Json::object();
    for (const auto& [tensor, encoding] : each.plan.encodings) {
      encodings[model.layer(tensor).name] = model::to_text(encoding);
    }
    plans.push_back({{"epoch", each.epoch},
                     {"why", each.why},
                     {"from_sample", each.from_sample},
                     {"placement", std::move(placement)},
                     {"exits", std::move(exits)},
                     {"encodings", std::move(encodings)},
                     {"cancel", each.plan.cancel}});
  }
  return plans;
}

Json agents_json(const RunResult& result) {
  Json agents = Json::array();
  for (const AgentReport& each : result.agents) {
    Json units = Json::object();
    for (const std::string& unit : each.units) {
      const std::size_t colon = unit.find(": ");
      if (colon != std::string::npos) units[unit.substr(0, colon)] = unit.substr(colon + 2);
    }
    const bool is_limited = each.about.memory_limit != std::numeric_limits<std::uint64_t>::max();
    agents.push_back({{"device", each.device},
                      {"address", each.address},
                      {"version", each.about.version},
                      {"host", each.about.host},
                      {"processor", each.about.processor},
                      {"profile", each.about.profile},
                      {"units", std::move(units)},
                      {"threads", each.about.threads},
                      {"memory_limit_B", is_limited ? Json(each.about.memory_limit) : Json(nullptr)},
                      {"memory_used_B", each.memory_used},
                      {"clock_offset_s", seconds(each.clock_offset)},
                      {"clock_error_s", seconds(each.clock_error)},
                      {"clock_shared", each.is_clock_shared},
                      {"round_trip_s", each.round_trip == never ? Json(nullptr) : Json(seconds(each.round_trip))},
                      {"refused_frames", each.refused_frames},
                      {"late_frames", each.late_frames}});
  }
  return agents;
}

Json connections_json(const RunResult& result) {
  Json connections = Json::array();
  for (const ConnectionReport& each : result.connections) {
    connections.push_back({{"from", each.from},
                           {"to", each.to},
                           {"round_trip_s", each.round_trip ? Json(seconds(*each.round_trip)) : Json(nullptr)},
                           {"messages", each.messages},
                           {"payload_B", each.payload_bytes},
                           {"control_B", each.control_bytes}});
  }
  return connections;
}

Json quantiles_json(const QuantileTable& table) {
  Json values = Json::array();
  // Nanoseconds are what clocks tell.
  for (const double value : table.values()) values.push_back(std::round(value * 1e9) / 1e9);
  return values;
}

Json stages_json(const RunResult& result) {
  Json stages = Json::array();
  for (const StageReport& each : result.stages) {
    const bool is_compute = each.kind == StageKind::compute;
    Json means = {{"whole", each.whole}, {"wait", each.wait}, {"work", each.work}};
    if (is_compute) {
      means["check"] = each.check;
    } else {
      means["send"] = each.send;
      means["receive"] = each.receive;
      means["wait_here"] = each.wait_here;
    }
    stages.push_back({{"epoch", each.epoch},
                      {"stage", each.stage},
                      {"name", each.name},
                      {"kind", is_compute                         ? "compute"
                               : each.kind == StageKind::transfer ? "transfer"
                                                                  : "control"},
                      {"samples", each.samples},
                      {"bytes", each.bytes},
                      {"mean_s", std::move(means)},
                      {"whole_s", quantiles_json(each.whole_quantiles)},
                      {"work_s", quantiles_json(each.work_quantiles)},
                      {"blocks_s", each.blocks}});
  }
  return stages;
}

Json run_json(const RunRequest& request, const RunResult& result, const RunContext& context) {
  const scenarios::Scenario& scenario = *request.scenario;
  const deployment::StageGraph& graph = request.plan.graph;
  Json weights = {{"kind", "random"}, {"seed", request.weights_seed}};
  if (request.weights != nullptr) {
    const auto bytes = read_file(context.weights_path);
    weights = {{"kind", "file"},
               {"path", context.weights_path},
               {"sha256", bytes ? sha256(*bytes) : std::string()},
               {"provenance", request.weights->provenance}};
  }
  Json input = {{"kind", "random"}};
  if (!request.input.name.empty()) {
    input = {{"kind", "data"}, {"name", request.input.name}, {"origin", request.input.origin}};
  }
  Json exits = Json::object();
  for (std::size_t k = 0; k < result.exit_rules.size(); ++k) {
    exits[scenario.model->exits[k].name] = result.exit_rules[k];
  }
  Json faults = Json::array();
  for (const FaultReport& each : result.faults) {
    faults.push_back({{"at_s", seconds(each.when)}, {"device", each.device}, {"what", each.what}});
  }
  Json out = {{"run", "tiercut/run/1"},
              {"version", request.version},
              {"command", context.command},
              {"started", context.started},
              {"scenario",
               {{"path", context.scenario_path},
                {"hash", scenario.hash},
                {"name", scenario.name},
                {"overrides", context.overrides}}},
              {"plans", plans_json(request, result)}};
  if (!context.plan_path.empty()) out["plan_file"] = context.plan_path;
  out["seed"] = request.seed;
  out["samples"] = static_cast<std::int64_t>(result.records.size());
  out["warm_up"] = graph.warm_up;
  out["period_s"] = graph.arrivals.period.value();
  out["process"] = to_text(graph.arrivals.process);
  out["members"] = graph.members;
  out["weights"] = std::move(weights);
  out["input"] = std::move(input);
  out["exits_decided"] = std::move(exits);
  out["clock"] = {{"error_bound_s", seconds(result.clock_error)}, {"shared", result.is_clock_shared}};
  out["machine"] = {
      {"host", host_name()}, {"processor", processor_name()}, {"cores", processor_count()}, {"kernel", kernel_name()}};
  out["agents"] = agents_json(result);
  out["connections"] = connections_json(result);
  out["stages"] = stages_json(result);
  out["faults"] = std::move(faults);
  if (!context.lab_report.empty()) out["lab"] = Json::parse(context.lab_report, nullptr, false);
  out["result"] = json_of(request, summary_of(request, result));
  out["is_interrupted"] = result.is_interrupted;
  return out;
}

}  // namespace

RunSummary summary_of(const RunRequest& request, const RunResult& result) {
  const std::size_t answers = request.scenario->model->exits.size() + 1;
  RunSummary summary;
  summary.by_answer.assign(answers, 0);
  summary.latency_by_answer_s.resize(answers);
  std::vector<double> all, late;
  std::vector<std::vector<double>> by_answer(answers);
  std::int64_t with_terms = 0, labelled = 0, right = 0;
  for (const SampleRecord& record : result.records) {
    if (record.sample < request.plan.graph.warm_up) continue;
    ++summary.samples;
    late.push_back(seconds(record.late));
    if (record.status == SampleStatus::failed) {
      ++summary.failed;
      all.push_back(std::numeric_limits<double>::infinity());
      continue;
    }
    ++(record.status == SampleStatus::answered ? summary.answered : summary.fallback);
    all.push_back(seconds(record.latency));
    const auto by = static_cast<std::size_t>(record.answered_by);
    ++summary.by_answer[by];
    by_answer[by].push_back(seconds(record.latency));
    if (record.label && record.predicted) {
      ++labelled;
      if (*record.label == *record.predicted) ++right;
    }
    if (!record.terms) continue;
    ++with_terms;
    for (std::size_t term = 0; term < record.terms->size(); ++term) {
      summary.mean_terms_s[term] += seconds((*record.terms)[term]);
    }
  }
  if (!all.empty()) summary.latency_s = summarise(all);
  for (std::size_t k = 0; k < answers; ++k) {
    if (!by_answer[k].empty()) summary.latency_by_answer_s[k] = summarise(by_answer[k]);
  }
  for (double& term : summary.mean_terms_s) term /= static_cast<double>(std::max<std::int64_t>(1, with_terms));
  if (labelled > 0) summary.accuracy = static_cast<double>(right) / static_cast<double>(labelled);
  if (!late.empty()) summary.lateness_p99_s = summarise(late).p99;
  if (!result.records.empty()) {
    summary.interval_s = seconds(result.records.back().arrival - result.records.front().arrival);
  }
  return summary;
}

std::string result_json(const RunRequest& request, const RunResult& result) {
  return json_of(request, summary_of(request, result)).dump(2);
}

Result<void> prepare_run_folder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return fail("output-unwritable", "cannot make the folder '" + folder + "': " + error.message(),
                "choose another with --out");
  }
  for (const char* name : {"run.json", "samples.csv"}) {
    if (const auto file = AtomicFile::create(folder + "/" + name); !file) return tl::unexpected(file.error());
  }
  return {};
}

Result<void> write_run(const std::string& folder, const RunRequest& request, const RunResult& result,
                       const RunContext& context) {
  if (auto prepared = prepare_run_folder(folder); !prepared) return prepared;
  // run.json last: where it is, the samples are.
  if (auto written = write_file(folder + "/samples.csv", samples_csv(request, result)); !written) return written;
  return write_file(folder + "/run.json", run_json(request, result, context).dump(2) + "\n");
}

}  // namespace tiercut::runtime
