// SPDX-License-Identifier: Apache-2.0
// Holds the source tree against docs/architecture.md: which module may include which, and who owns which library.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {
namespace fs = std::filesystem;

const fs::path root = TIERCUT_SOURCE_DIR;

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Rows `| first | a b c |` of the table under a `## heading` of docs/architecture.md.
std::map<std::string, std::set<std::string>> table_under(const std::string& heading) {
  std::istringstream lines(text_of(root / "docs/architecture.md"));
  std::map<std::string, std::set<std::string>> rows;
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("## ", 0) == 0) inside = line == "## " + heading;
    static const std::regex row(R"(\|\s*([\w./-]+)\s*\|([^|]*)\|)");
    std::smatch match;
    if (!inside || !std::regex_match(line, match, row)) continue;
    std::istringstream words(match[2]);
    std::set<std::string> values;
    for (std::string word; words >> word;) values.insert(word);
    rows.emplace(match[1], values);
  }
  rows.erase("module");
  rows.erase("include");
  rows.erase("---");
  return rows;
}

std::vector<fs::path> sources_of(const std::string& folder) {
  std::vector<fs::path> files;
  if (!fs::exists(root / folder)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
    const auto extension = entry.path().extension();
    if (entry.is_regular_file() && (extension == ".cpp" || extension == ".hpp")) files.push_back(entry.path());
  }
  return files;
}

std::vector<std::string> includes_of(const fs::path& file) {
  static const std::regex include(R"(^\s*#\s*include\s*[<"]([^">]+)[">])", std::regex::multiline);
  const std::string text = text_of(file);
  std::vector<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), include), end; it != end; ++it) found.push_back((*it)[1]);
  return found;
}

std::string first_folder(const std::string& include) { return include.substr(0, include.find('/')); }

TEST(Layers, ModulesIncludeOnlyWhatTheirRowNames) {
  const auto layers = table_under("Layers");
  ASSERT_GE(layers.size(), 9u);
  std::size_t seen = 0;
  for (const auto& [module, allowed] : layers) {
    for (const auto& file : sources_of(module)) {
      for (const auto& include : includes_of(file)) {
        const std::string target = first_folder(include);
        if (!layers.contains(target) || include.find('/') == std::string::npos) continue;
        ++seen;
        EXPECT_TRUE(target == module || allowed.contains(target)) << fs::relative(file, root) << " includes " << include;
      }
    }
  }
  EXPECT_GT(seen, 50u);  // the walk really saw the tree
}

TEST(Layers, LibrariesStayWithTheirOwners) {
  const auto layers = table_under("Layers");
  const auto owners = table_under("Libraries");
  ASSERT_GE(owners.size(), 8u);
  for (const auto& [module, unused] : layers) {
    for (const auto& file : sources_of(module)) {
      for (const auto& include : includes_of(file)) {
        for (const auto& [library, modules] : owners) {
          if (include.rfind(library, 0) != 0) continue;
          EXPECT_TRUE(modules.contains(module)) << fs::relative(file, root) << " includes " << include;
          // A header may name a library's forward declarations, as nlohmann/json_fwd.hpp.
          if (include.ends_with("_fwd.hpp")) continue;
          EXPECT_EQ(file.extension(), ".cpp") << fs::relative(file, root) << " is a header and includes " << include;
        }
      }
    }
  }
}

TEST(Layers, AnIncludeAgainstTheTableIsFound) {
  // The same matching, on a made-up violation: planner must not name the simulator.
  const auto layers = table_under("Layers");
  EXPECT_FALSE(layers.at("planner").contains("simulator"));
  EXPECT_FALSE(layers.at("simulator").contains("planner"));
  EXPECT_FALSE(layers.at("core").contains("model"));
}

TEST(SourceTree, FilesCarryALicenceAndStayShort) {
  for (const std::string folder : {"core", "model", "profiles", "scenarios", "deployment", "planner", "simulator", "report", "cli",
                                   "tests", "benchmarks"}) {
    for (const auto& file : sources_of(folder)) {
      const std::string text = text_of(file);
      EXPECT_EQ(text.rfind("// SPDX-License-Identifier: Apache-2.0", 0), 0u) << fs::relative(file, root);
      EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 600) << fs::relative(file, root) << " wants splitting";
    }
  }
}

TEST(SourceTree, ModulesHaveAPageAndFileNamesAreUnique) {
  std::map<std::string, fs::path> seen;
  for (const auto& [module, unused] : table_under("Layers")) {
    EXPECT_TRUE(fs::exists(root / module / "README.md")) << module;
    for (const auto& file : sources_of(module)) {
      const auto [it, is_new] = seen.emplace(file.filename().string(), file);
      EXPECT_TRUE(is_new) << fs::relative(file, root) << " and " << fs::relative(it->second, root);
    }
  }
}

TEST(SourceTree, EveryProfileSaysWhereItsFiguresComeFrom) {
  std::size_t profiles = 0;
  for (const auto& entry : fs::recursive_directory_iterator(root / "profiles/devices")) {
    if (entry.path().extension() != ".yaml") continue;
    ++profiles;
    EXPECT_NE(text_of(entry.path()).find("provenance"), std::string::npos) << entry.path().filename();
  }
  EXPECT_GE(profiles, 8u);
}

}  // namespace
