// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/diagnostic.hpp"

namespace tiercut::report {

/// `note: ...` and `warning: ...`, a line each, for notes that belong to a result; equal ones once.
std::string notes_text(const Diagnostics& notes);

}  // namespace tiercut::report
