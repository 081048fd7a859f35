// SPDX-License-Identifier: Apache-2.0
// Apart from traces, as the agents of boards decide exits without any.
#include "profiles/exit_trace.hpp"

namespace tiercut::profiles {

bool is_confident(model::Confidence measure, double confidence, double threshold) {
  return measure == model::Confidence::normalized_entropy ? confidence <= threshold : confidence >= threshold;
}

}  // namespace tiercut::profiles
