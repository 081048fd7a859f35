// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "core/diagnostic.hpp"

/// Private to the lab.
namespace tiercut::lab {

/// A control group that gives its programs `processors` of processor time a second, in slices of 10 ms. Version 2
/// (cpu.max) where it is writable, else version 1. Returns its folder, empty with a warning (lab-no-quota) when this
/// machine offers none. Groups of labs that are gone are removed on the way.
std::string make_quota(const std::string& device, double processors, Diagnostics& warnings);

}  // namespace tiercut::lab
