// SPDX-License-Identifier: Apache-2.0
#include "cli/formats.hpp"

#include <algorithm>
#include <array>

#include "deployment/fallback_index.hpp"
#include "deployment/plan.hpp"
#include "model/model.hpp"
#include "profiles/profile.hpp"
#include "runtime/validation/calibration.hpp"
#include "scenarios/scenario.hpp"
#include "scenarios/study.hpp"
#include "training/session/training_file.hpp"

namespace tiercut::cli {

std::span<const NamedFormat> all_formats() {
  static const std::array<NamedFormat, 8> formats = {{
      {"model", "a neural network: layers, tensors, exits", model::model_format},
      {"profile", "a device: units, memory, what layers cost there", profiles::profile_format},
      {"scenario", "model, platform, workload and requirement", scenarios::scenario_format},
      {"plan", "where each layer runs, and what was claimed of it", deployment::plan_format},
      {"fallbacks", "plans for single failures, and what they cost", deployment::fallback_format},
      {"study", "a scenario with some values varied", scenarios::study_format},
      {"training", "how a model is trained: data, loss, optimiser", training::training_format},
      {"calibration", "what runs taught of devices and links", validation::calibration_format},
  }};
  return formats;
}

const NamedFormat* find_format(std::string_view name) {
  const auto found = std::ranges::find(all_formats(), name, &NamedFormat::name);
  return found == all_formats().end() ? nullptr : &*found;
}

Result<const NamedFormat*> format_of(const Document& document) {
  std::vector<std::string> ids;
  for (const NamedFormat& known : all_formats()) ids.push_back(known.format().id);
  const Node* schema = document.root.find("schema");
  if (schema == nullptr) {
    return fail("missing-schema", "no `schema:` line says what kind of file this is",
                "begin it with one of " + list_words(ids), {document.file, 1, 1, "schema"});
  }
  for (const NamedFormat& known : all_formats()) {
    if (schema->text == known.format().id) return &known;
  }
  const std::string guess = did_you_mean(schema->text, ids);
  return fail("wrong-schema", "'" + schema->text + "' is no format of tiercut",
              guess.empty() ? "formats: " + list_words(ids) : "did you mean " + guess + "?", schema->where);
}

}  // namespace tiercut::cli
