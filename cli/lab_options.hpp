// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/verb.hpp"
#include "core/diagnostic.hpp"
#include "runtime/lab/lab.hpp"

namespace tiercut::cli {

/// The lab's options on the command line of `lab` and `run --lab`. Fails with bad-usage.
Result<lab::Options> lab_options(const Arguments& arguments);

}  // namespace tiercut::cli
