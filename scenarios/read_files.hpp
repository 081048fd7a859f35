// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <tuple>

#include "core/diagnostic.hpp"
#include "model/model.hpp"
#include "profiles/profile.hpp"
#include "scenarios/scenario.hpp"

namespace tiercut::scenarios {

/// Private to scenarios: what scenarios refer to, each file looked for and read once in the life of this object, also
/// when that failed.
class ReadFiles {
 public:
  /// As resolve_reference.
  Result<std::string> resolve(const std::string& reference, const std::string& beside, const std::string& category,
                              const Location& where);
  Result<model::ModelPointer> model(const std::string& path);
  Result<profiles::ProfilePointer> profile(const std::string& path);
  /// A trace and its digest; part and order are the caller's.
  Result<TraceUse> trace(const std::string& path);

 private:
  std::map<std::tuple<std::string, std::string, std::string>, std::string> resolved_;
  std::map<std::string, Result<model::ModelPointer>> models_;
  std::map<std::string, Result<profiles::ProfilePointer>> profiles_;
  std::map<std::string, Result<TraceUse>> traces_;
};

}  // namespace tiercut::scenarios
