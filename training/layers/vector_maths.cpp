// SPDX-License-Identifier: Apache-2.0
// Compiled once for each instruction set. TIERCUT_VECTORS names it; it is the name of a namespace here, and the build
// renames namespace Eigen along with it, for two objects that hold different code under one name would be joined into
// one, and a processor without the wider vectors would run them.
#include <Eigen/Core>

#include "training/layers/vector_maths.hpp"

#define TIERCUT_TEXT_OF(name) #name
#define TIERCUT_TEXT(name) TIERCUT_TEXT_OF(name)

namespace tiercut::training::TIERCUT_VECTORS {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Array = Eigen::Map<Eigen::ArrayXf>;
using ConstArray = Eigen::Map<const Eigen::ArrayXf>;

// Sums of this many floats lose little in float32; beyond it they are added up in float64.
constexpr Index longest_float_sum = 1024;

void add_product(const Operand& a, const Operand& b, float* c) {
  const Eigen::Map<const Matrix> left(a.values, a.rows, a.columns), right(b.values, b.rows, b.columns);
  Eigen::Map<Matrix> to(c, a.is_transposed ? a.columns : a.rows, b.is_transposed ? b.rows : b.columns);
  if (a.is_transposed) {
    to.noalias() += left.transpose() * right;
  } else if (b.is_transposed) {
    to.noalias() += left * right.transpose();
  } else {
    to.noalias() += left * right;
  }
}

template <class PieceSum>
double sum_of_pieces(Index count, PieceSum&& piece_sum) {
  double total = 0;
  for (Index first = 0; first < count; first += longest_float_sum) {
    const Index rest = count - first;
    total += static_cast<double>(piece_sum(first, rest < longest_float_sum ? rest : longest_float_sum));
  }
  return total;
}

double sum(const float* x, Index count) {
  return sum_of_pieces(count, [x](Index first, Index size) { return ConstArray(x + first, size).sum(); });
}

double centred_dot(const float* x, float centre, const float* y, Index count) {
  return sum_of_pieces(count, [x, centre, y](Index first, Index size) {
    return ((ConstArray(x + first, size) - centre) * ConstArray(y + first, size)).sum();
  });
}

double squared_distance(const float* x, float centre, Index count) {
  return sum_of_pieces(
      count, [x, centre](Index first, Index size) { return (ConstArray(x + first, size) - centre).square().sum(); });
}

// What is finite leaves zero when taken from itself, all else no number.
bool is_finite(const float* x, Index count) {
  const ConstArray values(x, count);
  return count == 0 || (values - values).sum() == 0;
}

// Eigen's vectorised functions clamp their argument, which can lose a NaN.
void sigmoid(const float* x, float* y, Index count) {
  const ConstArray from(x, count);
  Array(y, count) = (from == from).select(1 / (1 + (-from).exp()), from);
}

void hyperbolic_tangent(const float* x, float* y, Index count) {
  const ConstArray from(x, count);
  Array(y, count) = (from == from).select(from.tanh(), from);
}

void sgd(const SgdStep& step, const float* gradient, float* velocity, float* values, Index count) {
  const float along_velocity = step.is_nesterov ? step.momentum : 1, along_slope = step.is_nesterov ? 1.0F : 0.0F;
  for (Index i = 0; i < count; ++i) {
    const float slope = gradient[i] + step.decay * values[i];
    velocity[i] = step.momentum * velocity[i] + slope;
    values[i] -= step.rate * (along_velocity * velocity[i] + along_slope * slope);
  }
}

void adam(const AdamStep& step, const float* gradient, float* first, float* second, float* values, Index count) {
  const Eigen::Map<const Eigen::ArrayXf> slope(gradient, count);
  Array m(first, count), v(second, count), w(values, count);
  // In pieces that stay in the first-level cache from one statement to the next.
  constexpr Index piece = 1024;
  for (Index i = 0; i < count; i += piece) {
    const Index size = count - i < piece ? count - i : piece;
    auto mi = m.segment(i, size);
    auto vi = v.segment(i, size);
    auto wi = w.segment(i, size);
    mi = step.beta1 * mi + step.rest1 * (slope.segment(i, size) + step.decay * wi);
    vi = step.beta2 * vi + step.rest2 * (slope.segment(i, size) + step.decay * wi).square();
    wi -= step.rate * mi / (vi.sqrt() * step.root_scale + step.epsilon);
  }
}

}  // namespace

extern const VectorMaths maths;
constexpr VectorMaths maths = {TIERCUT_TEXT(TIERCUT_VECTORS),
                               add_product,
                               sum,
                               centred_dot,
                               squared_distance,
                               is_finite,
                               sigmoid,
                               hyperbolic_tangent,
                               sgd,
                               adam};

}  // namespace tiercut::training::TIERCUT_VECTORS
