// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/diagnostic.hpp"
#include "core/schema.hpp"
#include "core/units.hpp"

namespace tiercut::deployment {

/// What is done when one device or link fails.
struct FallbackEntry {
  std::string device, link;         ///< the one that fails; the other is empty
  std::optional<std::string> plan;  ///< file beside the index; nothing: there is no plan without it
  std::string why_not;              ///< then: why
  bool keeps_promise = false;
  bool stays = false;                   ///< the plan is the one in force
  double objective_s = 0;               ///< in the scenario without what failed
  Bytes ship{};                         ///< weights to be sent for it
  std::optional<Seconds> ship_time{};   ///< at least; nothing when there is no way
  std::vector<std::string> freed = {};  ///< layers that leave the failed device that they are pinned to
};

/// A folder of plans, one for each single failure.
struct FallbackIndex {
  std::string scenario_file, scenario_hash, made_by;
  std::string in_force;  ///< file of the plan that they take over from
  double objective_s = 0;
  std::vector<FallbackEntry> failures;

  const FallbackEntry* find_device(const std::string& name) const;  ///< null when absent
};

/// Name of the index in its folder.
inline constexpr const char* fallback_index_file = "fallbacks.yaml";

/// The file format `tiercut/fallbacks/1`.
const Format& fallback_format();
std::string to_yaml(const FallbackIndex& index);

/// Fails as read_document and the format check do.
Result<FallbackIndex> read_fallbacks(const std::string& path);

}  // namespace tiercut::deployment
