// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <set>

#include "model/graph.hpp"
#include "model/layer_reader.hpp"
#include "model/model.hpp"

namespace tiercut::model {
namespace {

/// Reads one document; every step notes what is wrong and goes on with what is sound.
class Reader {
 public:
  explicit Reader(const Document& document) : document_(document) {}

  Result<ModelPointer> read();

 private:
  void read_layers(const Node& list);
  void resolve_inputs();
  void order_layers();
  std::vector<int> topological_order();
  void report_cycle(const std::vector<int>& open_inputs);
  void check_asserted_shapes();
  void read_exits();
  void read_exit(const std::string& name, const Node& node);
  bool read_class_map(const Node& node, Exit& exit);
  bool is_sound(LayerId id) const { return is_sound_[static_cast<std::size_t>(id)]; }
  bool is_refused(const std::string& path) const;
  void report(std::string code, const Location& where, std::string message, std::string hint = {});
  void report(Findings findings);
  Location place_of(const Finding& finding) const;
  tl::unexpected<Diagnostics> give_up();

  const Document& document_;
  Diagnostics diagnostics_;
  std::set<std::string> refused_paths_;  // of list and map entries that the format check refused
  std::vector<LayerEntry> entries_;      // in the order of the file
  std::map<std::string, int, std::less<>> entry_by_name_;
  std::vector<int> entry_of_;            // by layer id
  std::vector<LayerId> id_of_;           // by entry
  std::vector<bool> is_sound_;           // by layer id
  bool has_all_edges_ = true;            // false once a reference could not be followed
  std::vector<const Node*> exit_nodes_;  // by exit
  Model model_;
};

/// `layers[3].pool.kernel` belongs to `layers[3]`, `exits.local.answers[0]` to `exits.local`.
std::string entry_path(const std::string& path) {
  if (path.starts_with("layers[")) return path.substr(0, path.find(']') + 1);
  if (!path.starts_with("exits.")) return {};
  return path;
}

void Reader::report(std::string code, const Location& where, std::string message, std::string hint) {
  diagnostics_.push_back({Severity::error, std::move(code), where, std::move(message), std::move(hint)});
}

Location Reader::place_of(const Finding& finding) const {
  const Node* node = nullptr;
  if (finding.layer >= 0) {
    node = entries_[static_cast<std::size_t>(entry_of_[static_cast<std::size_t>(finding.layer)])].node;
  } else if (finding.exit >= 0) {
    node = exit_nodes_[static_cast<std::size_t>(finding.exit)];
  } else {
    node = document_.root.find("layers");
  }
  const Node* value = finding.key.empty() ? nullptr : node->find(finding.key);
  return value != nullptr ? value->where : node->where;
}

void Reader::report(Findings findings) {
  for (Finding& finding : findings) {
    const Location where = place_of(finding);
    report(std::move(finding.code), where, std::move(finding.message), std::move(finding.hint));
  }
}

bool Reader::is_refused(const std::string& path) const {
  const auto found = refused_paths_.lower_bound(path);
  return found != refused_paths_.end() && found->starts_with(path);
}

tl::unexpected<Diagnostics> Reader::give_up() {
  std::stable_sort(diagnostics_.begin(), diagnostics_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::pair(a.where.line, a.where.column) < std::pair(b.where.line, b.where.column);
  });
  return tl::unexpected(std::move(diagnostics_));
}

void Reader::read_layers(const Node& list) {
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    LayerEntry entry = read_layer(list.items[i], !is_refused(fmt::format("layers[{}]", i)), diagnostics_);
    if (!entry.layer.name.empty()) {
      const auto [first, is_new] = entry_by_name_.emplace(entry.layer.name, static_cast<int>(i));
      if (!is_new) {
        const Location& other = entries_[static_cast<std::size_t>(first->second)].node->where;
        report("duplicate-name", at(*entry.node, "name").where,
               fmt::format("layer `{}` is there already, on line {}", entry.layer.name, other.line),
               "give each layer a name of its own");
      }
    }
    has_all_edges_ = has_all_edges_ && entry.is_sound;
    entries_.push_back(std::move(entry));
  }
}

