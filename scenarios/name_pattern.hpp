// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace tiercut::scenarios {

/// Whether the whole name fits the pattern: `*` stands for any text (also none, also with slashes), `?` for one byte.
bool matches(std::string_view name, std::string_view pattern);

}  // namespace tiercut::scenarios
