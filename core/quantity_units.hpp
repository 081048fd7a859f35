// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/schema.hpp"

/// Private to core: what the checker and the JSON Schema need to know of the table of units.
namespace tiercut {

/// The units that parse_quantity reads, the usual ones first; those of a ratio without the empty one. Spellings beyond
/// ASCII are for patterns, not for messages.
enum class Spelling { ascii, every };
std::vector<std::string> unit_names(Dimension dimension, Spelling spelling = Spelling::ascii);

/// `a time`, `a bandwidth`.
std::string_view dimension_name(Dimension dimension);

/// `15 ms`: a quantity as it should be written.
std::string example_quantity(Dimension dimension);

}  // namespace tiercut
