// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include "planner/search.hpp"

namespace tiercut::planner {

/// Plans a chain anew whenever its links or its promise change: what calls cost is priced once, for all of them, since
/// a law need not be additive. Exact: the least latency of any placement, as the dynamic program over chains finds it.
/// Bounds that take every layer's least share decide which calls are worth a look; where laws are additive they leave
/// almost none. Memory: 8 bytes for each pair of layers and place.
class ChainReplanner {
 public:
  /// Nothing when the scenario is more than this takes: a chain in use without exits, at most 64 places, memory that
  /// cannot bind, connections without windows, no calls of known cost, tables within 1 GiB. Or when no layer can run
  /// anywhere.
  static std::optional<ChainReplanner> prepare(const scenarios::Scenario& scenario);

  ChainReplanner(ChainReplanner&&) noexcept;
  ChainReplanner& operator=(ChainReplanner&&) noexcept;
  ~ChainReplanner();

  /// For a scenario that differs from the prepared one only in what links cost, in routes, and in the requirement.
  /// Nothing when no plan keeps the promise or connects input and answer. Warm: begins with the plan that it found
  /// last.
  std::optional<Found> replan(const scenarios::Scenario& changed);
  std::size_t examined() const;  ///< calls looked at by the last replan

 private:
  struct State;
  explicit ChainReplanner(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tiercut::planner
