// SPDX-License-Identifier: Apache-2.0
#include "scenarios/read_files.hpp"

#include <utility>

#include "core/files.hpp"

namespace tiercut::scenarios {
namespace {

template <class Value, class Read>
const Result<Value>& once(std::map<std::string, Result<Value>>& known, const std::string& path, Read read) {
  const auto found = known.find(path);
  return found != known.end() ? found->second : known.emplace(path, read(path)).first->second;
}

Result<TraceUse> read_trace(const std::string& path) {
  auto trace = profiles::read_exit_trace(path);
  if (!trace) return tl::unexpected(std::move(trace.error()));
  const auto bytes = read_file(path);
  TraceUse use{std::move(*trace)};
  use.digest = bytes ? sha256(*bytes) : std::string();
  return use;
}

}  // namespace

Result<std::string> ReadFiles::resolve(const std::string& reference, const std::string& beside,
                                       const std::string& category, const Location& where) {
  const std::tuple key(reference, beside, category);
  if (const auto found = resolved_.find(key); found != resolved_.end()) return found->second;
  auto path = resolve_reference(reference, beside, category, where);
  if (path) resolved_.emplace(key, *path);
  return path;
}

Result<model::ModelPointer> ReadFiles::model(const std::string& path) {
  return once(models_, path, [](const std::string& file) { return model::read_model(file); });
}

Result<profiles::ProfilePointer> ReadFiles::profile(const std::string& path) {
  return once(profiles_, path, [](const std::string& file) { return profiles::read_profile(file); });
}

Result<TraceUse> ReadFiles::trace(const std::string& path) { return once(traces_, path, read_trace); }

}  // namespace tiercut::scenarios
