// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "kernel_case.hpp"

/// Tests over every backend of the build on this machine, and over every layer type with it.
namespace tiercut::kernels {

using BackendAndType = std::tuple<std::string, model::LayerType>;

inline auto every_backend() { return testing::ValuesIn(backend_names()); }
inline auto every_backend_and_type() { return testing::Combine(every_backend(), testing::ValuesIn(computed_types())); }

inline std::string backend_title(const testing::TestParamInfo<std::string>& parameter) { return parameter.param; }
inline std::string backend_and_type_title(const testing::TestParamInfo<BackendAndType>& parameter) {
  return std::get<0>(parameter.param) + "_" + std::string(to_text(std::get<1>(parameter.param)));
}

}  // namespace tiercut::kernels
