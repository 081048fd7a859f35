// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "model/exit_reader.hpp"
#include "model/graph.hpp"
#include "model/layer_reader.hpp"

namespace tiercut::model {
namespace {

// Comparing every unknown word with every name is only worth it for as many errors as somebody reads.
constexpr std::size_t most_hints = 100;
constexpr std::size_t most_layers = 10'000;
constexpr std::size_t most_format_errors = 100;

/// The format check stops at the schema line of another kind of file, and somewhere beyond many errors; what it did
/// not reach must not be read.
bool was_checked_throughout(const Diagnostics& found) {
  return found.size() <= most_format_errors &&
         std::none_of(found.begin(), found.end(), [](const Diagnostic& d) { return d.code == "wrong-schema"; });
}

/// Reads one document; every step notes what is wrong and goes on with what is sound.
class Reader {
 public:
  explicit Reader(const Document& document) : document_(document) {}

  Result<ModelPointer> read();

 private:
  void read_layers();
  void resolve_inputs();
  void resolve_reference(const Node& reference, LayerEntry& entry);
  int find_layer(const Node& reference);
  void order_layers();
  void check_asserted_shapes();
  void read_exits();
  void check_exits();
  bool is_refused(const std::string& path) const;
  bool is_sound(LayerId id) const { return is_sound_[static_cast<std::size_t>(id)]; }
  LayerEntry& entry_of(LayerId id);
  void report(std::string code, const Location& where, std::string message, std::string hint = {});
  void report(Findings& findings);
  Location place_of(const Finding& finding);
  tl::unexpected<Diagnostics> give_up();

