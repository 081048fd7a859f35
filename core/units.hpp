// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <compare>
#include <cstdint>
#include <limits>

/// Physical quantities as types: a number that carries its unit, so that a mistake of units does not compile.
/// Each holds a double in the SI base unit named by its type. Construction is explicit; only operators that
/// are physically meaningful exist. Infinity is allowed where "unlimited" is (bandwidth).
namespace tiercut {

template <class Dimension>
class Quantity {
 public:
  constexpr Quantity() = default;
  constexpr explicit Quantity(double in_base_unit) : value_(in_base_unit) {}

  /// The number in the base unit of the type (seconds, bytes, ...).
  constexpr double value() const { return value_; }
  constexpr bool is_finite() const { return value_ - value_ == 0.0; }

  static constexpr Quantity infinite() { return Quantity(std::numeric_limits<double>::infinity()); }

  constexpr auto operator<=>(const Quantity&) const = default;
  constexpr Quantity operator-() const { return Quantity(-value_); }
  constexpr Quantity& operator+=(Quantity other) {
    value_ += other.value_;
    return *this;
  }
  constexpr Quantity& operator-=(Quantity other) {
    value_ -= other.value_;
    return *this;
  }
  friend constexpr Quantity operator+(Quantity a, Quantity b) { return Quantity(a.value_ + b.value_); }
  friend constexpr Quantity operator-(Quantity a, Quantity b) { return Quantity(a.value_ - b.value_); }
  friend constexpr Quantity operator*(Quantity a, double k) { return Quantity(a.value_ * k); }
  friend constexpr Quantity operator*(double k, Quantity a) { return Quantity(a.value_ * k); }
  friend constexpr Quantity operator/(Quantity a, double k) { return Quantity(a.value_ / k); }
  friend constexpr double operator/(Quantity a, Quantity b) { return a.value_ / b.value_; }

 private:
  double value_ = 0.0;
};

using Seconds = Quantity<struct SecondsDimension>;
using Bytes = Quantity<struct BytesDimension>;
using Flops = Quantity<struct FlopsDimension>;  ///< floating-point operations, a count
using BytesPerSecond = Quantity<struct BytesPerSecondDimension>;
using FlopsPerSecond = Quantity<struct FlopsPerSecondDimension>;
using Joules = Quantity<struct JoulesDimension>;
using Watts = Quantity<struct WattsDimension>;
using Hertz = Quantity<struct HertzDimension>;  ///< events or cycles a second

constexpr Seconds operator/(Bytes amount, BytesPerSecond rate) { return Seconds(amount.value() / rate.value()); }
constexpr Seconds operator/(Flops amount, FlopsPerSecond rate) { return Seconds(amount.value() / rate.value()); }
constexpr Bytes operator*(BytesPerSecond rate, Seconds time) { return Bytes(rate.value() * time.value()); }
constexpr Joules operator*(Watts power, Seconds time) { return Joules(power.value() * time.value()); }
constexpr Seconds period(Hertz rate) { return Seconds(1.0 / rate.value()); }

namespace literals {
constexpr Seconds operator""_s(long double v) { return Seconds(static_cast<double>(v)); }
constexpr Seconds operator""_s(unsigned long long v) { return Seconds(static_cast<double>(v)); }
constexpr Seconds operator""_ms(long double v) { return Seconds(static_cast<double>(v) / 1e3); }
constexpr Seconds operator""_ms(unsigned long long v) { return Seconds(static_cast<double>(v) / 1e3); }
constexpr Bytes operator""_B(unsigned long long v) { return Bytes(static_cast<double>(v)); }
constexpr BytesPerSecond operator""_Mbit_per_s(unsigned long long v) {
  return BytesPerSecond(static_cast<double>(v) * 1e6 / 8);
}
}  // namespace literals

/// Simulated time on an integer grid of one picosecond (docs/decisions/0001-integer-time.md): sums are exact, so
/// "at the same moment" means the same in every interpreter and on every machine. Range: 106 days.
class Instant {
 public:
  constexpr Instant() = default;
  constexpr explicit Instant(std::int64_t picoseconds) : picoseconds_(picoseconds) {}
  constexpr std::int64_t picoseconds() const { return picoseconds_; }
  constexpr Seconds since_start() const { return Seconds(static_cast<double>(picoseconds_) / 1e12); }
  constexpr auto operator<=>(const Instant&) const = default;
  static constexpr Instant never() { return Instant(std::numeric_limits<std::int64_t>::max()); }

 private:
  std::int64_t picoseconds_ = 0;
};

/// A length of simulated time on the same grid. Non-negative wherever a stage's cost is meant.
class Span {
 public:
  constexpr Span() = default;
  constexpr explicit Span(std::int64_t picoseconds) : picoseconds_(picoseconds) {}
  /// Nearest picosecond, halves away from zero. A value outside the range (or not finite) saturates at Span::longest().
  static Span from(Seconds s) {
    const double ticks = s.value() * 1e12;
    if (!(std::fabs(ticks) < 9.2e18)) return longest();
    return Span(static_cast<std::int64_t>(std::llround(ticks)));
  }
  static constexpr Span longest() { return Span(std::int64_t{9'200'000'000'000'000'000}); }
  constexpr std::int64_t picoseconds() const { return picoseconds_; }
  constexpr Seconds seconds() const { return Seconds(static_cast<double>(picoseconds_) / 1e12); }
  constexpr auto operator<=>(const Span&) const = default;
  constexpr Span& operator+=(Span other) {
    picoseconds_ += other.picoseconds_;
    return *this;
  }
  friend constexpr Span operator+(Span a, Span b) { return Span(a.picoseconds_ + b.picoseconds_); }
  friend constexpr Span operator-(Span a, Span b) { return Span(a.picoseconds_ - b.picoseconds_); }

 private:
  std::int64_t picoseconds_ = 0;
};

constexpr Instant operator+(Instant t, Span d) { return Instant(t.picoseconds() + d.picoseconds()); }
constexpr Span operator-(Instant a, Instant b) { return Span(a.picoseconds() - b.picoseconds()); }

}  // namespace tiercut
