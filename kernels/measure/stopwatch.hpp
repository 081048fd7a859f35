// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/units.hpp"

namespace tiercut::kernels {

/// Wall time from any origin, never running backwards. An interface, so that all that is decided by time is tested
/// without spending any.
class Stopwatch {
 public:
  virtual ~Stopwatch() = default;
  virtual Seconds now() = 0;
  /// How often this process was made to wait for another one so far.
  virtual long interruptions() { return 0; }
};

class SteadyStopwatch final : public Stopwatch {
 public:
  Seconds now() override;
  long interruptions() override;
};

/// What a stopwatch can tell apart.
struct ClockQuality {
  Seconds resolution{};  ///< the larger of its smallest step and of what asking it costs
  Seconds overhead{};    ///< what two readings with nothing between them differ by
};
ClockQuality quality_of(Stopwatch& stopwatch);

}  // namespace tiercut::kernels
