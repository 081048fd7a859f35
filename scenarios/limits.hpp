// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Private to scenarios: the ranges of its values. They keep sums of times on the picosecond grid and a hostile file
/// from asking for gigabytes.
namespace tiercut::scenarios {

inline constexpr double longest_time_s = 86400;   ///< one day
inline constexpr double shortest_time_s = 1e-12;  ///< the grid of simulated time
inline constexpr double latest_fault_s = 9e6;     ///< 104 days, near the end of the grid
inline constexpr double largest_variation = 10;   ///< of costs: standard deviation over mean
inline constexpr double most_waiting = 1e9;       ///< in a bounded queue
inline constexpr double most_workers = 4096;      ///< of a unit
inline constexpr double most_alike = 1e6;         ///< members of a group
inline constexpr int most_devices = 4096;
inline constexpr int most_links = 16384;
inline constexpr double most_warm_up = 1e9;
inline constexpr double most_loss = 0.99;
inline constexpr double largest_window_bytes = 1e12;

/// Members of larger groups cannot be named one by one: they are all alike.
inline constexpr int most_named_members = 1024;
/// Devices and nameable members of all groups together.
inline constexpr int most_nodes = 65536;
/// Pairs that one link with lists of ends may stand for.
inline constexpr int most_pairs = 4096;

}  // namespace tiercut::scenarios
