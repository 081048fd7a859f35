// SPDX-License-Identifier: Apache-2.0
#include "kernels/measure/partial_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "core/document.hpp"
#include "core/files.hpp"

namespace tiercut::kernels {
namespace {

constexpr std::string_view format_name = "tiercut/measurements/1";
constexpr std::size_t most_bytes = std::size_t{256} << 20;

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

tl::unexpected<Diagnostics> damaged(const std::string& path, int line, const std::string& what) {
  return fail("bad-partial", what, "delete the file to measure anew", Location{path, line, 0, {}});
}

template <class Number>
bool parse(const std::string& text, Number& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

/// The value's text under a key, or empty.
std::string text_at(const Node& map, std::string_view key) {
  const Node* node = map.find(key);
  return node == nullptr ? "" : node->text;
}

/// Seconds of one run, sample by sample; a bar begins another visit.
std::string samples_text(const CaseRecord& record) {
  std::string text;
  const auto values = record.samples.values();
  const auto visits = record.samples.visits();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0 && std::ranges::binary_search(visits, i)) text += " |";
    text += fmt::format("{}{:.5g}", text.empty() ? "" : " ", values[i]);
  }
  return text;
}

bool read_record(const Node& node, CaseRecord& record) {
  int repetitions = 0;
  if (!parse(text_at(node, "rounds"), record.rounds) || !parse(text_at(node, "disturbed"), record.disturbed_rounds) ||
      !parse(text_at(node, "repetitions"), repetitions) || record.rounds < 1)
    return false;
  record.backend = text_at(node, "backend");
  std::istringstream words(text_at(node, "seconds"));
  for (std::string word; words >> word;) {
    if (word == "|") {
      record.samples.begin_visit();
      continue;
    }
    double value = 0;
    if (!parse(word, value) || !(value >= 0)) return false;
    record.samples.add(Seconds(value), 0);
  }
  if (record.samples.is_empty()) return false;
  record.samples.count_repetitions(repetitions);
  return true;
}

}  // namespace

Result<void> write_partial(const std::string& path, const PartialMeasurements& measurements) {
  auto file = AtomicFile::create(path);
  if (!file) return tl::unexpected(std::move(file.error()));
  file->write(fmt::format("{{\"schema\": \"{}\", \"settings\": {}, \"spent_s\": {:.6g}}}\n", format_name,
                          in_quotes(measurements.settings), measurements.spent.value()));
  for (const auto& [key, record] : measurements.records) {
    if (record.rounds == 0) continue;
    file->write(
        fmt::format("{{\"case\": {}, \"rounds\": {}, \"disturbed\": {}, \"backend\": {}, \"repetitions\": {}, "
                    "\"seconds\": \"{}\"}}\n",
                    in_quotes(key), record.rounds, record.disturbed_rounds, in_quotes(record.backend),
                    record.samples.repetitions(), samples_text(record)));
  }
  return file->commit();
}

Result<PartialMeasurements> read_partial(const std::string& path) {
  auto text = read_file(path, most_bytes);
  if (!text) return tl::unexpected(std::move(text.error()));
  PartialMeasurements measurements;
  std::istringstream lines(*text);
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    auto document = parse_document(line, path);
    if (!document || document->root.kind != NodeKind::map)
      return damaged(path, number, "this line is no record of measurements");
    const Node& root = document->root;
    if (number == 1) {
      double spent = 0;
      if (text_at(root, "schema") != format_name)
        return damaged(path, number, fmt::format("the file does not begin as {} does", format_name));
      if (!parse(text_at(root, "spent_s"), spent)) return damaged(path, number, "the time spent is no number");
      measurements.settings = text_at(root, "settings");
      measurements.spent = Seconds(spent);
      continue;
    }
    CaseRecord record;
    const std::string key = text_at(root, "case");
    if (key.empty() || !read_record(root, record))
      return damaged(path, number, "this record of measurements is damaged");
    measurements.records.emplace(key, std::move(record));
  }
  if (number == 0) return damaged(path, 0, "the file is empty");
  return measurements;
}

}  // namespace tiercut::kernels
