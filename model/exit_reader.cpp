// SPDX-License-Identifier: Apache-2.0
#include "model/exit_reader.hpp"

#include <fmt/format.h>

#include <charconv>
#include <numeric>
#include <optional>

#include "core/schema.hpp"

namespace tiercut::model {
namespace {

std::optional<int> class_from(const std::string& text) {
  int value = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc() || end != last || value < 0) return std::nullopt;
  return value;
}

bool read_class_map(const Node& map, Exit& exit, Diagnostics& diagnostics) {
  const std::size_t errors_before = diagnostics.size();
  const auto report = [&](const Location& where, std::string message, std::string hint) {
    diagnostics.push_back({Severity::error, "bad-class-map", where, std::move(message), std::move(hint)});
  };
  for (const auto& [key, value] : map.fields) {
    const std::optional<int> from = class_from(key);
    if (!from || *from >= static_cast<int>(exit.class_map.size())) {
      report(value.key_where,
             fmt::format("exit `{}` maps class `{}`, its branch has classes 0 to {}", exit.name, key,
                         exit.class_map.size() - 1),
             {});
      continue;
    }
    const bool is_none = value.kind == NodeKind::scalar && value.text == "none";
    const std::optional<int> to = value.kind == NodeKind::scalar ? class_from(value.text) : std::nullopt;
    if (!is_none && !to) {
      report(value.where, fmt::format("exit `{}` maps class {} to something that is no class", exit.name, *from),
             "write the number of a class of the model, or `none`");
      continue;
    }
    exit.class_map[static_cast<std::size_t>(*from)] = is_none ? -1 : *to;
  }
  return diagnostics.size() == errors_before;
}

}  // namespace

bool read_classes(const Node& node, int branch_classes, Exit& exit, Diagnostics& diagnostics) {
  exit.class_map.resize(static_cast<std::size_t>(branch_classes));
  std::iota(exit.class_map.begin(), exit.class_map.end(), 0);
  const Node* map = node.find("class_map");
  const bool is_good = map == nullptr || read_class_map(*map, exit, diagnostics);
  if (const Node* answers = node.find("answers"); answers != nullptr) {
    for (const Node& answer : answers->items) exit.answers.push_back(static_cast<int>(as_integer(answer)));
  } else {
    exit.answers.resize(static_cast<std::size_t>(branch_classes));
    std::iota(exit.answers.begin(), exit.answers.end(), 0);
  }
  return is_good;
}

}  // namespace tiercut::model
