// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "runtime/agent/run_files.hpp"

namespace tiercut::cli {

/// A run as people read it.
std::string run_text(const runtime::RunRequest& request, const runtime::RunResult& result,
                     const runtime::RunSummary& summary);

}  // namespace tiercut::cli
