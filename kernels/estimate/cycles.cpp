// SPDX-License-Identifier: Apache-2.0
#include "kernels/estimate/cycles.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace tiercut::kernels {
namespace {

using Row = std::vector<double>;

/// Gauss and Jordan, with the largest pivot of each column.
Row solve(std::vector<Row> rows) {
  const std::size_t size = rows.size();
  for (std::size_t column = 0; column < size; ++column) {
    std::size_t best = column;
    for (std::size_t row = column; row < size; ++row) {
      if (std::abs(rows[row][column]) > std::abs(rows[best][column])) best = row;
    }
    if (rows[best][column] == 0) throw std::logic_error("counted layers do not tell the features apart");
    std::swap(rows[best], rows[column]);
    for (std::size_t row = 0; row < size; ++row) {
      if (row == column) continue;
      const double factor = rows[row][column] / rows[column][column];
      for (std::size_t k = column; k <= size; ++k) rows[row][k] -= factor * rows[column][k];
    }
  }
  Row solution(size);
  for (std::size_t i = 0; i < size; ++i) solution[i] = rows[i][size] / rows[i][i];
  return solution;
}

/// Least squares of relative error over the chosen columns.
Row fit(const std::vector<Row>& steps, const Row& times, const std::vector<std::size_t>& chosen) {
  std::vector<Row> normal(chosen.size(), Row(chosen.size() + 1));
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const double weight = 1 / (times[i] * times[i]);
    for (std::size_t a = 0; a < chosen.size(); ++a) {
      for (std::size_t b = 0; b < chosen.size(); ++b) {
        normal[a][b] += weight * steps[i][chosen[a]] * steps[i][chosen[b]];
      }
      normal[a].back() += weight * steps[i][chosen[a]] * times[i];
    }
  }
  return solve(std::move(normal));
}

}  // namespace

double cycles_of(const BoardUnit& unit, const InstructionCounts& counts) {
  const double arithmetic = counts.multiply * unit[Quantity::multiply] + counts.vector * unit[Quantity::vector];
  if (unit.pipeline == Pipeline::in_order) {
    const double rest = counts.total - counts.multiply - counts.vector - counts.vector_memory;
    return arithmetic + counts.vector_memory * unit[Quantity::vector_memory] + rest * unit[Quantity::other];
  }
  return std::max({counts.total * unit[Quantity::other], arithmetic, counts.memory * unit[Quantity::vector_memory]});
}

double steps_of(const KernelKind::Feature& feature, const model::Layer& layer) {
  return profiles::FeatureTerm{.factors = feature}.steps(profiles::extents_of(layer));
}

std::vector<double> step_times(const BoardUnit& unit, const KernelKind& kind) {
  const auto counts = counts_of(unit.processor, kind.name);
  if (counts.size() != kind.layers.size() || counts.size() <= kind.features.size()) {
    throw std::logic_error("counts of " + kind.name + " do not fit its layers");
  }
  std::vector<Row> steps;
  Row times;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const model::Layer layer = prepare(kind.type, kind.layers[i]).layer;
    Row& row = steps.emplace_back(1, 1.0);
    for (const auto& feature : kind.features) row.push_back(steps_of(feature, layer));
    times.push_back(cycles_of(unit, counts[i]) / unit[Quantity::clock]);
  }
  std::vector<std::size_t> chosen(kind.features.size() + 1);
  for (std::size_t i = 0; i < chosen.size(); ++i) chosen[i] = i;
  for (;;) {
    const Row fitted = fit(steps, times, chosen);
    const auto least = std::min_element(fitted.begin(), fitted.end());
    if (*least >= 0) {
      Row result(kind.features.size() + 1, 0.0);
      for (std::size_t i = 0; i < chosen.size(); ++i) result[chosen[i]] = fitted[i];
      return result;
    }
    chosen.erase(chosen.begin() + (least - fitted.begin()));
  }
}

}  // namespace tiercut::kernels
