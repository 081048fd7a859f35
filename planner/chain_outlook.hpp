// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "planner/chain_labels.hpp"
#include "planner/chain_steps.hpp"

namespace tiercut::planner {

/// The least expected time (ps, weighted by how often it is reached) from the end of a call to the last answer, when
/// memory, windows and the way to the start of a later step are left out. Labels that cannot beat a known plan even so
/// are dropped.
class ChainOutlook {
 public:
  ChainOutlook(const scenarios::Scenario& scenario, const Candidates& candidates, const std::vector<ChainStep>& steps,
               const Ground& ground);

  /// After a call that ended before `position` of the step at the place.
  double after_call(std::size_t step, std::size_t position, int place) const {
    return after_call_[step][position * places_ + static_cast<std::size_t>(place)];
  }

 private:
  std::size_t places_;
  std::vector<std::vector<double>> after_call_;
};

}  // namespace tiercut::planner
