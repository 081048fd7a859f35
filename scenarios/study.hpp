// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/diagnostic.hpp"
#include "core/schema.hpp"
#include "scenarios/scenario_series.hpp"

namespace tiercut::scenarios {

/// One thing that a study varies.
struct StudyAxis {
  std::string name;
  std::vector<ValuePath> paths;  ///< all get the value
  std::vector<Node> values;
  std::vector<std::string> texts;      ///< of the values, as a person would write them; one line each
  std::optional<Dimension> dimension;  ///< when all values are quantities of one kind, or plain numbers (ratio)
  std::vector<double> numbers;         ///< then the values in its base unit
};

/// How a point comes by its plan.
enum class StudyPlan {
  each,   ///< the best one of the point
  fixed,  ///< places and exits in use of the scenario's best one; all else as the point says
  given,  ///< of a file
};

/// A scenario with some values varied: `tiercut/study/1`. Points are numbered from 0, the last axis runs fastest, and
/// zipped axes run together at the place of the first of them.
class Study {
 public:
  std::string name, description, file;
  ScenarioSeries series;
  ScenarioPointer base;  ///< with the fixed values, nothing varied
  std::vector<StudyAxis> axes;
  std::vector<std::vector<std::size_t>> dimensions{};  ///< by dimension of the grid the axes that run along it
  StudyPlan plan = StudyPlan::each;
  std::string plan_file{};  ///< given: resolved
  std::int64_t samples = 10'000;
  std::optional<std::int64_t> warm_up{};
  std::uint64_t seed = 1;
  std::optional<std::string> engine{};  ///< as --engine takes it; the first fit when absent
  std::vector<std::string> measures{};  ///< of study_measures(), in its order
  std::string source_hash{};            ///< `sha256:...` over what points are made of: base, axes, plan file

  std::int64_t points() const;
  std::size_t length_of(std::size_t dimension) const { return axes[dimensions[dimension].front()].values.size(); }
  /// By axis the number of its value.
  std::vector<std::size_t> values_at(std::int64_t point) const;
  /// Fails with everything that is wrong with the point.
  Result<ScenarioPointer> scenario_at(std::int64_t point) const;
};

/// What a study may write of each point, as names of columns and JSON keys without their units.
const std::vector<std::string>& study_measures();

/// The file format `tiercut/study/1`.
const Format& study_format();

inline constexpr std::int64_t most_study_points = 10'000'000;

/// Reads a study (a path or a shipped name) with its scenario; `overrides` change the scenario, as --set does, before
/// the study's own values. Reports all errors: those of the format, bad-axis, bad-zip, unknown-device, unknown-link,
/// set-path, too-many-points, ... and those of the unvaried scenario. A path must lead to a value that the format of
/// scenarios knows; values that are impossible make bad points, not a bad study.
Result<Study> read_study(const std::string& path, const std::vector<std::string>& overrides = {});

}  // namespace tiercut::scenarios
