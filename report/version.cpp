// SPDX-License-Identifier: Apache-2.0
#include "report/version.hpp"

namespace tiercut::report {

std::string_view version() { return TIERCUT_VERSION; }

}  // namespace tiercut::report
