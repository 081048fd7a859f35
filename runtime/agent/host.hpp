// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

/// What a machine says of itself.
namespace tiercut::runtime {

std::string host_name();
std::string processor_name();
std::string kernel_name();  ///< `Linux 6.1.0`
int processor_count();
std::string boot_id();             ///< processes of one boot share the monotonic clock; empty when unknown
std::uint64_t memory_available();  ///< bytes; 0 when unknown

}  // namespace tiercut::runtime
