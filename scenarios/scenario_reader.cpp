// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <utility>

#include "core/files.hpp"
#include "scenarios/read_context.hpp"

namespace tiercut::scenarios {
namespace {

/// One text for one tree, whatever its layout, comments and places in the file.
void append_canonical(const Node& node, std::string& text) {
  const auto append_text = [&](char mark, const std::string& value) {
    text += mark + std::to_string(value.size()) + ':' + value;
  };
  switch (node.kind) {
    case NodeKind::null:
      text += 'n';
      return;
    case NodeKind::scalar:
      return append_text(node.is_quoted ? 'q' : 's', node.text);
    case NodeKind::list:
      text += 'l' + std::to_string(node.items.size()) + ':';
      for (const Node& item : node.items) append_canonical(item, text);
      return;
    case NodeKind::map:
      text += 'm' + std::to_string(node.fields.size()) + ':';
      for (const auto& [key, value] : node.fields) {
        append_text('k', key);
        append_canonical(value, text);
      }
      return;
  }
}

std::string hash_of(const Node& root, const Scenario& scenario) {
  std::string text = scenario_format().id + '\n';
  append_canonical(root, text);
  const auto append_source = [&](const std::string& source) {
    text += '\n' + std::to_string(source.size()) + ':' + source;
  };
  append_source(scenario.model->source);
  for (const Device& device : scenario.devices) {
    if (device.profile) append_source(device.profile->source);
  }
  if (scenario.exit_trace) append_source(scenario.exit_trace->digest);
  return "sha256:" + sha256(text);
}

void read_model_of(ReadContext& context) {
  const Node* reference = context.find(context.root, "model");
  if (reference == nullptr) return;
  auto path = resolve_reference(reference->text, context.folder, "model/zoo", reference->where);
  if (!path) return context.append(std::move(path.error()));
  auto model = model::read_model(*path);
  if (!model) return context.append(std::move(model.error()));
  context.scenario.model = std::move(*model);
}

/// Whether the platform and the sources are known well enough to look for routes.
bool can_look_for_routes(const Scenario& scenario, const Diagnostics& diagnostics) {
  if (!scenario.model || scenario.devices.empty()) return false;
  return std::none_of(diagnostics.begin(), diagnostics.end(), [](const Diagnostic& diagnostic) {
    const std::string& path = diagnostic.where.path;
    return diagnostic.severity == Severity::error &&
           (path.empty() || path.starts_with("devices") || path.starts_with("links") || path.starts_with("workload"));
  });
}

/// The scenario's own complaints in the order of its lines, then those of the files it refers to.
void sort_for_reading(Diagnostics& diagnostics, const std::string& file) {
  std::stable_sort(diagnostics.begin(), diagnostics.end(), [&](const Diagnostic& a, const Diagnostic& b) {
    const auto rank = [&](const Diagnostic& diagnostic) {
      const bool is_own = diagnostic.where.file == file;
      return std::tuple(!is_own, is_own ? diagnostic.where.line : 0, is_own ? diagnostic.where.column : 0);
    };
    return rank(a) < rank(b);
  });
}

Result<ScenarioPointer> read_parts(const Document& document, Diagnostics diagnostics) {
  check(document, scenario_format(), diagnostics);
  const bool is_other_kind = std::any_of(diagnostics.begin(), diagnostics.end(), [](const Diagnostic& diagnostic) {
    return diagnostic.code == "wrong-schema";
  });
  if (document.root.kind != NodeKind::map || is_other_kind) return tl::unexpected(std::move(diagnostics));

  auto scenario = std::make_shared<Scenario>();
  scenario->file = document.file;
  ReadContext context(document, *scenario, diagnostics);
  if (const Node* name = context.find(document.root, "name")) scenario->name = name->text;
  if (const Node* text = context.find(document.root, "description")) scenario->description = text->text;
  read_model_of(context);
  read_devices(context);
  read_links(context);
  read_workload(context);
  read_requirement(context);
  read_exits(context);
  read_decisions(context);
  if (can_look_for_routes(*scenario, diagnostics)) check_reach(context);

  sort_for_reading(diagnostics, document.file);
  if (has_errors(diagnostics)) return tl::unexpected(std::move(diagnostics));
  scenario->warnings = std::move(diagnostics);
  scenario->hash = hash_of(document.root, *scenario);
  scenario->prepare();
  return ScenarioPointer(std::move(scenario));
}

/// A new device or link made of a single value is a slip in its name: `links.upp.latency=20ms`.
bool names_what_exists(const Document& document, const std::string& assignment, Diagnostics& diagnostics) {
  for (const auto& [section, code] : {std::pair("devices", "unknown-device"), std::pair("links", "unknown-link")}) {
    const std::string start = std::string(section) + ".";
    if (!assignment.starts_with(start)) continue;
    const std::size_t end = assignment.find_first_of(".=[\"", start.size());
    if (end == std::string::npos || assignment[end] != '.') continue;
    const std::string name = assignment.substr(start.size(), end - start.size());
    const Node* map = document.root.find(section);
    if (map == nullptr || map->kind != NodeKind::map || map->find(name) != nullptr) continue;
    std::vector<std::string> names;
    for (const auto& [key, node] : map->fields) names.push_back(key);
    diagnostics.push_back({Severity::error,
                           code,
                           {"--set " + assignment, 0, 0, start + name},
                           "there is nothing called `" + name + "` under " + section,
                           suggest(name, names)});
    return false;
  }
  return true;
}

}  // namespace

Result<ScenarioPointer> scenario_from(const Document& document) { return read_parts(document, {}); }

Result<ScenarioPointer> read_scenario(const std::string& path, const std::vector<std::string>& overrides) {
  std::string file = path;
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    auto shipped = resolve_reference(path, "", "scenarios", {path, 0, 0, {}});
    if (!shipped) return tl::unexpected(std::move(shipped.error()));
    file = std::move(*shipped);
  }
  auto document = read_document(file, Defects::keep);
  if (!document) return tl::unexpected(std::move(document.error()));
  Diagnostics diagnostics;
  for (const std::string& assignment : overrides) {
    if (!names_what_exists(*document, assignment, diagnostics)) continue;
    if (auto set = set_value(*document, assignment); !set) {
      for (Diagnostic& diagnostic : set.error()) diagnostics.push_back(std::move(diagnostic));
    }
  }
  return read_parts(*document, std::move(diagnostics));
}

}  // namespace tiercut::scenarios