  const Document& document_;
  Diagnostics diagnostics_;
  std::set<std::string> refused_paths_;  // where the format check found an error
  std::vector<LayerEntry> entries_;      // in the order of the file
  std::map<std::string, int> entry_by_name_;
  std::vector<std::string> names_;
  std::vector<int> entry_by_id_;
  std::vector<LayerId> id_by_entry_;
  std::vector<bool> is_sound_;  // by layer id
  std::vector<const Node*> exit_nodes_;
  bool has_all_edges_ = true;  // false once a reference could not be followed: nothing is dead for sure
  Model model_;
};

void Reader::report(std::string code, const Location& where, std::string message, std::string hint) {
  diagnostics_.push_back({Severity::error, std::move(code), where, std::move(message), std::move(hint)});
}

LayerEntry& Reader::entry_of(LayerId id) {
  return entries_[static_cast<std::size_t>(entry_by_id_[static_cast<std::size_t>(id)])];
}

Location Reader::place_of(const Finding& finding) {
  const Node* node = document_.root.find("layers");
  if (finding.layer >= 0) node = entry_of(finding.layer).node;
  if (finding.exit >= 0) node = exit_nodes_[static_cast<std::size_t>(finding.exit)];
  const Node* value = finding.key.empty() ? nullptr : node->find(finding.key);
  return value != nullptr ? value->where : node->where;
}

void Reader::report(Findings& findings) {
  for (Finding& finding : findings) {
    report(std::move(finding.code), place_of(finding), std::move(finding.message), std::move(finding.hint));
  }
  findings.clear();
}

bool Reader::is_refused(const std::string& path) const {
  const auto found = refused_paths_.lower_bound(path);
  return found != refused_paths_.end() && found->starts_with(path);
}

void Reader::read_layers() {
  const std::vector<Node>& items = at(document_.root, "layers").items;
  for (std::size_t i = 0; i < items.size(); ++i) {
    LayerEntry entry = read_layer(items[i], !is_refused(fmt::format("layers[{}]", i)), diagnostics_);
    if (const std::string& name = entry.layer.name; !name.empty()) {
      const auto [first, is_new] = entry_by_name_.emplace(name, static_cast<int>(i));
      if (!is_new) {
        report("duplicate-name", at(items[i], "name").where,
               fmt::format("there is a layer `{}` already, on line {}", name,
                           items[static_cast<std::size_t>(first->second)].where.line),
               "give each layer a name of its own");
        has_all_edges_ = false;
      }
    }
    has_all_edges_ = has_all_edges_ && entry.is_sound;
    entries_.push_back(std::move(entry));
  }
  for (const auto& [name, index] : entry_by_name_) names_.push_back(name);
}

int Reader::find_layer(const Node& reference) {
  const auto found = entry_by_name_.find(reference.text);
  if (found != entry_by_name_.end()) return found->second;
  const std::string nearest = diagnostics_.size() < most_hints ? did_you_mean(reference.text, names_) : std::string();
  report("unknown-layer", reference.where, fmt::format("there is no layer `{}`", reference.text),
         nearest.empty() ? "" : fmt::format("did you mean `{}`?", nearest));
  has_all_edges_ = false;
  return -1;
}

void Reader::resolve_reference(const Node& reference, LayerEntry& entry) {
  const int found = find_layer(reference);
  if (found < 0) {
    entry.is_sound = false;
  } else if (std::find(entry.inputs.begin(), entry.inputs.end(), found) != entry.inputs.end()) {
    report("wrong-inputs", reference.where,
           fmt::format("layer `{}` takes `{}` twice", entry.layer.name, reference.text), "name each input once");
    entry.is_sound = false;
  } else {
    entry.inputs.push_back(found);
  }
}

void Reader::resolve_inputs() {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    LayerEntry& entry = entries_[i];
    for (const Node* reference : entry.references) resolve_reference(*reference, entry);
    if (!entry.takes_layer_before) continue;
    if (i > 0) {
      entry.inputs.push_back(static_cast<int>(i) - 1);
      continue;
    }
    report("wrong-inputs", entry.node->where, fmt::format("layer `{}` has no layer before it", entry.layer.name),
           "begin with an Input, or name the layer's `input`");
    entry.is_sound = has_all_edges_ = false;
  }
}

void Reader::order_layers() {
  std::vector<std::vector<int>> inputs;
  for (const LayerEntry& entry : entries_) inputs.push_back(entry.inputs);
  TopologicalOrder sorted = sort_topologically(inputs);
  for (std::size_t i = sorted.sorted_count; i < entries_.size(); ++i) {
    entries_[static_cast<std::size_t>(sorted.order[i])].is_sound = false;
  }
  if (!sorted.cycle.empty()) {
    const Node& first = *entries_[static_cast<std::size_t>(sorted.cycle.front())].node;
    const Node* input = first.find("input");
    sorted.cycle.push_back(sorted.cycle.front());
    std::string names;
    for (const int member : sorted.cycle) {
      if (!names.empty()) names += " -> ";
      names += entries_[static_cast<std::size_t>(member)].layer.name;
    }
    report("cyclic-model", input != nullptr ? input->where : first.where,
           fmt::format("layers feed each other in a circle: {}", names), "a layer must not need its own result");
    has_all_edges_ = false;
  }
  entry_by_id_ = std::move(sorted.order);
  id_by_entry_.resize(entries_.size());
  for (std::size_t id = 0; id < entry_by_id_.size(); ++id) {
    id_by_entry_[static_cast<std::size_t>(entry_by_id_[id])] = static_cast<LayerId>(id);
  }
  for (const int index : entry_by_id_) {
    const LayerEntry& entry = entries_[static_cast<std::size_t>(index)];
    Layer layer = entry.layer;
    for (const int input : entry.inputs) layer.inputs.push_back(id_by_entry_[static_cast<std::size_t>(input)]);
    model_.layers.push_back(std::move(layer));
    is_sound_.push_back(entry.is_sound);
  }
}

void Reader::check_asserted_shapes() {
  for (LayerId id = 0; id < model_.layer_count(); ++id) {
    const LayerEntry& entry = entry_of(id);
    if (!is_sound(id) || !entry.asserted_shape || *entry.asserted_shape == model_.layer(id).shape) continue;
    report("shape-mismatch", at(*entry.node, "shape").where,
           fmt::format("layer `{}` is said to be {} and comes out as {}", entry.layer.name,
                       to_text(*entry.asserted_shape), to_text(model_.layer(id).shape)),
           "correct the layer, or leave `shape` out");
  }
}

void Reader::read_exits() {
  const Node* exits = document_.root.find("exits");
  if (exits == nullptr) return;
  for (const auto& [name, node] : exits->fields) {
    const Node* reference = node.find("layer");
    const int found = reference != nullptr && reference->kind == NodeKind::scalar ? find_layer(*reference) : -1;
    if (found < 0 || is_refused("exits." + name)) {
      has_all_edges_ = false;
      continue;
    }
    Exit exit;
    exit.name = name;
    exit.layer = id_by_entry_[static_cast<std::size_t>(found)];
    const std::string confidence = text_or(node, "confidence", std::string(to_text(exit.confidence)));
    for (const Confidence known : {Confidence::max_probability, Confidence::margin}) {
      if (to_text(known) == confidence) exit.confidence = known;
    }
    model_.exits.push_back(std::move(exit));
    exit_nodes_.push_back(&node);
  }
}

void Reader::check_exits() {
  Findings findings;
  check_exits_differ(model_, findings);
  const LayerId output = model_.output();
  const bool is_few = static_cast<int>(model_.exits.size()) <= most_exits;
  for (std::size_t i = 0; is_few && i < model_.exits.size(); ++i) {
    Exit& exit = model_.exits[i];
    if (output < 0 || !is_sound(output) || !is_sound(exit.layer)) continue;
    const std::int64_t classes = model_.layer(exit.layer).shape.elements();
    const bool is_readable =
        classes > most_classes || read_classes(*exit_nodes_[i], static_cast<int>(classes), exit, diagnostics_);
    if (is_readable) check_exit(model_, static_cast<int>(i), findings);
  }
  report(findings);
}

tl::unexpected<Diagnostics> Reader::give_up() {
  std::stable_sort(diagnostics_.begin(), diagnostics_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::pair(a.where.line, a.where.column) < std::pair(b.where.line, b.where.column);
  });
  return tl::unexpected(std::move(diagnostics_));
}

