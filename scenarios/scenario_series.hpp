// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/diagnostic.hpp"
#include "core/document.hpp"
#include "scenarios/scenario.hpp"

namespace tiercut::scenarios {

/// A value to put at a path of a scenario, as --set does.
struct Assignment {
  ValuePath path;
  Node value;  ///< its location is what a complaint about it names
};

/// One scenario read many times with other values: the file is parsed once, and each file that it refers to, with
/// whatever values, is read once in the life of the series. Not for several threads at once.
class ScenarioSeries {
 public:
  /// Parses the scenario (a path or a shipped name) and puts in `overrides`, as read_scenario does. Whether what comes
  /// of it is a scenario is for read() to say.
  static Result<ScenarioSeries> open(const std::string& path, const std::vector<std::string>& overrides = {});

  /// Puts a value in for all readings to come. Fails with set-path, unknown-device, unknown-link.
  Result<void> put(const Assignment& assignment);

  /// unknown-device or unknown-link when the path would make a device or link of a single value, a slip in its name.
  Result<void> check_path(const ValuePath& path, const Location& where) const;

  /// read_scenario with these values put in, later ones over earlier ones.
  Result<ScenarioPointer> read(const std::vector<Assignment>& assignments) const;

  /// The same without the hash (empty then), which takes longer than everything else together.
  Result<ScenarioPointer> read_unhashed(const std::vector<Assignment>& assignments) const;

  const std::string& file() const { return document_.file; }

 private:
  struct Files;
  ScenarioSeries(Document document, std::shared_ptr<Files> files);
  Result<ScenarioPointer> read_with(const std::vector<Assignment>& assignments, bool is_hashed) const;
  Document document_;
  std::shared_ptr<Files> files_;
};

}  // namespace tiercut::scenarios
