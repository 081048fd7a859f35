// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "runtime/agent/sample_course.hpp"

namespace tiercut::runtime {

/// Collects stage reports. Quantiles are of the first million samples of a stage.
class StageTimes {
 public:
  void add(const SampleCourse& course, const TimeBase& time);
  std::vector<StageReport> report() const;  ///< by epoch and stage; those that took time at all

 private:
  struct Times {
    std::string name;
    StageKind kind = StageKind::compute;
    std::int64_t samples = 0;
    double bytes = 0, whole = 0, wait = 0, work = 0, check = 0, send = 0, receive = 0, wait_here = 0;
    std::vector<float> wholes, works;  // seconds; seven digits tell nanoseconds of 10 ms apart
  };
  std::map<std::pair<std::uint32_t, int>, Times> times_;
};

}  // namespace tiercut::runtime
