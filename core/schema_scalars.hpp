// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/document.hpp"

/// Private to core: how plain text becomes a number and how nodes are named, the same wherever either is needed.
namespace tiercut {

/// A finite decimal number and nothing else; independent of the locale.
std::optional<double> read_number(std::string_view text);

/// A whole number in decimal digits that fits 64 bits.
std::optional<std::int64_t> read_integer(std::string_view text);

/// What a node is, for messages: `a list`, `nothing`.
std::string kind_name(NodeKind kind);

}  // namespace tiercut
