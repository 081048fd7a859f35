// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

/// What training spends its time in, on Eigen, compiled once for every vector width and chosen at run time (internal
/// to training/layers/). All matrices are row-major without gaps; nothing overlaps unless said.
namespace tiercut::training {

using Index = std::int64_t;

struct Operand {
  const float* values;
  Index rows, columns;         ///< as stored
  bool is_transposed = false;  ///< taken as its transpose
};

struct SgdStep {
  float rate, momentum, decay;
  bool is_nesterov;
};
struct AdamStep {
  float rate;  ///< with the correction of the first moment's start at zero in it
  float beta1, beta2;
  float rest1, rest2;  ///< 1 less these, rounded but once
  float epsilon, decay;
  float root_scale;  ///< 1 / sqrt(1 - beta2^step), the second moment's correction
};

struct VectorMaths {
  std::string_view name;
  /// c += a b; c is [rows of a][columns of b], both after transposition; not both are transposed.
  void (*add_product)(const Operand& a, const Operand& b, float* c);
  double (*sum)(const float* x, Index count);
  double (*centred_dot)(const float* x, float centre, const float* y, Index count);  ///< sum of (x - centre) y
  double (*squared_distance)(const float* x, float centre, Index count);             ///< sum of (x - centre)^2
  bool (*is_finite)(const float* x, Index count);
  void (*sigmoid)(const float* x, float* y, Index count);
  void (*tanh)(const float* x, float* y, Index count);
  void (*sgd)(const SgdStep& step, const float* gradient, float* velocity, float* values, Index count);
  void (*adam)(const AdamStep& step, const float* gradient, float* first, float* second, float* values, Index count);
};

/// All that this processor runs, the widest first.
std::vector<const VectorMaths*> all_vector_maths();
/// The widest.
const VectorMaths& vector_maths();

}  // namespace tiercut::training
