// SPDX-License-Identifier: Apache-2.0
#include "deployment/fallback_index.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/document.hpp"

namespace tiercut::deployment {
namespace {

std::string in_quotes(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + '"';
}

Format make() {
  const auto failure = shape::record({
      {"device", shape::text(), false, "The device that fails; this or `link`."},
      {"link", shape::text(), false, "The link that fails; one written with `between`: both directions."},
      {"plan", shape::text(), false, "File of the plan that takes over, beside this one; absent: there is none."},
      {"why_not", shape::text(), false, "Why there is none."},
      {"keeps_promise", shape::boolean(), true, "Whether it keeps the scenario's requirement without what failed."},
      {"stays", shape::boolean(), true, "Whether it is the plan in force."},
      {"objective", shape::non_negative(Dimension::time), false, "Its mean latency, or the objective's statistic."},
      {"ship", shape::non_negative(Dimension::size), false, "Weights to be sent."},
      {"ship_time", shape::non_negative(Dimension::time), false, "That takes at least so long; absent: no way."},
      {"freed", shape::list(shape::text()), false, "Layers that were pinned to the device that failed."},
  });
  return make_format(
      "tiercut/fallbacks/1", "tiercut plans for single failures",
      {
          {"scenario",
           shape::record({{"path", shape::text(), true, "Scenario file, relative to this one, or a shipped one."},
                          {"hash", shape::text(), true, "Hash of the scenario that the plans were made for."}}),
           true, "What the plans are for."},
          {"made_by", shape::text(), true, "Program and version."},
          {"in_force", shape::text(), true, "File of the plan that the others take over from, beside this one."},
          {"objective", shape::non_negative(Dimension::time), true, "Its mean latency, or the objective's statistic."},
          {"failures", shape::list(failure), true, "What is done when one thing fails."},
      });
}

std::string entry_text(const FallbackEntry& entry) {
  std::string text = entry.device.empty() ? fmt::format("  - link: {}\n", in_quotes(entry.link))
                                          : fmt::format("  - device: {}\n", in_quotes(entry.device));
  if (entry.plan) text += fmt::format("    plan: {}\n", in_quotes(*entry.plan));
  if (!entry.why_not.empty()) text += fmt::format("    why_not: {}\n", in_quotes(entry.why_not));
  text += fmt::format("    keeps_promise: {}\n    stays: {}\n", entry.keeps_promise, entry.stays);
  if (!entry.plan) return text;
  text += fmt::format("    objective: {}\n    ship: {}\n", format_quantity(entry.objective_s, Dimension::time),
                      format_quantity(entry.ship.value(), Dimension::size));
  if (entry.ship_time)
    text += fmt::format("    ship_time: {}\n", format_quantity(entry.ship_time->value(), Dimension::time));
  if (entry.freed.empty()) return text;
  text += "    freed:\n";
  for (const std::string& layer : entry.freed) text += fmt::format("      - {}\n", in_quotes(layer));
  return text;
}

FallbackEntry entry_from(const Node& node) {
  FallbackEntry entry;
  entry.device = text_or(node, "device", "");
  entry.link = text_or(node, "link", "");
  if (const Node* plan = node.find("plan")) entry.plan = plan->text;
  entry.why_not = text_or(node, "why_not", "");
  entry.keeps_promise = as_boolean(at(node, "keeps_promise"));
  entry.stays = as_boolean(at(node, "stays"));
  entry.objective_s = quantity_or(node, "objective", Dimension::time, 0);
  entry.ship = Bytes(quantity_or(node, "ship", Dimension::size, 0));
  if (const Node* time = node.find("ship_time")) entry.ship_time = Seconds(as_quantity(*time, Dimension::time));
  if (const Node* freed = node.find("freed"))
    for (const Node& layer : freed->items) entry.freed.push_back(layer.text);
  return entry;
}

}  // namespace

const FallbackEntry* FallbackIndex::find_device(const std::string& name) const {
  const auto found =
      std::find_if(failures.begin(), failures.end(), [&](const FallbackEntry& entry) { return entry.device == name; });
  return found == failures.end() ? nullptr : &*found;
}

const Format& fallback_format() {
  static const Format format = make();
  return format;
}

std::string to_yaml(const FallbackIndex& index) {
  std::string text = fmt::format("schema: {}\nscenario:\n  path: {}\n  hash: {}\nmade_by: {}\nin_force: {}\n",
                                 fallback_format().id, in_quotes(index.scenario_file), in_quotes(index.scenario_hash),
                                 in_quotes(index.made_by), in_quotes(index.in_force));
  text += fmt::format("objective: {}\n", format_quantity(index.objective_s, Dimension::time));
  text += index.failures.empty() ? "failures: []\n" : "failures:\n";
  for (const FallbackEntry& entry : index.failures) text += entry_text(entry);
  return text;
}

Result<FallbackIndex> read_fallbacks(const std::string& path) {
  const Result<Document> document = read_document(path, Defects::keep);
  if (!document) return tl::unexpected(document.error());
  Diagnostics found;
  if (!check(*document, fallback_format(), found)) return tl::unexpected(std::move(found));
  const Node& root = document->root;
  FallbackIndex index;
  index.scenario_file = at(at(root, "scenario"), "path").text;
  index.scenario_hash = at(at(root, "scenario"), "hash").text;
  index.made_by = at(root, "made_by").text;
  index.in_force = at(root, "in_force").text;
  index.objective_s = as_quantity(at(root, "objective"), Dimension::time);
  for (const Node& entry : at(root, "failures").items) index.failures.push_back(entry_from(entry));
  return index;
}

}  // namespace tiercut::deployment
