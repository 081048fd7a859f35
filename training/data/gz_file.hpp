// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/diagnostic.hpp"

namespace tiercut::training {

/// A file's bytes, unpacked when it is gzip, whatever its name. Fails as read_file does, and with bad-idx when a gzip
/// file is truncated, damaged or followed by something.
Result<std::string> read_unpacked(const std::string& path);

/// `name` or `name.gz` in the folder, whichever is there; empty when neither is.
std::string find_packed_or_not(const std::string& directory, const std::string& name);

}  // namespace tiercut::training
