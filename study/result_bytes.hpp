// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "simulator/simulator.hpp"

namespace tiercut::study {

/// A result on its way from a child process, or the errors in its place: as this very program lays them out in memory.
std::string to_bytes(const Result<simulator::SimulationResult>& result);
Result<simulator::SimulationResult> result_from(std::string_view bytes);

}  // namespace tiercut::study
