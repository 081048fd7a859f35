// SPDX-License-Identifier: Apache-2.0
#include "profiles/profile_extension.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "core/files.hpp"
#include "profiles/profile.hpp"

namespace tiercut::profiles {
namespace {

void replace(Node& map, const std::pair<std::string, Node>& field) {
  const auto found = std::find_if(map.fields.begin(), map.fields.end(),
                                  [&](const auto& existing) { return existing.first == field.first; });
  if (found == map.fields.end())
    map.fields.push_back(field);
  else
    found->second = field.second;
}

void merge_pools(Node& base, const Node& over) {
  for (const auto& pool : over.fields) replace(base, pool);
}

void merge_units(Node& base, const Node& over) {
  for (const auto& unit : over.fields) {
    Node* existing = base.find(unit.first);
    if (existing == nullptr) {
      base.fields.push_back(unit);
      continue;
    }
    for (const auto& field : unit.second.fields) replace(*existing, field);
  }
}

void lay_over(Node& base, const Node& over) {
  base.where = over.where;
  for (const auto& field : over.fields) {
    Node* existing = base.find(field.first);
    if (existing != nullptr && field.first == "units")
      merge_units(*existing, field.second);
    else if (existing != nullptr && field.first == "memory")
      merge_pools(*existing, field.second);
    else
      replace(base, field);
  }
}

std::string canonical(const std::string& path) {
  std::error_code ignored;
  const auto whole = std::filesystem::weakly_canonical(path, ignored);
  return ignored ? path : whole.string();
}

/// `chain` holds the files that lead here, outermost first.
Result<ExtendedProfile> read(const std::string& path, std::vector<std::string>& chain) {
  chain.push_back(canonical(path));
  auto document = read_document(path, Defects::keep);
  if (!document) return tl::unexpected(std::move(document.error()));
  Diagnostics diagnostics;
  if (!check(*document, profile_format(), diagnostics)) return tl::unexpected(std::move(diagnostics));

  const Node* extends = document->root.find("extends");
  if (extends == nullptr) return ExtendedProfile{std::move(document->root), std::move(document->source)};

  const std::string folder = std::filesystem::path(path).parent_path().string();
  const auto base_path = resolve_reference(extends->text, folder, "profiles/devices", extends->where);
  if (!base_path) return tl::unexpected(base_path.error());
  if (std::find(chain.begin(), chain.end(), canonical(*base_path)) != chain.end())
    return fail("extends-cycle", "the profile extends itself by way of `" + extends->text + "`",
                "let one of the files stand by itself", extends->where);
  auto base = read(*base_path, chain);
  if (!base) return base;
  lay_over(base->root, document->root);
  base->source.insert(0, document->source);
  return base;
}

}  // namespace

Result<ExtendedProfile> read_extended(const std::string& path) {
  std::vector<std::string> chain;
  return read(path, chain);
}

}  // namespace tiercut::profiles
