// SPDX-License-Identifier: Apache-2.0
#include "training/layers/optimizer_step.hpp"

#include <fmt/format.h>

#include <cmath>

namespace tiercut::training {

Moments make_moments(const Optimizer& optimizer, const Parameters& parameters) {
  const std::size_t count = parameters.values.size();
  return {FloatBuffer(count), FloatBuffer(optimizer.method == Optimizer::Method::adam ? count : 0)};
}

void take_step(const Optimizer& optimizer, std::int64_t number, Parameters& parameters, Moments& moments) {
  const VectorMaths& maths = vector_maths();
  const float* gradient = parameters.gradient.data();
  float *values = parameters.values.data(), *first = moments.first.data(), *second = moments.second.data();
  const auto count = static_cast<Index>(parameters.values.size());
  const auto step_over = [&](Index begin, Index end, double decay) {
    if (begin == end) return;
    if (optimizer.method == Optimizer::Method::sgd) {
      const SgdStep step{static_cast<float>(optimizer.rate), static_cast<float>(optimizer.momentum),
                         static_cast<float>(decay), optimizer.is_nesterov};
      maths.sgd(step, gradient + begin, first + begin, values + begin, end - begin);
      return;
    }
    const double number_of_step = static_cast<double>(number);
    const double first_correction = 1 - std::pow(optimizer.beta1, number_of_step);
    const double second_correction = 1 - std::pow(optimizer.beta2, number_of_step);
    const AdamStep step{static_cast<float>(optimizer.rate / first_correction),
                        static_cast<float>(optimizer.beta1),
                        static_cast<float>(optimizer.beta2),
                        static_cast<float>(1 - optimizer.beta1),
                        static_cast<float>(1 - optimizer.beta2),
                        static_cast<float>(optimizer.epsilon),
                        static_cast<float>(decay),
                        static_cast<float>(1 / std::sqrt(second_correction))};
    maths.adam(step, gradient + begin, first + begin, second + begin, values + begin, end - begin);
  };
  const auto decayed = optimizer.weight_decay == 0 ? 0 : static_cast<Index>(parameters.decayed);
  step_over(0, decayed, optimizer.weight_decay);
  step_over(decayed, count, 0);
  for (std::size_t i = 0; i < parameters.clipped; ++i) values[i] = std::clamp(values[i], -1.0F, 1.0F);
}

Result<void> check(const Optimizer& optimizer) {
  Diagnostics found;
  const auto require = [&](bool is_right, const char* name, double value, const char* range) {
    if (is_right) return;
    Diagnostic& diagnostic = found.emplace_back();
    diagnostic.code = "bad-optimizer";
    diagnostic.message = fmt::format("{} is {}, not {}", name, value, range);
  };
  require(std::isfinite(optimizer.rate) && optimizer.rate >= 0, "rate", optimizer.rate, "a positive number");
  require(optimizer.momentum >= 0 && optimizer.momentum < 1, "momentum", optimizer.momentum, "in [0, 1)");
  require(optimizer.beta1 >= 0 && optimizer.beta1 < 1, "beta1", optimizer.beta1, "in [0, 1)");
  require(optimizer.beta2 >= 0 && optimizer.beta2 < 1, "beta2", optimizer.beta2, "in [0, 1)");
  require(optimizer.epsilon > 0, "epsilon", optimizer.epsilon, "positive");
  require(std::isfinite(optimizer.weight_decay) && optimizer.weight_decay >= 0, "weight decay", optimizer.weight_decay,
          "a number of at least 0");
  if (!found.empty()) return tl::unexpected(std::move(found));
  return {};
}

}  // namespace tiercut::training
