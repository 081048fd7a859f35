// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/diagnostic.hpp"
#include "core/document.hpp"

namespace tiercut::profiles {

/// A profile file laid over the files that it extends. Each file was checked by the format; keys that are required
/// only of the whole were not. Every node keeps the location it has in its own file.
struct ExtendedProfile {
  Node root;
  std::string source;  ///< bytes of the file, then of those it extends
};

/// Fails with format errors, reference-not-found, extends-cycle, and whatever reading a file can fail with.
Result<ExtendedProfile> read_extended(const std::string& path);

}  // namespace tiercut::profiles
