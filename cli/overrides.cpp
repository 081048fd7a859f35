// SPDX-License-Identifier: Apache-2.0
#include "cli/subject.hpp"

namespace tiercut::cli {

Result<void> refuse_overrides(const Arguments& arguments, const std::string& why) {
  if (arguments.overrides.empty()) return {};
  return fail("bad-usage", "--set has no scenario to change here", why);
}

}  // namespace tiercut::cli
