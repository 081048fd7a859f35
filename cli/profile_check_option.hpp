// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/verb.hpp"

namespace tiercut::cli {

/// `profile --check FILE`: what a profile predicts for this machine against what the machine does.
ExitStatus check_profile_here(const Arguments& arguments, Console& console);

}  // namespace tiercut::cli
