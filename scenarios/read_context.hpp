// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/diagnostic.hpp"
#include "core/document.hpp"
#include "scenarios/read_files.hpp"
#include "scenarios/scenario.hpp"

/// Private to scenarios: what the readers of a scenario's parts share. Each part notes what is wrong and goes on with
/// what is sound, so that one run reports everything.
namespace tiercut::scenarios {

class ReadContext {
 public:
  /// `diagnostics` holds what the format check found; what it refused is not read.
  ReadContext(const Document& document, Scenario& result, ReadFiles& known_files, Diagnostics& found);

  const Node& root;
  const std::string folder;  ///< of the scenario file: references are relative to it
  Scenario& scenario;
  ReadFiles& files;

  void error(std::string code, const Location& where, std::string message, std::string hint = {});
  void warning(std::string code, const Location& where, std::string message, std::string hint = {});
  void append(Diagnostics found);

  /// The value under `key`; null when it is absent or the format check refused it or anything in it.
  const Node* find(const Node& map, std::string_view key) const;
  /// The same, but refused parts may be inside: the caller looks at each entry.
  const Node* find_partly(const Node& map, std::string_view key, NodeKind kind) const;
  bool is_refused(const Node& node) const;

  /// The device that the text names, or nothing after a diagnostic (unknown-device).
  std::optional<DeviceRef> device_ref(const Node& text);
  /// The same where one device is due: a group must be the one where samples arise, or as large (ambiguous-member).
  std::optional<DeviceRef> one_device(const Node& text);

  /// The layer or exit of the model that a key or text names, or -1 after a diagnostic; also -1 without a model.
  model::LayerId layer(const std::string& name, const Location& where);
  int exit(const std::string& name, const Location& where);
  bool has_model() const { return scenario.model != nullptr; }

  bool is_source_unsure = false;  ///< an input's device could not be read, so nobody knows the group of the source
  std::set<int> unsure_devices;   ///< whose entry was refused: neither count nor profile are known

 private:
  Diagnostics& diagnostics_;
  std::set<std::string> refused_paths_;
};

/// "did you mean `x`?", or the list of what there is.
std::string suggest(std::string_view word, const std::vector<std::string>& known);

void read_devices(ReadContext& context);
void read_links(ReadContext& context);
void read_workload(ReadContext& context);
void read_requirement(ReadContext& context);
void read_exits(ReadContext& context);      ///< exits, exit_trace
void read_decisions(ReadContext& context);  ///< policy, joins, pins
/// Of a device or link; bad-queue. Private to their readers.
std::optional<QueueLimit> read_queue(const Node& owner, ReadContext& context);
void read_faults(ReadContext& context);
void read_arrival_trace(const Node& arrivals, ReadContext& context);  ///< behind the workload's inputs
void check_reach(ReadContext& context);                               ///< unreachable-device, idle-device, mixed-route

}  // namespace tiercut::scenarios
