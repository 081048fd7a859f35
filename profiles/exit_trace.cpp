// SPDX-License-Identifier: Apache-2.0
#include "profiles/exit_trace.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/files.hpp"
#include "core/sha256.hpp"
#include "profiles/exit_trace_block.hpp"
#include "profiles/exit_trace_header.hpp"

namespace tiercut::profiles {
namespace {

bool is_same_set(std::span<const std::string> some, const std::vector<std::string>& others) {
  return std::is_permutation(some.begin(), some.end(), others.begin(), others.end());
}

Diagnostics check_samples(const ExitTrace& trace, const std::string& path) {
  Diagnostics found;
  const auto report = [&](std::string message) {
    found.push_back({Severity::error, "bad-trace", {path, 0, 0, {}}, std::move(message), {}});
  };
  const std::size_t samples = trace.size();
  bool is_even = trace.ids.size() == samples && trace.parts.size() == samples;
  is_even = is_even && trace.scores.size() == trace.answers.size();
  for (const auto& scores : trace.scores) is_even = is_even && scores.size() == samples;
  if (!is_even) {
    report("the trace has columns of different lengths");
    return found;
  }
  for (std::size_t i = 0; i < samples && found.empty(); ++i)
    if (std::string defect = defect_of(trace, i); !defect.empty()) report(std::move(defect));
  return found;
}

}  // namespace

double TracedScore::confidence(model::Confidence measure) const {
  switch (measure) {
    case model::Confidence::max_probability:
      return max_probability;
    case model::Confidence::margin:
      return margin;
    case model::Confidence::normalized_entropy:
      break;
  }
  return normalized_entropy;
}

int ExitTrace::find(std::string_view exit, std::span<const std::string> lost) const {
  for (std::size_t i = 0; i < answers.size(); ++i)
    if (answers[i].exit == exit && is_same_set(lost, answers[i].lost)) return static_cast<int>(i);
  return -1;
}

int ExitTrace::answer_of(std::size_t answer, std::size_t sample) const {
  return answers[answer].class_map[static_cast<std::size_t>(scores[answer][sample].predicted)];
}

bool ExitTrace::is_right(std::size_t answer, std::size_t sample) const {
  return answer_of(answer, sample) == labels[sample];
}

bool ExitTrace::may_answer(std::size_t answer, std::size_t sample) const {
  const auto& allowed = answers[answer].answers;
  return std::find(allowed.begin(), allowed.end(), scores[answer][sample].predicted) != allowed.end();
}

Result<void> write_exit_trace(const std::string& path, const ExitTrace& trace) {
  TraceHeader header;
  header.trace = {trace.name, trace.model, trace.data, trace.classes,   trace.measure, trace.answers, {},
                  {},         {},          {},         trace.provenance};
  header.test = static_cast<std::uint64_t>(std::count(trace.parts.begin(), trace.parts.end(), TracePart::test));
  header.calibration = trace.parts.size() - header.test;
  const std::string text = header_text(header);
  // Reading it back also refuses what no YAML file can hold, as names that are not UTF-8.
  if (const auto read = parse_header(text, path); !read) return tl::unexpected(read.error());
  if (Diagnostics unfit = check_samples(trace, path); !unfit.empty()) return tl::unexpected(std::move(unfit));

  auto file = AtomicFile::create(path);
  if (!file) return tl::unexpected(file.error());
  Sha256 hash;
  const auto write = [&](std::string_view bytes) {
    hash.add(bytes);
    file->write(bytes);
  };
  write(text);
  write(little_endian(static_cast<std::uint32_t>(text.size())) + little_endian(crc32_of(text)));
  for (std::size_t first = 0; first < trace.size(); first += samples_a_block)
    write(encode_block(trace, first, std::min(samples_a_block, trace.size() - first)));
  BlockFrame end;
  end.checksum = end.checksum_with({});
  write(end.bytes());
  const auto digest = hash.finish();
  file->write({reinterpret_cast<const char*>(digest.data()), digest.size()});
  return file->commit();
}

}  // namespace tiercut::profiles
