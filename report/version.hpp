// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace tiercut::report {

/// `0.1.0`, as every result file names it.
std::string_view version();

}  // namespace tiercut::report