void Reader::resolve_inputs() {
  std::vector<std::string> names;
  for (const auto& [name, index] : entry_by_name_) names.push_back(name);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    LayerEntry& entry = entries_[i];
    if (entry.takes_layer_before) {
      if (i > 0) {
        entry.inputs.push_back(static_cast<int>(i) - 1);
      } else {
        report("wrong-inputs", entry.node->where, fmt::format("layer `{}` has no layer before it", entry.layer.name),
               "begin with an Input, or name the layer's `input`");
        entry.is_sound = has_all_edges_ = false;
      }
    }
    for (const Node* reference : entry.references) {
      const auto found = entry_by_name_.find(reference->text);
      if (found == entry_by_name_.end()) {
        const std::string nearest = did_you_mean(reference->text, names);
        report("unknown-layer", reference->where, fmt::format("there is no layer `{}`", reference->text),
               nearest.empty() ? "" : fmt::format("did you mean `{}`?", nearest));
        entry.is_sound = has_all_edges_ = false;
      } else if (std::find(entry.inputs.begin(), entry.inputs.end(), found->second) != entry.inputs.end()) {
        report("wrong-inputs", reference->where,
               fmt::format("layer `{}` takes `{}` twice", entry.layer.name, reference->text), "name each input once");
        entry.is_sound = false;
      } else {
        entry.inputs.push_back(found->second);
      }
    }
  }
}

void Reader::report_cycle(const std::vector<int>& open_inputs) {
  // Every layer that is left has an input that is left: walking backwards must come round.
  auto is_left = [&](int entry) { return open_inputs[static_cast<std::size_t>(entry)] > 0; };
  int entry = 0;
  while (!is_left(entry)) ++entry;
  std::vector<int> path;
  while (std::find(path.begin(), path.end(), entry) == path.end()) {
    path.push_back(entry);
    const std::vector<int>& inputs = entries_[static_cast<std::size_t>(entry)].inputs;
    entry = *std::find_if(inputs.begin(), inputs.end(), is_left);
  }
  path.erase(path.begin(), std::find(path.begin(), path.end(), entry));
  std::reverse(path.begin(), path.end());
  std::rotate(path.begin(), std::min_element(path.begin(), path.end()), path.end());
  path.push_back(path.front());
  std::string names;
  for (const int step : path) {
    if (!names.empty()) names += " -> ";
    names += entries_[static_cast<std::size_t>(step)].layer.name;
  }
  const Node& first = *entries_[static_cast<std::size_t>(path.front())].node;
  const Node* input = first.find("input");
  report("cyclic-model", input != nullptr ? input->where : first.where,
         fmt::format("layers feed each other in a circle: {}", names), "a layer's inputs must not depend on it");
}

std::vector<int> Reader::topological_order() {
  const std::size_t count = entries_.size();
  std::vector<std::vector<int>> consumers(count);
  std::vector<int> open_inputs(count, 0);
  for (std::size_t i = 0; i < count; ++i) {
    open_inputs[i] = static_cast<int>(entries_[i].inputs.size());
    for (const int input : entries_[i].inputs) consumers[static_cast<std::size_t>(input)].push_back(static_cast<int>(i));
  }
  // The first of the ready ones in the file goes next, so a file that is in order stays as it is.
  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  for (std::size_t i = 0; i < count; ++i) {
    if (open_inputs[i] == 0) ready.push(static_cast<int>(i));
  }
  std::vector<int> order;
  while (!ready.empty()) {
    const int next = ready.top();
    ready.pop();
    order.push_back(next);
    for (const int consumer : consumers[static_cast<std::size_t>(next)]) {
      if (--open_inputs[static_cast<std::size_t>(consumer)] == 0) ready.push(consumer);
    }
  }
  if (order.size() == count) return order;
  report_cycle(open_inputs);
  has_all_edges_ = false;
  for (std::size_t i = 0; i < count; ++i) {
    if (open_inputs[i] == 0) continue;
    entries_[i].is_sound = false;
    order.push_back(static_cast<int>(i));
  }
  return order;
}

