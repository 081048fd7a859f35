// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "scenarios/study.hpp"
#include "study/point_table.hpp"

namespace tiercut::study {

/// Where the promise holds, for people: a map of the statistic that is promised for grids of one or two dimensions of
/// at most 12 columns, else the points kept at each value of each axis; then why points failed.
std::string sweep_text(const scenarios::Study& study, const std::vector<PointTable::Essence>& points,
                       const std::string& headline);

/// {study, points, kept, missed, none, failed, by_axis {axis: [{value, points, kept, missed, failed}]}, ...}.
std::string sweep_json(const scenarios::Study& study, const std::vector<PointTable::Essence>& points);

}  // namespace tiercut::study
