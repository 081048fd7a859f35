// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "profiles/exit_trace.hpp"
#include "scenarios/scenario.hpp"

namespace tiercut::scenarios {

/// Recorded samples under given thresholds: which exits are conclusive for each, and whose answers are right. Exits of
/// one sample keep the correlation that they were recorded with.
struct ExitReplay {
  /// Samples alike in what their exits decide.
  struct Pattern {
    std::uint32_t conclusive = 0;          ///< bit k: exit k
    std::int64_t rows = 0;                 ///< how many samples
    std::vector<std::int64_t> right_rows;  ///< of these, by answer: those that it answers rightly
  };

  /// What the exits say where inputs are lost.
  struct Loss {
    std::vector<model::LayerId> lost;       ///< inputs of the model, ascending
    std::uint32_t known = 0;                ///< bit k: exit k's answers were recorded, behind the exits the final ones
    std::vector<std::uint32_t> conclusive;  ///< as below
    std::vector<std::uint32_t> right;
  };

  std::string trace;                      ///< name of the trace
  bool is_in_order = false;               ///< sample i of a run takes row i, from the first again behind the last
  std::vector<std::uint32_t> conclusive;  ///< by row
  std::vector<std::uint32_t> right;       ///< by row; bit k: exit k's answer, behind the exits the final one
  std::vector<Pattern> patterns;          ///< all that occur, ascending by `conclusive`
  std::vector<Loss> losses;               ///< those that the trace records, in its order

  std::int64_t rows() const { return static_cast<std::int64_t>(conclusive.size()); }
  bool is_conclusive(int exit, std::int64_t row) const { return has_bit(conclusive, exit, row); }
  bool is_right(int answer, std::int64_t row) const { return has_bit(right, answer, row); }
  /// Null where nothing was recorded with these inputs lost (ascending).
  const Loss* find_loss(std::span<const model::LayerId> lost) const;
  /// Rows whose exits decide as given (bit k of `decided` where exit k was asked, of `conclusive` what it said).
  std::int64_t rows_with(std::uint32_t decided, std::uint32_t conclusive) const;
  /// Of these, the rows that the answer answers rightly.
  std::int64_t right_rows_with(std::uint32_t decided, std::uint32_t conclusive, int answer) const;

 private:
  static bool has_bit(const std::vector<std::uint32_t>& bits, int bit, std::int64_t row) {
    return (bits[static_cast<std::size_t>(row)] >> bit & 1U) != 0;
  }
};

/// At most so many exits can be replayed.
inline constexpr int most_replayed_exits = 31;

/// `thresholds` by exit of the model; an exit without one is never conclusive. Exits are found in the trace by name;
/// those with a threshold must be there. `part` empty: all samples.
ExitReplay make_replay(const profiles::ExitTrace& trace, const model::Model& model,
                       std::span<const std::optional<double>> thresholds, std::optional<profiles::TracePart> part,
                       bool is_in_order);

/// The thresholds that the scenario states, by exit.
std::vector<std::optional<double>> thresholds_of(const Scenario& scenario);

/// The scenario's trace, which must be there, under these thresholds.
ExitReplay replay_of(const Scenario& scenario, std::span<const std::optional<double>> thresholds);

}  // namespace tiercut::scenarios
