// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "cli/console.hpp"
#include "cli/starter_scenario.hpp"
#include "cli/subject.hpp"
#include "core/files.hpp"
#include "model/builders/catalogue.hpp"
#include "model/model_writer.hpp"
#include "report/format_list.hpp"

namespace tiercut::cli {
namespace {

struct Written {
  std::string file, text;
};

Diagnostic unknown_network(const std::string& name) {
  std::vector<std::string> names;
  std::string all;
  for (const auto& architecture : model::architectures()) {
    names.emplace_back(architecture.name);
    all += (all.empty() ? "" : ", ") + names.back();
  }
  const std::string guess = did_you_mean(name, names);
  return {Severity::error,
          "unknown-network",
          {},
          "there is no builder for a network `" + name + "`",
          (guess.empty() ? "" : "did you mean `" + guess + "`? ") + ("there are " + all)};
}

/// The model and a scenario on it, in the same folder.
Result<std::vector<Written>> network_files(const std::string& name, const std::string& file) {
  const model::Architecture* architecture = model::find_architecture(name);
  if (architecture == nullptr) return tl::unexpected(Diagnostics{unknown_network(name)});
  const std::filesystem::path model_file = name + ".model.yaml";
  const auto beside = std::filesystem::path(file).parent_path() / model_file;
  if (beside.lexically_normal() == std::filesystem::path(file).lexically_normal())
    return fail("bad-usage", "'" + file + "' is where the model goes", "name the scenario's file otherwise");
  const model::Model model = architecture->build();
  return std::vector<Written>{{beside.string(), to_yaml(model)},
                              {file, starter_scenario_for(model, model_file.string())}};
}

}  // namespace

ExitStatus run_init(const Arguments& arguments, Console& console) {
  if (const auto fine = refuse_overrides(arguments, "change the file that `init` writes"); !fine) {
    return console.refuse(fine.error());
  }
  const std::string file = arguments.files.empty() ? "tiercut.yaml" : arguments.files.front();
  std::vector<Written> files{{file, std::string(starter_scenario())}};
  if (arguments.model) {
    auto made = network_files(*arguments.model, file);
    if (!made) return console.refuse(made.error());
    files = std::move(*made);
  }
  Diagnostics there;
  for (const Written& written : files) {
    std::error_code error;
    if (arguments.is_forced || !std::filesystem::is_regular_file(written.file, error)) continue;
    there.push_back({Severity::error,
                     "output-exists",
                     {written.file, 0, 0, {}},
                     "'" + written.file + "' is there already",
                     "name another file, or overwrite it with --force"});
  }
  if (!there.empty()) return console.refuse(there);
  for (const Written& written : files) {
    if (const auto done = write_file(written.file, written.text); !done) return console.refuse(done.error());
  }
  const std::string also = files.size() > 1 ? " and " + files.front().file : "";
  return console.finish(
      arguments.is_json ? report::written_json(file) : "wrote " + file + also + "; next: tiercut plan " + file + "\n",
      ExitStatus::yes);
}

}  // namespace tiercut::cli
