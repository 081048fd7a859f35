// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "core/files.hpp"

namespace tiercut {

namespace fs = std::filesystem;

namespace {

/// Of shipped files; traces are not YAML throughout.
std::string_view extension_in(std::string_view category) { return category == "profiles/exits" ? ".exits" : ".yaml"; }

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

}  // namespace

std::string data_directory() {
  if (const char* chosen = std::getenv("TIERCUT_DATA_DIR"); chosen != nullptr && *chosen != '\0') return chosen;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    const fs::path installed = program.parent_path().parent_path() / "share" / "tiercut";
    if (fs::is_directory(installed, error)) return installed.string();
  }
  return TIERCUT_SOURCE_DIR;
}

std::vector<std::string> shipped_names(const std::string& category) {
  const fs::path folder = fs::path(data_directory()) / category;
  const std::string_view extension = extension_in(category);
  std::vector<std::string> names;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const fs::path& path = it->path();
    if (path.extension() == extension && is_file(path)) {
      names.push_back(path.lexically_relative(folder).replace_extension().generic_string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::string> resolve_reference(const std::string& reference, const std::string& beside,
                                      const std::string& category, const Location& where) {
  if (reference.empty()) return fail("reference-not-found", "the reference is empty", {}, where);
  const std::string_view extension = extension_in(category);
  const fs::path wanted(reference);
  const fs::path near = wanted.is_absolute() ? wanted : fs::path(beside) / wanted;
  const fs::path shipped = fs::path(data_directory()) / category / wanted;
  std::vector<std::string> tried;
  for (const fs::path& base : {near, shipped}) {
    for (const fs::path& candidate : {base, fs::path(base.string() + std::string(extension))}) {
      if (is_file(candidate)) return candidate.lexically_normal().string();
    }
    const std::string shown = base.lexically_normal().string();
    if (std::find(tried.begin(), tried.end(), shown) == tried.end()) tried.push_back(shown);
  }
  std::string stem = reference;
  if (stem.ends_with(extension)) stem.resize(stem.size() - extension.size());
  const std::vector<std::string> names = shipped_names(category);
  const std::string guess = did_you_mean(stem, names);
  std::string hint;
  if (!guess.empty()) {
    hint = "did you mean '" + guess + "'?";
  } else if (!names.empty()) {
    hint = "shipped under " + category + ": " + list_words(names);
  }
  return fail("reference-not-found",
              "'" + reference + "' is no file and no shipped name; looked for " + list_words(tried) +
                  ", each with and " + "without " + std::string(extension),
              hint, where);
}

}  // namespace tiercut
