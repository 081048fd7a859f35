// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/model.hpp"
#include "scenarios/scenario.hpp"

namespace tiercut::testing {

/// A model without exits between a board, where it arises and is wanted, a box (two units) and a server (two units), by
/// the shipped profiles: 100 Mbit/s and 1 ms, then 20 and 50 Mbit/s and 10 ms. No requirement.
scenarios::Scenario network_case(model::Model model);

/// Of model/builders.
scenarios::Scenario network_case(const std::string& architecture);

/// A chain of fully connected layers whose sizes vary.
model::Model long_chain(int layers);

}  // namespace tiercut::testing
