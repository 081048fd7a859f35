// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "profiles/exit_trace.hpp"

/// Private to the trace's reader and writer: the header that people can read.
namespace tiercut::profiles {

struct TraceHeader {
  ExitTrace trace;  ///< without samples
  std::uint64_t calibration = 0, test = 0;

  std::uint64_t samples() const { return calibration + test; }
};

inline constexpr std::string_view trace_schema = "tiercut/exits/1";
inline constexpr std::string_view trace_header_end = "...\n";  ///< a line of its own, which is YAML's end of a document
inline constexpr int most_trace_classes = 1 << 16;
inline constexpr std::size_t most_traced_answers = 1024;

std::string header_text(const TraceHeader& header);

/// Reads what header_text wrote, the end line included or not. Every defect is bad-trace with its line.
Result<TraceHeader> parse_header(std::string text, const std::string& file);

/// What does not fit together in classes, class maps and the order of answers; empty when all does.
Diagnostics check_header(const TraceHeader& header, const std::string& file);

/// Where normalised entropy is the measure, an exit answers at or below its threshold; else at or above.
std::string_view direction_of(model::Confidence measure);

}  // namespace tiercut::profiles
