// SPDX-License-Identifier: Apache-2.0
#include "report/human.hpp"

#include <fmt/format.h>

#include <cmath>
#include <span>
#include <string_view>

namespace tiercut::report {

namespace {

struct Scale {
  double factor;
  std::string_view unit;
};

std::string four_digits(double value) {
  if (value == 0 || !std::isfinite(value)) return fmt::format("{}", value);
  const double size = std::fabs(value);
  if (size >= 1e7 || size < 1e-4) return fmt::format("{:.3e}", value);
  const int before_point = static_cast<int>(std::floor(std::log10(size))) + 1;
  const std::string text = fmt::format("{:.{}f}", value, std::max(0, 4 - before_point));
  // 9.99996 becomes 10.000, one digit too many.
  const int rounded = static_cast<int>(std::floor(std::log10(std::fabs(std::stod(text))))) + 1;
  return rounded == before_point ? text : fmt::format("{:.{}f}", value, std::max(0, 4 - rounded));
}

// The first scale, from large to small, in which the value rounds to at least 1.
std::string scaled(double value, std::span<const Scale> scales) {
  for (const Scale& scale : scales) {
    if (std::fabs(value) / scale.factor >= 0.99995) return four_digits(value / scale.factor) + std::string(scale.unit);
  }
  return four_digits(value / scales.back().factor) + std::string(scales.back().unit);
}

}  // namespace

std::string format_number(double value) { return four_digits(value); }

std::string format_duration(Seconds time) {
  constexpr Scale scales[] = {{1, " s"}, {1e-3, " ms"}, {1e-6, " us"}, {1e-9, " ns"}, {1e-12, " ps"}};
  if (time.value() == 0) return "0 s";
  if (!time.is_finite()) return time.value() > 0 ? "never" : "-never";
  return scaled(time.value(), scales);
}

std::string format_size(Bytes size) {
  constexpr Scale scales[] = {{1e12, " TB"}, {1e9, " GB"}, {1e6, " MB"}, {1e3, " kB"}};
  if (!size.is_finite()) return "unlimited";
  if (std::fabs(size.value()) >= 1e4) return scaled(size.value(), scales);
  if (size.value() == std::floor(size.value())) return format_count(static_cast<std::int64_t>(size.value())) + " B";
  return four_digits(size.value()) + " B";
}

std::string format_energy(Joules energy) {
  constexpr Scale scales[] = {{1e6, " MJ"}, {1e3, " kJ"}, {1, " J"}, {1e-3, " mJ"}, {1e-6, " uJ"}};
  return energy.value() == 0 ? "0 J" : scaled(energy.value(), scales);
}

std::string format_bandwidth(BytesPerSecond rate) {
  constexpr Scale scales[] = {{1e9, " Gbit/s"}, {1e6, " Mbit/s"}, {1e3, " kbit/s"}, {1, " bit/s"}};
  if (!rate.is_finite()) return "unlimited";
  return scaled(rate.value() * 8, scales);
}

std::string format_count(std::int64_t count) {
  std::string text = fmt::format("{}", count);
  const std::ptrdiff_t first = count < 0 ? 1 : 0;
  for (std::ptrdiff_t at = std::ssize(text) - 3; at > first; at -= 3) text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

std::string format_share(double fraction) { return fmt::format("{:.2f} %", fraction * 100); }

}  // namespace tiercut::report