void Reader::order_layers() {
  entry_of_ = topological_order();
  id_of_.resize(entries_.size());
  for (std::size_t id = 0; id < entry_of_.size(); ++id) {
    id_of_[static_cast<std::size_t>(entry_of_[id])] = static_cast<LayerId>(id);
  }
  for (const int index : entry_of_) {
    const LayerEntry& entry = entries_[static_cast<std::size_t>(index)];
    Layer layer = entry.layer;
    for (const int input : entry.inputs) layer.inputs.push_back(id_of_[static_cast<std::size_t>(input)]);
    model_.layers.push_back(std::move(layer));
    is_sound_.push_back(entry.is_sound);
  }
}

void Reader::check_asserted_shapes() {
  for (LayerId id = 0; id < model_.layer_count(); ++id) {
    const LayerEntry& entry = entries_[static_cast<std::size_t>(entry_of_[static_cast<std::size_t>(id)])];
    if (!is_sound(id) || !entry.asserted_shape || *entry.asserted_shape == model_.layer(id).shape) continue;
    report("shape-mismatch", at(*entry.node, "shape").where,
           fmt::format("layer `{}` is said to be {} and comes out as {}", entry.layer.name,
                       to_text(*entry.asserted_shape), to_text(model_.layer(id).shape)),
           "correct the layer, or leave `shape` out");
  }
}

bool Reader::read_class_map(const Node& node, Exit& exit) {
  bool is_good = true;
  const auto classes = static_cast<int>(exit.class_map.size());
  const auto number_in = [](const std::string& text) -> std::optional<int> {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
    return value;
  };
  for (const auto& [key, value] : node.fields) {
    const std::optional<int> from = number_in(key);
    if (!from || *from >= classes) {
      report("bad-class-map", value.key_where,
             fmt::format("exit `{}` maps class `{}`, its branch has classes 0 to {}", exit.name, key, classes - 1));
      is_good = false;
      continue;
    }
    const bool is_none = value.kind == NodeKind::scalar && value.text == "none";
    const std::optional<int> to = value.kind == NodeKind::scalar ? number_in(value.text) : std::nullopt;
    if (!is_none && !to) {
      report("bad-class-map", value.where, fmt::format("exit `{}` maps class {} to no class number", exit.name, *from),
             "write a class of the model, or `none`");
      is_good = false;
      continue;
    }
    exit.class_map[static_cast<std::size_t>(*from)] = is_none ? -1 : *to;
  }
  return is_good;
}

void Reader::read_exit(const std::string& name, const Node& node) {
  Exit exit;
  exit.name = name;
  const Node& reference = at(node, "layer");
  const auto found = entry_by_name_.find(reference.text);
  if (found == entry_by_name_.end()) {
    std::vector<std::string> names;
    for (const auto& [candidate, index] : entry_by_name_) names.push_back(candidate);
    const std::string nearest = did_you_mean(reference.text, names);
    report("unknown-layer", reference.where, fmt::format("there is no layer `{}`", reference.text),
           nearest.empty() ? "" : fmt::format("did you mean `{}`?", nearest));
    has_all_edges_ = false;
    return;
  }
  exit.layer = id_of_[static_cast<std::size_t>(found->second)];
  const std::string confidence = text_or(node, "confidence", std::string(to_text(exit.confidence)));
  for (const Confidence known : {Confidence::normalized_entropy, Confidence::max_probability, Confidence::margin}) {
    if (to_text(known) == confidence) exit.confidence = known;
  }
  model_.exits.push_back(std::move(exit));
  exit_nodes_.push_back(&node);
}

void Reader::read_exits() {
  const Node* exits = document_.root.find("exits");
  if (exits == nullptr) return;
  for (const auto& [name, node] : exits->fields) {
    if (is_refused("exits." + name) || node.find("layer") == nullptr) {
      has_all_edges_ = false;
    } else {
      read_exit(name, node);
    }
  }
}

}  // namespace
}  // namespace tiercut::model
