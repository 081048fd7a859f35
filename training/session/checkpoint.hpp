// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "core/diagnostic.hpp"

namespace tiercut::training {

/// Where an interrupted training goes on: after a whole epoch.
struct Checkpoint {
  std::string settings;   ///< Training::settings and the data; only the same may go on
  std::size_t stage = 0;  ///< of the last whole epoch
  int epoch = 0;          ///< of that stage, from 1
  double seconds = 0;     ///< spent so far
  std::string log;        ///< the whole log so far
  std::string state;      ///< Network::state()
};

/// Whole or not at all, with a checksum.
Result<void> write_checkpoint(const std::string& path, const Checkpoint& checkpoint);

/// Fails with file-not-found, bad-checkpoint (another kind or version, truncated, damaged).
Result<Checkpoint> read_checkpoint(const std::string& path);

}  // namespace tiercut::training
