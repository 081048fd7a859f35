// SPDX-License-Identifier: Apache-2.0
#include "model/graph.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace tiercut::model {
namespace {

constexpr std::int64_t largest_total = std::int64_t{1} << 53;

/// Calls `mark` on `from` and what it needs; stops where `mark` says that a layer was seen before.
template <class Mark>
void walk_back(const Model& model, LayerId from, Mark mark) {
  // Not by descending ids: the reader asks before it knows that the graph is acyclic.
  std::vector<LayerId> open = {from};
  while (!open.empty()) {
    const LayerId id = open.back();
    open.pop_back();
    if (!mark(static_cast<std::size_t>(id))) continue;
    for (const LayerId input : model.layer(id).inputs) open.push_back(input);
  }
}

void mark_ancestors(const Model& model, LayerId from, std::vector<bool>& is_marked) {
  walk_back(model, from, [&](std::size_t id) {
    if (is_marked[id]) return false;
    is_marked[id] = true;
    return true;
  });
}

void check_dead_layers(const Model& model, Findings& findings) {
  std::vector<bool> is_needed(model.layers.size(), false);
  for (LayerId id = 0; id < model.layer_count(); ++id) {
    if (model.layer(id).type == LayerType::output) mark_ancestors(model, id, is_needed);
  }
  for (const Exit& exit : model.exits) mark_ancestors(model, exit.layer, is_needed);
  for (LayerId id = 0; id < model.layer_count(); ++id) {
    if (is_needed[static_cast<std::size_t>(id)]) continue;
    findings.push_back({id, -1, "name", "dead-layer",
                        fmt::format("layer `{}` leads to no answer", model.layer(id).name),
                        "name it as an input of a later layer, end it in an exit, or remove it"});
  }
}

/// What a layer gets, for who has to find where a shape went wrong.
std::string describe(const std::vector<const Layer*>& inputs) {
  std::string text;
  for (const Layer* input : inputs) {
    text += fmt::format("{}`{}` is {}", text.empty() ? "its input " : ", ", input->name, to_text(input->shape));
  }
  return text;
}

void check_answers(const Model& model, int index, int branch_classes, Findings& findings) {
  const Exit& exit = model.exits[static_cast<std::size_t>(index)];
  std::set<int> seen;
  if (exit.answers.empty()) {
    findings.push_back({-1, index, "answers", "bad-class-map",
                        fmt::format("exit `{}` may give no answer at all", exit.name), "list at least one class"});
  }
  for (const int answer : exit.answers) {
    if (answer < 0 || answer >= branch_classes) {
      findings.push_back({-1,
                          index,
                          "answers",
                          "bad-class-map",
                          fmt::format("exit `{}` answers class {}, its branch has classes 0 to {}", exit.name, answer,
                                      branch_classes - 1),
                          {}});
    } else if (static_cast<int>(exit.class_map.size()) == branch_classes &&
               exit.class_map[static_cast<std::size_t>(answer)] < 0) {
      findings.push_back({-1, index, "answers", "bad-class-map",
                          fmt::format("exit `{}` answers class {}, which maps to none", exit.name, answer),
                          "leave the class out of `answers`, or map it to a class of the model"});
    }
    if (!seen.insert(answer).second) {
      findings.push_back({-1,
                          index,
                          "answers",
                          "bad-class-map",
                          fmt::format("exit `{}` lists class {} twice", exit.name, answer),
                          {}});
    }
  }
}

void check_class_map(const Model& model, int index, int branch_classes, int model_classes, Findings& findings) {
  const Exit& exit = model.exits[static_cast<std::size_t>(index)];
  if (static_cast<int>(exit.class_map.size()) != branch_classes) {
    findings.push_back(
        {-1,
         index,
         "class_map",
         "bad-class-map",
         fmt::format("exit `{}` maps {} classes, its branch has {}", exit.name, exit.class_map.size(), branch_classes),
         {}});
    return;
  }
  for (int branch_class = 0; branch_class < branch_classes; ++branch_class) {
    const int mapped = exit.class_map[static_cast<std::size_t>(branch_class)];
    if (mapped >= -1 && mapped < model_classes) continue;
    findings.push_back({-1, index, "class_map", "bad-class-map",
                        fmt::format("exit `{}` maps class {} to {}, the model has classes 0 to {}", exit.name,
                                    branch_class, mapped, model_classes - 1),
                        "map it to `none` if the model has no such class"});
  }
}

}  // namespace

void derive_layers(std::vector<Layer>& layers, std::vector<bool>& is_sound, Findings& findings) {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    std::vector<const Layer*> inputs;
    for (const LayerId input : layers[i].inputs) {
      if (!is_sound[static_cast<std::size_t>(input)]) is_sound[i] = false;
      inputs.push_back(&layers[static_cast<std::size_t>(input)]);
    }
    if (!is_sound[i]) continue;
    std::string misfit = derive(layers[i], inputs);
    if (misfit.empty()) continue;
    is_sound[i] = false;
    findings.push_back({static_cast<LayerId>(i),
                        -1,
                        {},
                        "shape-mismatch",
                        fmt::format("layer `{}`: {}", layers[i].name, misfit),
                        describe(inputs)});
  }
}

