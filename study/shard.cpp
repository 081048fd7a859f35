// SPDX-License-Identifier: Apache-2.0
#include "study/shard.hpp"

#include <charconv>

namespace tiercut::study {

std::optional<Shard> shard_named(std::string_view text) {
  const char* end = text.data() + text.size();
  Shard shard;
  const auto index = std::from_chars(text.data(), end, shard.index);
  if (index.ec != std::errc() || index.ptr == end || *index.ptr != '/') return std::nullopt;
  const auto count = std::from_chars(index.ptr + 1, end, shard.count);
  if (count.ec != std::errc() || count.ptr != end) return std::nullopt;
  if (shard.index < 1 || shard.index > shard.count || shard.count > most_shards) return std::nullopt;
  return shard;
}

Shard shard_in_head(std::string_view text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  for (const std::string_view mark : {", shard ", "\"shard\":\""}) {
    const std::size_t at = line.rfind(mark);
    if (at == std::string_view::npos) continue;
    const std::string_view rest = line.substr(at + mark.size());
    if (const auto shard = shard_named(rest.substr(0, rest.find_first_not_of("0123456789/")))) return *shard;
  }
  return {};
}

}  // namespace tiercut::study
