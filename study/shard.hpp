// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tiercut::study {

/// A part of a study's points, for one of several machines: point p belongs to shard p mod count + 1.
struct Shard {
  std::int64_t index = 1, count = 1;
  bool owns(std::int64_t point) const { return point % count == index - 1; }
  bool operator==(const Shard&) const = default;
};

inline constexpr std::int64_t most_shards = 1'000'000;

/// `2/8`: 1 <= index <= count <= most_shards; nothing for other text.
std::optional<Shard> shard_named(std::string_view text);

/// What the head of a results file says of its shard; the whole when nothing.
Shard shard_in_head(std::string_view text);

}  // namespace tiercut::study