Result<ModelPointer> Reader::read() {
  check(document_, model_format(), diagnostics_);
  if (!was_checked_throughout(diagnostics_)) return give_up();
  const Node* layers = document_.root.find("layers");
  if (layers == nullptr || layers->kind != NodeKind::list || layers->items.empty()) return give_up();
  if (layers->items.size() > most_layers) {
    report("too-large", layers->where, fmt::format("{} layers are more than {}", layers->items.size(), most_layers));
    return give_up();
  }
  for (const Diagnostic& diagnostic : diagnostics_) refused_paths_.insert(diagnostic.where.path);

  read_layers();
  resolve_inputs();
  order_layers();
  Findings findings;
  derive_layers(model_.layers, is_sound_, findings);
  check_asserted_shapes();
  read_exits();
  check_structure(model_, has_all_edges_, findings);
  report(findings);
  check_exits();
  if (has_errors(diagnostics_)) return give_up();

  model_.name = at(document_.root, "name").text;
  model_.description = text_or(document_.root, "description", {});
  if (const Node* notes = document_.root.find("notes"); notes != nullptr) {
    for (const Node& note : notes->items) model_.notes.push_back(note.text);
  }
  model_.file = document_.file;
  model_.source = document_.source;
  if (Result<void> finished = model_.finish(); !finished) return tl::unexpected(std::move(finished.error()));
  return std::make_shared<const Model>(std::move(model_));
}

}  // namespace

Result<ModelPointer> model_from(const Document& document) { return Reader(document).read(); }

Result<ModelPointer> read_model(const std::string& path) {
  Result<Document> document = read_document(path, Defects::keep);
  if (!document) return tl::unexpected(std::move(document.error()));
  return model_from(*document);
}

}  // namespace tiercut::model
