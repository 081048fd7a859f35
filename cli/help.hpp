// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/verb.hpp"

/// Help that fits a screen of 24 lines and 80 columns.
namespace tiercut::cli {

std::string overview();
std::string help_of(const Verb& verb);

}  // namespace tiercut::cli
