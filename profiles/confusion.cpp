// SPDX-License-Identifier: Apache-2.0
#include "profiles/confusion.hpp"

#include <limits>

namespace tiercut::profiles {
namespace {

double ratio(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

void Confusion::add(bool is_positive, bool is_called_positive) {
  if (is_positive)
    ++(is_called_positive ? true_positive : false_negative);
  else
    ++(is_called_positive ? false_positive : true_negative);
}

double Confusion::precision() const { return ratio(true_positive, true_positive + false_positive); }
double Confusion::recall() const { return ratio(true_positive, true_positive + false_negative); }
double Confusion::specificity() const { return ratio(true_negative, true_negative + false_positive); }
double Confusion::f1() const { return ratio(2 * true_positive, 2 * true_positive + false_positive + false_negative); }
double Confusion::accuracy() const { return ratio(true_positive + true_negative, total()); }

}  // namespace tiercut::profiles
