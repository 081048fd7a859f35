// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

/// Private to core: how plain text becomes a number, the same in the checker and in the getters.
namespace tiercut {

/// A finite decimal number and nothing else; independent of the locale.
std::optional<double> read_number(std::string_view text);

/// A whole number in decimal digits that fits 64 bits.
std::optional<std::int64_t> read_integer(std::string_view text);

}  // namespace tiercut
