// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/diagnostic.hpp"

/// Two results of one kind side by side. A result is what --json printed; a plan is compared by its plan_json.
namespace tiercut::report {

struct NamedResult {
  std::string name;
  std::string json;
};

/// Rows of what both hold, with difference and ratio b / a of numbers; equal rows are left out of the text except for
/// latencies. Fail with not-a-result when one is no JSON object.
Result<std::string> comparison_text(const NamedResult& a, const NamedResult& b);
Result<std::string> comparison_json(const NamedResult& a, const NamedResult& b);

}  // namespace tiercut::report
