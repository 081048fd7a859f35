// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

#include "profiles/exit_trace.hpp"

namespace tiercut::profiles::testing {

/// Two exits and the final answer of a model with three classes, six samples. `little` knows class 2 against the rest;
/// `local` is recorded with camera1 lost, too.
inline ExitTrace six_samples() {
  ExitTrace trace;
  trace.name = "tests/six";
  trace.model = "tests/three-exits";
  trace.data = "made by hand";
  trace.classes = 3;
  trace.answers = {{.exit = "little", .answers = {1}, .class_map = {-1, 2}},
                   {.exit = "local", .answers = {0, 1, 2}, .class_map = {0, 1, 2}},
                   {.exit = "final", .answers = {0, 1, 2}, .class_map = {0, 1, 2}},
                   {.exit = "local", .answers = {0, 1, 2}, .class_map = {0, 1, 2}, .lost = {"camera1"}}};
  trace.ids = {10, 11, 12, 40, 41, 7};
  trace.labels = {2, 2, 0, 1, 0, 2};
  trace.parts = {TracePart::calibration, TracePart::calibration, TracePart::test,
                 TracePart::test,        TracePart::test,        TracePart::test};
  const auto score = [](int predicted, float entropy) { return TracedScore{predicted, entropy, 1 - entropy, 0.5f}; };
  trace.scores = {{score(1, 0.1f), score(0, 0.1f), score(0, 0.0f), score(1, 0.4f), score(0, 0.9f), score(1, 0.2f)},
                  {score(2, 0.3f), score(1, 0.2f), score(0, 0.3f), score(1, 0.5f), score(1, 0.6f), score(2, 0.1f)},
                  {score(2, 0.0f), score(2, 0.1f), score(0, 0.1f), score(1, 0.0f), score(0, 0.2f), score(1, 0.3f)},
                  {score(0, 0.8f), score(1, 0.7f), score(0, 0.6f), score(2, 0.9f), score(1, 1.0f), score(2, 0.5f)}};
  trace.provenance = {Origin::measured, "written down by hand", 1};
  return trace;
}

inline std::string temporary_file(const std::string& name) {
  return (std::filesystem::temp_directory_path() / ("tiercut-" + std::to_string(::getpid()) + "-" + name)).string();
}

}  // namespace tiercut::profiles::testing
