// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <bit>
#include <clocale>
#include <cmath>
#include <limits>

#include "core/schema.hpp"

namespace tiercut {
namespace {

using testing::HasSubstr;

constexpr Dimension all_dimensions[] = {Dimension::time,  Dimension::size,   Dimension::bandwidth, Dimension::compute,
                                        Dimension::power, Dimension::energy, Dimension::frequency, Dimension::ratio};

double read(const std::string& text, Dimension dimension) {
  const auto value = parse_quantity(text, dimension);
  if (!value) throw std::runtime_error(to_text(value.error()));
  return *value;
}

Diagnostic refusal(const std::string& text, Dimension dimension) {
  const auto value = parse_quantity(text, dimension);
  return value ? Diagnostic{} : value.error().front();
}

TEST(ParseQuantity, ReadsEveryUnit) {
  EXPECT_EQ(read("15 ms", Dimension::time), 0.015);
  EXPECT_EQ(read("15ms", Dimension::time), 0.015);
  EXPECT_EQ(read("2 s", Dimension::time), 2.0);
  EXPECT_EQ(read("7 us", Dimension::time), 7e-6);
  EXPECT_EQ(read("7 \u00b5s", Dimension::time), 7e-6);
  EXPECT_EQ(read("3 ns", Dimension::time), 3e-9);
  EXPECT_EQ(read("2 min", Dimension::time), 120.0);
  EXPECT_EQ(read("1.5 h", Dimension::time), 5400.0);
  EXPECT_EQ(read("1 KiB", Dimension::size), 1024.0);
  EXPECT_EQ(read("2 MiB", Dimension::size), 2097152.0);
  EXPECT_EQ(read("1 GiB", Dimension::size), 1073741824.0);
  EXPECT_EQ(read("3 TB", Dimension::size), 3e12);
  EXPECT_EQ(read("12 bit", Dimension::size), 1.5);
  EXPECT_EQ(read("100 Mbit/s", Dimension::bandwidth), 12.5e6);
  EXPECT_EQ(read("8 kbit/s", Dimension::bandwidth), 1000.0);
  EXPECT_EQ(read("1 GB/s", Dimension::bandwidth), 1e9);
  EXPECT_EQ(read("unlimited", Dimension::bandwidth), std::numeric_limits<double>::infinity());
  EXPECT_EQ(read("2.5 TFLOP/s", Dimension::compute), 2.5e12);
  EXPECT_EQ(read("350 mW", Dimension::power), 0.35);
  EXPECT_EQ(read("1 Wh", Dimension::energy), 3600.0);
  EXPECT_EQ(read("30 /min", Dimension::frequency), 0.5);
  EXPECT_EQ(read("25/s", Dimension::frequency), 25.0);
  EXPECT_EQ(read("2.4 GHz", Dimension::frequency), 2.4e9);
  EXPECT_EQ(read("25 %", Dimension::ratio), 0.25);
  EXPECT_EQ(read("0.25", Dimension::ratio), 0.25);
  EXPECT_EQ(read("-3e2 ms", Dimension::time), -0.3);
  EXPECT_EQ(read("+.5e-1 s", Dimension::time), 0.05);
}

TEST(ParseQuantity, UnitsOfTenAddNoRounding) {
  // The double nearest to the decimal value, as the compiler reads it; 1.1 / 1e3 in doubles would be another.
  EXPECT_EQ(read("1.1 ms", Dimension::time), 0.0011);
  EXPECT_EQ(read("16.42 ms", Dimension::time), 0.01642);
  EXPECT_EQ(read("0.3 ns", Dimension::time), 0.3e-9);
}

TEST(ParseQuantity, ZeroNeedsNoUnit) {
  for (Dimension dimension : all_dimensions) {
    EXPECT_EQ(read("0", dimension), 0.0);
    EXPECT_EQ(read("0.0", dimension), 0.0);
  }
  EXPECT_EQ(read("0ms", Dimension::time), 0.0);
}

TEST(ParseQuantity, MissingUnitShowsHowToWriteIt) {
  const Diagnostic diagnostic = refusal("15", Dimension::time);
  EXPECT_EQ(diagnostic.code, "missing-unit");
  EXPECT_THAT(diagnostic.hint, HasSubstr("write 15 ms"));
}

TEST(ParseQuantity, WrongUnitListsTheRightOnes) {
  const Diagnostic diagnostic = refusal("15 MB", Dimension::time);
  EXPECT_EQ(diagnostic.code, "wrong-unit");
  EXPECT_THAT(diagnostic.message, HasSubstr("'MB'"));
  EXPECT_THAT(diagnostic.hint, HasSubstr("s, ms, us, ns, min and h"));
  EXPECT_THAT(refusal("15 MS", Dimension::time).hint, HasSubstr("did you mean ms?"));
  EXPECT_EQ(refusal("5 %", Dimension::time).code, "wrong-unit");
  EXPECT_EQ(refusal("5 ms", Dimension::ratio).code, "wrong-unit");
}

TEST(ParseQuantity, RefusesWhatIsNoFiniteNumber) {
  for (const char* text : {"", " ", "ms", "nan", "nan s", "inf", "inf s", "-inf s", "infinity s", "1e400 s", "1e-400 s",
                           "1e99999999999999999999 s", "unlimited", "--5 s", "fast", ". s", "-"}) {
    EXPECT_EQ(refusal(text, Dimension::time).code, "not-a-number") << text;
  }
  for (const char* text : {"0x10 s", "1_000 s", "1,5 s", "5 s s", "1e s", "15 m s"}) {
    EXPECT_EQ(refusal(text, Dimension::time).code, "wrong-unit") << text;
  }
}

TEST(ParseQuantity, DoesNotListenToTheLocale) {
  const char* german = std::setlocale(LC_ALL, "de_DE.UTF-8");
  EXPECT_EQ(read("1.5 ms", Dimension::time), 0.0015);
  EXPECT_EQ(format_quantity(0.0015, Dimension::time), "1.5 ms");
  if (german != nullptr) std::setlocale(LC_ALL, "C");
}

TEST(FormatQuantity, ChoosesAFittingUnit) {
  EXPECT_EQ(format_quantity(0.015, Dimension::time), "15 ms");
  EXPECT_EQ(format_quantity(0.04642, Dimension::time), "46.42 ms");
  EXPECT_EQ(format_quantity(1.5, Dimension::time), "1.5 s");
  EXPECT_EQ(format_quantity(90, Dimension::time), "90 s");
  EXPECT_EQ(format_quantity(-0.005, Dimension::time), "-5 ms");
  EXPECT_EQ(format_quantity(1e-12, Dimension::time), "0.001 ns");
  EXPECT_EQ(format_quantity(0, Dimension::time), "0 s");
  EXPECT_EQ(format_quantity(12.5e6, Dimension::bandwidth), "100 Mbit/s");
  EXPECT_EQ(format_quantity(std::numeric_limits<double>::infinity(), Dimension::bandwidth), "unlimited");
  EXPECT_EQ(format_quantity(1e9, Dimension::size), "1 GB");
  EXPECT_EQ(format_quantity(1073741824, Dimension::size), "1 GiB");
  EXPECT_EQ(format_quantity(1024, Dimension::size), "1 KiB");
  EXPECT_EQ(format_quantity(2e9, Dimension::compute), "2 GFLOP/s");
  EXPECT_EQ(format_quantity(0.25, Dimension::ratio), "0.25");
  EXPECT_EQ(format_quantity(1e30, Dimension::time), "1e30 s");
}

RC_GTEST_PROP(FormatQuantity, ReadsBackToTheSameDouble, (std::uint64_t bits)) {
  const double value = std::bit_cast<double>(bits);
  RC_PRE(std::isfinite(value));
  for (Dimension dimension : all_dimensions) {
    const std::string text = format_quantity(value, dimension);
    RC_LOG() << text << '\n';
    RC_ASSERT(read(text, dimension) == value);
  }
}

RC_GTEST_PROP(FormatQuantity, ReadsBackOrdinaryValuesToo, ()) {
  const double value = *rc::gen::inRange(-2'000'000, 2'000'000) * std::pow(10.0, *rc::gen::inRange(-12, 12));
  for (Dimension dimension : all_dimensions) RC_ASSERT(read(format_quantity(value, dimension), dimension) == value);
}

TEST(FormatQuantity, ReadsBackTheEndsOfTheRange) {
  using limits = std::numeric_limits<double>;
  for (double value : {limits::max(), limits::min(), limits::denorm_min(), limits::max() / 8, limits::max() / 4}) {
    for (Dimension dimension : all_dimensions) {
      EXPECT_EQ(read(format_quantity(value, dimension), dimension), value) << format_quantity(value, dimension);
    }
  }
}

}  // namespace
}  // namespace tiercut
