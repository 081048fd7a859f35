// SPDX-License-Identifier: Apache-2.0
#include "report/records.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "report/answers.hpp"
#include "report/version.hpp"

namespace tiercut::report {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t picoseconds_a_second = 1'000'000'000'000;

void append_seconds(std::string& text, std::int64_t picoseconds) {
  if (picoseconds < 0) text += '-';
  const std::uint64_t size =
      picoseconds < 0 ? 0 - static_cast<std::uint64_t>(picoseconds) : static_cast<std::uint64_t>(picoseconds);
  text += std::to_string(size / picoseconds_a_second);
  std::uint64_t rest = size % picoseconds_a_second;
  if (rest == 0) return;
  char digits[12];
  for (int at = 11; at >= 0; --at, rest /= 10) digits[at] = static_cast<char>('0' + rest % 10);
  int length = 12;
  while (digits[length - 1] == '0') --length;
  text += '.';
  text.append(digits, static_cast<std::size_t>(length));
}

std::string csv_quoted(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

}  // namespace

std::string exact_seconds(std::int64_t picoseconds) {
  std::string text;
  append_seconds(text, picoseconds);
  return text;
}

std::string term_key(deployment::Term term) {
  std::string key(to_text(term));
  std::replace(key.begin(), key.end(), ' ', '_');
  return key + "_s";
}

RecordWriter::RecordWriter(AtomicFile file, Form form, std::vector<std::string> answer_names,
                           const deployment::StageGraph& graph)
    : file_(std::move(file)),
      form_(form),
      answer_names_(std::move(answer_names)),
      graph_(&graph),
      has_right_(graph.replay != nullptr) {}

Result<RecordWriter> RecordWriter::create(const std::string& path, const scenarios::Scenario& scenario,
                                          const deployment::StageGraph& graph, std::uint64_t seed) {
  auto file = AtomicFile::create(path);
  if (!file) return tl::unexpected(file.error());
  const Form form = path.ends_with(".jsonl") ? Form::json_lines : Form::csv;
  std::vector<std::string> names;
  for (const std::string& name : answer_names(graph)) {
    names.push_back(form == Form::csv ? csv_quoted(name) : Json(name).dump());
  }
  if (form == Form::json_lines) {
    const Json head = {{"records", "tiercut/records/1"},
                       {"version", version()},
                       {"scenario", scenario.name},
                       {"scenario_hash", scenario.hash},
                       {"seed", seed}};
    file->write(head.dump() + "\n");
  } else {
    file->write("# tiercut " + std::string(version()) + ", scenario " + scenario.name + ", " + scenario.hash +
                ", seed " + std::to_string(seed) + "\nsample,member,arrival_s,latency_s,answered_by");
    for (int term = 0; term < deployment::term_count; ++term) {
      file->write("," + term_key(static_cast<deployment::Term>(term)));
    }
    file->write(graph.replay != nullptr ? ",right,ending,why\n" : ",ending,why\n");
  }
  return RecordWriter(std::move(*file), form, std::move(names), graph);
}

void RecordWriter::add(const simulator::Record& record) {
  const bool is_csv = form_ == Form::csv;
  line_.clear();
  const auto key = [&](const char* name) {
    if (!is_csv)
      line_ += std::string(line_.empty() ? "{\"" : ",\"") + name + "\":";
    else if (!line_.empty())
      line_ += ',';
  };
  key("sample");
  line_ += std::to_string(record.sample);
  key("member");
  line_ += std::to_string(record.member);
  key("arrival_s");
  append_seconds(line_, record.arrival.picoseconds());
  const bool is_answered = record.ending == simulator::Ending::answered;
  const char* const nothing = is_csv ? "" : "null";
  key("latency_s");
  is_answered ? append_seconds(line_, record.latency.picoseconds()) : void(line_ += nothing);
  key("answered_by");
  line_ += is_answered ? answer_names_.at(static_cast<std::size_t>(record.answered_by)) : nothing;
  for (int term = 0; term < deployment::term_count; ++term) {
    static const auto keys = [] {
      std::array<std::string, deployment::term_count> all;
      for (int i = 0; i < deployment::term_count; ++i) {
        all[static_cast<std::size_t>(i)] = term_key(static_cast<deployment::Term>(i));
      }
      return all;
    }();
    key(keys[static_cast<std::size_t>(term)].c_str());
    append_seconds(line_, record.terms[static_cast<std::size_t>(term)].picoseconds());
  }
  if (record.is_right) {
    key("right");
    line_ += *record.is_right ? '1' : '0';
  } else if (has_right_) {
    key("right");
    line_ += '0';
  }
  key("ending");
  const std::string ending(to_text(record.ending)),
      why = is_answered ? std::string(record.is_fallback ? "fallback" : "") : record.cause.text(*graph_);
  line_ += is_csv ? ending : '"' + ending + '"';
  key("why");
  line_ += why.empty() ? nothing : is_csv ? csv_quoted(why) : Json(why).dump();
  line_ += is_csv ? "\n" : "}\n";
  file_.write(line_);
}

Result<void> RecordWriter::commit(const simulator::SimulationResult& result) {
  if (form_ == Form::json_lines) {
    const Json tail = {
        {"engine", result.engine}, {"engine_version", result.engine_version}, {"network_model", result.network_model}};
    file_.write(tail.dump() + "\n");
  } else {
    file_.write("# " + result.engine + " " + result.engine_version + ", " + result.network_model + "\n");
  }
  return file_.commit();
}

}  // namespace tiercut::report
