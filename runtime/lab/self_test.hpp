// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "runtime/lab/lab.hpp"
#include "scenarios/scenario.hpp"

namespace tiercut::lab {

/// What the lab does between two devices, measured from outside of the forwarder.
struct PairResult {
  std::string from, to;
  double wanted_s = 0;                      ///< one way, of a datagram: latencies, mean jitter, transmission
  bool is_random = false;                   ///< links have jitter: single datagrams cannot be held against wanted_s
  double median_s = 0;                      ///< of the datagrams that came
  double p50_error_s = 0, p99_error_s = 0;  ///< of |measured - wanted|; 0 when is_random
  std::size_t sent = 0, came = 0;
  double loss = 0;            ///< probability the scenario gives
  double stated_rate = 0;     ///< bytes a second of the slowest link; infinite when none is stated
  double measured_rate = 0;   ///< of one TCP connection
  ErrorHistogram bulk_error;  ///< of the forwarder while that ran
};

struct SelfTest {
  std::vector<PairResult> pairs;
  ForwarderReport forwarder;
};

/// Datagrams and one bulk transfer over every link, at most eight pairs of devices; about four seconds a pair.
Result<SelfTest> self_test(const scenarios::Scenario& scenario, const Lab& lab, const volatile bool* stop);

std::string self_test_text(const SelfTest& test);
std::string self_test_json(const SelfTest& test);

}  // namespace tiercut::lab