void check_structure(const Model& model, bool has_all_edges, Findings& findings) {
  std::vector<LayerId> outputs;
  bool has_input = false;
  bool is_output_consumed = false;
  for (LayerId id = 0; id < model.layer_count(); ++id) {
    const Layer& layer = model.layer(id);
    has_input = has_input || layer.type == LayerType::input;
    if (layer.type == LayerType::output) outputs.push_back(id);
    for (const LayerId input : layer.inputs) {
      if (model.layer(input).type != LayerType::output) continue;
      is_output_consumed = true;
      findings.push_back(
          {id, -1, "input", "wrong-inputs",
           fmt::format("layer `{}` takes the Output `{}` as its input", layer.name, model.layer(input).name),
           "nothing may follow the Output; name the layer before it"});
    }
  }
  for (std::size_t i = 1; i < outputs.size(); ++i) {
    findings.push_back(
        {outputs[i], -1, "type", "several-outputs",
         fmt::format("`{}` is a second Output beside `{}`", model.layer(outputs[i]).name, model.layer(outputs[0]).name),
         "a model has one Output; answers before it are exits"});
  }
  if (!has_all_edges) return;
  if (!has_input) findings.push_back({-1, -1, {}, "missing-input", "the model has no Input layer", {}});
  if (outputs.empty()) {
    findings.push_back({-1,
                        -1,
                        {},
                        "missing-output",
                        "the model has no Output layer",
                        "add `- {name: answer, type: Output}` after the last layer"});
    return;
  }
  // What hangs behind an Output is dead as well, but was reported for its cause.
  if (!is_output_consumed) check_dead_layers(model, findings);
}

void check_exit(const Model& model, int index, Findings& findings) {
  const Exit& exit = model.exits[static_cast<std::size_t>(index)];
  const Layer& branch = model.layer(exit.layer);
  const Layer& output = model.layer(model.output());
  if (branch.type == LayerType::input || branch.type == LayerType::output) {
    findings.push_back({-1, index, "layer", "bad-exit",
                        fmt::format("exit `{}` is on the {} `{}`", exit.name, to_text(branch.type), branch.name),
                        "an exit ends a branch that scores classes"});
    return;
  }
  if (!output.inputs.empty() && output.inputs[0] == exit.layer) {
    findings.push_back(
        {-1, index, "layer", "bad-exit",
         fmt::format("exit `{}` is on `{}`, which already gives the final answer", exit.name, branch.name),
         "an exit answers before the Output does"});
    return;
  }
  const std::int64_t branch_classes = branch.shape.elements();
  if (branch_classes < 2 || branch_classes > most_classes) {
    findings.push_back({-1,
                        index,
                        "layer",
                        "bad-exit",
                        fmt::format("exit `{}` needs from 2 to 2^20 class scores, `{}` gives {}", exit.name,
                                    branch.name, branch_classes),
                        {}});
    return;
  }
  const auto model_classes = static_cast<int>(std::min(output.shape.elements(), most_classes));
  check_class_map(model, index, static_cast<int>(branch_classes), model_classes, findings);
  check_answers(model, index, static_cast<int>(branch_classes), findings);
}

void check_exits_differ(const Model& model, Findings& findings) {
  if (static_cast<int>(model.exits.size()) > most_exits) {
    findings.push_back({-1,
                        most_exits,
                        {},
                        "too-large",
                        fmt::format("{} exits are more than {}", model.exits.size(), most_exits),
                        {}});
  }
  std::set<std::string> names;
  std::map<LayerId, std::string> owners;
  for (std::size_t i = 0; i < model.exits.size(); ++i) {
    const Exit& exit = model.exits[i];
    if (!names.insert(exit.name).second) {
      findings.push_back(
          {-1, static_cast<int>(i), {}, "duplicate-name", fmt::format("exit `{}` is there twice", exit.name), {}});
    }
    const auto [owner, is_new] = owners.emplace(exit.layer, exit.name);
    if (is_new) continue;
    findings.push_back({-1,
                        static_cast<int>(i),
                        "layer",
                        "bad-exit",
                        fmt::format("exits `{}` and `{}` are on the same layer `{}`", owner->second, exit.name,
                                    model.layer(exit.layer).name),
                        {}});
  }
}

void check_totals(const Model& model, Findings& findings) {
  std::int64_t weights = 0, macs = 0;
  for (const Layer& layer : model.layers) {
    // Each count is at most 2^53, so neither sum can wrap before it is seen to be too large.
    weights = std::min(weights + layer.weights, largest_total + 1);
    macs = std::min(macs + layer.macs, largest_total + 1);
  }
  if (weights > largest_total || macs > largest_total) {
    findings.push_back({-1, -1, {}, "too-large", "weights or multiply-accumulates of the model are beyond 2^53", {}});
  }
}

std::vector<bool> ancestors_of(const Model& model, LayerId from) {
  std::vector<bool> is_ancestor(model.layers.size(), false);
  mark_ancestors(model, from, is_ancestor);
  return is_ancestor;
}

std::vector<int> levels_of(const Model& model) {
  const auto last = static_cast<int>(model.exits.size());
  std::vector<int> levels(model.layers.size(), last);
  for (int level = 0; level < last; ++level) {
    walk_back(model, model.exits[static_cast<std::size_t>(level)].layer, [&](std::size_t id) {
      if (levels[id] <= level) return false;
      levels[id] = level;
      return true;
    });
  }
  return levels;
}

}  // namespace tiercut::model
