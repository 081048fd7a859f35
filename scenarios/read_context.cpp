// SPDX-License-Identifier: Apache-2.0
#include "scenarios/read_context.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "scenarios/limits.hpp"

namespace tiercut::scenarios {
namespace {

constexpr std::size_t most_listed = 12;

}  // namespace

std::string suggest(std::string_view word, const std::vector<std::string>& known) {
  const std::string near = did_you_mean(word, known);
  if (!near.empty()) return "did you mean `" + near + "`?";
  if (known.empty()) return "there is none";
  if (known.size() <= most_listed) return "there is " + list_words(known);
  const std::vector<std::string> first(known.begin(), known.begin() + most_listed);
  return fmt::format("there are {}, among them {}", known.size(), list_words(first));
}

ReadContext::ReadContext(const Document& document, Scenario& result, ReadFiles& known_files, Diagnostics& found)
    : root(document.root),
      folder(std::filesystem::path(document.file).parent_path().string()),
      scenario(result),
      files(known_files),
      diagnostics_(found) {
  for (const Diagnostic& diagnostic : found) {
    if (diagnostic.severity == Severity::error) refused_paths_.insert(diagnostic.where.path);
  }
}

void ReadContext::error(std::string code, const Location& where, std::string message, std::string hint) {
  diagnostics_.push_back({Severity::error, std::move(code), where, std::move(message), std::move(hint)});
}

void ReadContext::warning(std::string code, const Location& where, std::string message, std::string hint) {
  diagnostics_.push_back({Severity::warning, std::move(code), where, std::move(message), std::move(hint)});
}

void ReadContext::append(Diagnostics found) {
  for (Diagnostic& diagnostic : found) diagnostics_.push_back(std::move(diagnostic));
}

bool ReadContext::is_refused(const Node& node) const {
  const std::string& path = node.where.path;
  if (refused_paths_.contains(path)) return true;
  for (const char* next : {".", "["}) {
    const std::string inside = path + next;
    const auto found = refused_paths_.lower_bound(inside);
    if (found != refused_paths_.end() && found->starts_with(inside)) return true;
  }
  return false;
}

const Node* ReadContext::find(const Node& map, std::string_view key) const {
  const Node* value = map.find(key);
  return value != nullptr && !is_refused(*value) ? value : nullptr;
}

const Node* ReadContext::find_partly(const Node& map, std::string_view key, NodeKind kind) const {
  const Node* value = map.find(key);
  return value != nullptr && value->kind == kind ? value : nullptr;
}

std::optional<DeviceRef> ReadContext::device_ref(const Node& text) {
  if (scenario.devices.empty()) return std::nullopt;  // that is complained of already
  if (const auto ref = scenario.find_ref(text.text)) return ref;
  const std::string stem = text.text.substr(0, text.text.rfind('.'));
  const int group = stem == text.text ? -1 : scenario.find_device(stem);
  if (unsure_devices.contains(group)) return std::nullopt;
  if (group >= 0) {
    const int count = scenario.devices[static_cast<std::size_t>(group)].count;
    const std::string member = text.text.substr(stem.size() + 1);
    error("unknown-device", text.where, fmt::format("`{}` has no member {}", stem, member),
          count == 1 ? "it is a single device: write `" + stem + "`"
          : count > most_named_members
              ? fmt::format("members of a group of more than {} have no names; write `{}`", most_named_members, stem)
              : fmt::format("its members are {}.1 to {}.{}", stem, stem, count));
    return std::nullopt;
  }
  std::vector<std::string> names;
  for (const Device& device : scenario.devices) names.push_back(device.name);
  error("unknown-device", text.where, "no device is called `" + text.text + "`", suggest(text.text, names));
  return std::nullopt;
}

std::optional<DeviceRef> ReadContext::one_device(const Node& text) {
  const auto ref = device_ref(text);
  if (!ref || ref->member > 0) return ref;
  const Device& device = scenario.device(*ref);
  if (device.count == 1 || device.count == scenario.workload.source_members || is_source_unsure) return ref;
  error("ambiguous-member", text.where,
        fmt::format("`{}` is a group of {}, and samples do not arise at its members", device.name, device.count),
        device.count > most_named_members
            ? "name a single device"
            : fmt::format("name one of {}.1 to {}.{}", device.name, device.name, device.count));
  return std::nullopt;
}

model::LayerId ReadContext::layer(const std::string& name, const Location& where) {
  if (!has_model()) return -1;
  const model::LayerId id = scenario.model->find(name);
  if (id >= 0) return id;
  std::vector<std::string> names;
  for (const model::Layer& layer : scenario.model->layers) names.push_back(layer.name);
  error("unknown-layer", where, "model " + scenario.model->name + " has no layer `" + name + "`", suggest(name, names));
  return -1;
}

int ReadContext::exit(const std::string& name, const Location& where) {
  if (!has_model()) return -1;
  std::vector<std::string> names;
  for (const model::Exit& exit : scenario.model->exits) {
    if (exit.name == name) return static_cast<int>(names.size());
    names.push_back(exit.name);
  }
  error("unknown-exit", where, "model " + scenario.model->name + " has no exit `" + name + "`", suggest(name, names));
  return -1;
}

}  // namespace tiercut::scenarios
