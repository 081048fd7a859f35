// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/diagnostic.hpp"
#include "kernels/measure/campaign.hpp"

namespace tiercut::kernels {

/// What an interrupted campaign leaves behind: lines of JSON, the first saying what was being measured.
struct PartialMeasurements {
  std::string settings;  ///< processor, backend, threads, grid, ...: only a campaign with the same may go on
  Seconds spent{};
  CaseRecords records;
};

/// Whole or not at all.
Result<void> write_partial(const std::string& path, const PartialMeasurements& measurements);

/// Fails with file-not-found, and with bad-partial for a file of another kind or a damaged one.
Result<PartialMeasurements> read_partial(const std::string& path);

}  // namespace tiercut::kernels
