// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/verb.hpp"
#include "core/diagnostic.hpp"
#include "profiles/exit_trace.hpp"

namespace tiercut::cli {

/// What `tiercut exits` was asked, held against the trace.
struct ExitsRequest {
  model::Confidence measure = model::Confidence::normalized_entropy;
  std::optional<profiles::TracePart> part;
  std::string part_name;
  std::vector<std::string> lost;
  std::optional<int> positive;
  std::vector<double> grid;                ///< of the shared threshold; empty: spread over the exit share
  std::vector<std::optional<double>> own;  ///< by exit, its own threshold
  std::vector<double> costs;               ///< by answer; empty when not given
};

/// Reports all slips at once: bad-usage, unknown-word, unknown-exit, not-a-number, out-of-range.
Result<ExitsRequest> exits_request(const Arguments& arguments, const profiles::ExitTrace& trace);

}  // namespace tiercut::cli
