// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <utility>

#include "core/files.hpp"
#include "scenarios/read_context.hpp"
#include "scenarios/scenario_series.hpp"

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
  for (const Link& link : scenario.links) {
    if (!link.jitter.digest.empty()) append_source(link.jitter.digest);
  }
  if (scenario.workload.arrivals.trace) append_source(scenario.workload.arrivals.trace->digest);
  for (const Fault& fault : scenario.faults) {
    if (!fault.digest.empty()) append_source(fault.digest);
  }
  return "sha256:" + sha256(text);
}

void read_model_of(ReadContext& context) {
  const Node* reference = context.find(context.root, "model");
  if (reference == nullptr) return;
  auto path = context.files.resolve(reference->text, context.folder, "model/zoo", reference->where);
  if (!path) return context.append(std::move(path.error()));
  auto model = context.files.model(*path);
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

Result<ScenarioPointer> read_parts(const Document& document, ReadFiles& files, Diagnostics diagnostics,
                                   bool is_hashed = true) {
  check(document, scenario_format(), diagnostics);
  const bool is_other_kind = std::any_of(diagnostics.begin(), diagnostics.end(), [](const Diagnostic& diagnostic) {
    return diagnostic.code == "wrong-schema";
  });
  if (document.root.kind != NodeKind::map || is_other_kind) return tl::unexpected(std::move(diagnostics));

  auto scenario = std::make_shared<Scenario>();
  scenario->file = document.file;
  ReadContext context(document, *scenario, files, diagnostics);
  if (const Node* name = context.find(document.root, "name")) scenario->name = name->text;
  if (const Node* text = context.find(document.root, "description")) scenario->description = text->text;
  read_model_of(context);
  read_devices(context);
  read_links(context);
  read_workload(context);
  read_requirement(context);
  read_exits(context);
  read_decisions(context);
  read_faults(context);
  if (can_look_for_routes(*scenario, diagnostics)) check_reach(context);

  sort_for_reading(diagnostics, document.file);
  if (has_errors(diagnostics)) return tl::unexpected(std::move(diagnostics));
  scenario->warnings = std::move(diagnostics);
  if (is_hashed) scenario->hash = hash_of(document.root, *scenario);
  scenario->prepare();
  return ScenarioPointer(std::move(scenario));
}

/// A new device or link made of a single value is a slip in its name: `links.upp.latency=20ms`.
Result<void> names_what_exists(const Node& root, const ValuePath& path, Location where) {
  if (path.size() < 3 || path[1].index) return {};
  for (const auto& [section, code] : {std::pair("devices", "unknown-device"), std::pair("links", "unknown-link")}) {
    if (path[0].key != section) continue;
    const Node* map = root.find(section);
    if (map == nullptr || map->kind != NodeKind::map || map->find(path[1].key) != nullptr) continue;
    std::vector<std::string> names;
    for (const auto& [key, node] : map->fields) names.push_back(key);
    where.path = std::string(section) + "." + path[1].key;
    return fail(code, "there is nothing called `" + path[1].key + "` under " + section, suggest(path[1].key, names),
                std::move(where));
  }
  return {};
}

Result<void> put_override(Document& document, const std::string& text) {
  const Location where{"--set " + text, 0, 0, {}};
  if (const auto path = parse_path(text.substr(0, text.find('=')), where)) {
    if (auto known = names_what_exists(document.root, *path, where); !known) return known;
  }
  return set_value(document, text);
}

Result<Document> read_document_of(const std::string& path) {
  std::string file = path;
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    auto shipped = resolve_reference(path, "", "scenarios", {path, 0, 0, {}});
    if (!shipped) return tl::unexpected(std::move(shipped.error()));
    file = std::move(*shipped);
  }
  return read_document(file, Defects::keep);
}

Diagnostics override_all(Document& document, const std::vector<std::string>& overrides) {
  Diagnostics diagnostics;
  for (const std::string& text : overrides) {
    if (auto set = put_override(document, text); !set) {
      for (Diagnostic& diagnostic : set.error()) diagnostics.push_back(std::move(diagnostic));
    }
  }
  return diagnostics;
}

}  // namespace

Result<ScenarioPointer> scenario_from(const Document& document) {
  ReadFiles files;
  return read_parts(document, files, {});
}

Result<ScenarioPointer> read_scenario(const std::string& path, const std::vector<std::string>& overrides) {
  auto document = read_document_of(path);
  if (!document) return tl::unexpected(std::move(document.error()));
  Diagnostics diagnostics = override_all(*document, overrides);
  ReadFiles files;
  return read_parts(*document, files, std::move(diagnostics));
}

struct ScenarioSeries::Files {
  ReadFiles files;
};

ScenarioSeries::ScenarioSeries(Document document, std::shared_ptr<Files> files)
    : document_(std::move(document)), files_(std::move(files)) {}

Result<ScenarioSeries> ScenarioSeries::open(const std::string& path, const std::vector<std::string>& overrides) {
  auto document = read_document_of(path);
  if (!document) return tl::unexpected(std::move(document.error()));
  if (Diagnostics diagnostics = override_all(*document, overrides); !diagnostics.empty()) {
    return tl::unexpected(std::move(diagnostics));
  }
  return ScenarioSeries(std::move(*document), std::make_shared<Files>());
}

Result<void> ScenarioSeries::check_path(const ValuePath& path, const Location& where) const {
  return names_what_exists(document_.root, path, where);
}

Result<void> ScenarioSeries::put(const Assignment& assignment) {
  if (auto known = check_path(assignment.path, assignment.value.where); !known) return known;
  return put_value(document_.root, assignment.path, assignment.value);
}

Result<ScenarioPointer> ScenarioSeries::read(const std::vector<Assignment>& assignments) const {
  return read_with(assignments, true);
}

Result<ScenarioPointer> ScenarioSeries::read_unhashed(const std::vector<Assignment>& assignments) const {
  return read_with(assignments, false);
}

Result<ScenarioPointer> ScenarioSeries::read_with(const std::vector<Assignment>& assignments, bool is_hashed) const {
  Document changed{document_.file, {}, document_.root, document_.defects};
  for (const Assignment& assignment : assignments) {
    if (auto put = put_value(changed.root, assignment.path, assignment.value); !put) {
      return tl::unexpected(std::move(put.error()));
    }
  }
  return read_parts(changed, files_->files, {}, is_hashed);
}

}  // namespace tiercut::scenarios
