// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/verb.hpp"

namespace tiercut::cli {

/// `profile --estimate BOARD`: writes the profile to --out, or prints it. Measures nothing.
ExitStatus write_estimate(const Arguments& arguments, Console& console);

}  // namespace tiercut::cli
