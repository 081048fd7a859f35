// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tiercut::kernels {

/// False where the program's allocator cannot be watched (sanitizers, static programs).
bool can_count_allocations();
/// Allocations of the whole program so far, those of shared libraries included.
long allocation_count();

}  // namespace tiercut::kernels
