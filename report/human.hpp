// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "core/units.hpp"

/// Numbers as people read them: four significant digits and a fitting unit. Machines get the exact double (JSON, CSV).
namespace tiercut::report {

/// `46.42 ms`, `980.0 us`, `0 s`; infinity is `never`. A leading minus for negative ones.
std::string format_duration(Seconds time);

/// `3,136 B` below 10 kB, then `12.54 kB`, `47.89 MB`.
std::string format_size(Bytes size);

/// `1.500 kJ`, `23.00 mJ`, `0 J`.
std::string format_energy(Joules energy);

/// `100.0 Mbit/s`; infinity is `unlimited`.
std::string format_bandwidth(BytesPerSecond rate);

/// `1,286,502`.
std::string format_count(std::int64_t count);

/// `83.04 %` of a fraction.
std::string format_share(double fraction);

/// `1.547`: four significant digits of a plain number.
std::string format_number(double value);

}  // namespace tiercut::report
