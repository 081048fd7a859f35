// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/verb.hpp"
#include "core/diagnostic.hpp"
#include "core/units.hpp"
#include "model/model.hpp"

namespace tiercut::cli {

/// --budget; 0 when it was not given. Fails with bad-budget, and as quantities do.
Result<Seconds> budget_of(const Arguments& arguments);

/// --model, a file or a shipped name; null when it was not given.
Result<model::ModelPointer> model_of(const Arguments& arguments);

/// Fails with bad-usage for an empty --backend.
Result<void> check_backend(const Arguments& arguments);

}  // namespace tiercut::cli
