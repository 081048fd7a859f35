// SPDX-License-Identifier: Apache-2.0
#include "training/session/loss_reader.hpp"

#include <fnmatch.h>

#include <algorithm>

namespace tiercut::training {
namespace {

using model::Exit;
using model::LayerId;
using model::Model;

void report(Diagnostics& diagnostics, std::string code, const Location& where, std::string message, std::string hint) {
  diagnostics.push_back({Severity::error, std::move(code), where, std::move(message), std::move(hint)});
}

int classes_of(const Model& model) {
  return static_cast<int>(model.layer(model.answer_layer(static_cast<int>(model.exits.size()))).shape.elements());
}

LossTerm term_of_exit(const Model& model, const Exit& exit) {
  return {exit.layer, 1, classes_for_exit(exit, classes_of(model))};
}

LossTerm term_of_answer(const Model& model) {
  return {model.answer_layer(static_cast<int>(model.exits.size())), 1, {}};
}

/// Terms that a name stands for; none when it stands for nothing.
std::vector<LossTerm> terms_named(const std::string& name, const Model& model) {
  for (const Exit& exit : model.exits)
    if (exit.name == name) return {term_of_exit(model, exit)};
  if (name == "final") return {term_of_answer(model)};
  std::vector<LossTerm> terms;
  for (LayerId id = 0; id < model.layer_count(); ++id) {
    if (::fnmatch(name.c_str(), model.layer(id).name.c_str(), 0) != 0) continue;
    const auto is_here = [&](const Exit& exit) { return exit.layer == id; };
    const auto exit = std::find_if(model.exits.begin(), model.exits.end(), is_here);
    terms.push_back(exit == model.exits.end() ? LossTerm{id, 1, {}} : term_of_exit(model, *exit));
  }
  return terms;
}

std::vector<std::string> input_names(const Model& model) {
  std::vector<std::string> names;
  for (const LayerId id : model.inputs()) names.push_back(model.layer(id).name);
  return names;
}

}  // namespace

Optimizer optimizer_from(const Node& node) {
  Optimizer optimizer;
  const bool is_sgd = at(node, "method").text == "sgd";
  optimizer.method = is_sgd ? Optimizer::Method::sgd : Optimizer::Method::adam;
  optimizer.rate = as_number(at(node, "rate"));
  optimizer.weight_decay = number_or(node, "weight_decay", 0);
  if (is_sgd) {
    optimizer.momentum = number_or(node, "momentum", optimizer.momentum);
    optimizer.is_nesterov = boolean_or(node, "nesterov", false);
  } else {
    optimizer.beta1 = number_or(node, "beta1", optimizer.beta1);
    optimizer.beta2 = number_or(node, "beta2", optimizer.beta2);
  }
  return optimizer;
}

std::vector<RateStep> schedule_from(const Node& node, Diagnostics& diagnostics) {
  std::vector<RateStep> steps;
  for (const Node& item : node.items) {
    const RateStep step{static_cast<int>(as_integer(at(item, "epoch"))), as_number(at(item, "rate"))};
    if (!steps.empty() && step.epoch <= steps.back().epoch)
      report(diagnostics, "bad-training", at(item, "epoch").where,
             "the steps of a schedule go forward, and epoch " + std::to_string(step.epoch) + " does not follow " +
                 std::to_string(steps.back().epoch),
             "list them by epoch");
    steps.push_back(step);
  }
  return steps;
}

std::vector<LossTerm> default_loss(const Model& model) {
  std::vector<LossTerm> terms;
  for (const Exit& exit : model.exits) terms.push_back(term_of_exit(model, exit));
  terms.push_back(term_of_answer(model));
  return terms;
}

std::vector<LossTerm> loss_from(const Node& node, const Model& model, Diagnostics& diagnostics) {
  std::vector<LossTerm> terms;
  for (const Node& item : node.items) {
    const Node& name = at(item, "layer");
    auto named = terms_named(name.text, model);
    if (named.empty()) {
      std::vector<std::string> known = {"final"};
      for (const Exit& exit : model.exits) known.push_back(exit.name);
      const std::string exits_and_final = list_words(known);
      for (const model::Layer& layer : model.layers) known.push_back(layer.name);
      const std::string guess = did_you_mean(name.text, known);
      report(diagnostics, "unknown-layer", name.where,
             "model '" + model.name + "' has no exit or layer '" + name.text + "'",
             guess.empty() ? "a layer of class scores, or " + exits_and_final : "did you mean '" + guess + "'?");
    }
    for (LossTerm& term : named) {
      term.weight = number_or(item, "weight", 1);
      const bool is_there =
          std::any_of(terms.begin(), terms.end(), [&](const LossTerm& other) { return other.layer == term.layer; });
      if (is_there)
        report(diagnostics, "duplicate-name", name.where,
               "the loss has two terms of layer '" + model.layer(term.layer).name + "'", "add their weights up");
      terms.push_back(std::move(term));
    }
  }
  return terms;
}

std::vector<int> classes_for_exit(const Exit& exit, int data_classes) {
  int none = -1;
  for (std::size_t branch = 0; branch < exit.class_map.size(); ++branch) {
    if (exit.class_map[branch] != -1) continue;
    if (none != -1) {
      none = -1;
      break;
    }
    none = static_cast<int>(branch);
  }
  std::vector<int> classes(static_cast<std::size_t>(data_classes), none);
  for (std::size_t branch = 0; branch < exit.class_map.size(); ++branch) {
    const int model_class = exit.class_map[branch];
    if (model_class >= 0 && model_class < data_classes)
      classes[static_cast<std::size_t>(model_class)] = static_cast<int>(branch);
  }
  return classes;
}

std::vector<std::vector<std::string>> losses_from(const Node& node, const Model& model, Diagnostics& diagnostics) {
  const std::vector<std::string> inputs = input_names(model);
  std::vector<std::vector<std::string>> losses;
  const auto add = [&](std::vector<std::string> lost) {
    if (std::find(losses.begin(), losses.end(), lost) == losses.end()) losses.push_back(std::move(lost));
  };
  for (const Node& item : node.items) {
    if (item.kind == NodeKind::scalar && inputs.size() < 2) continue;  // with the one input lost nothing answers
    if (item.text == "single" && item.kind == NodeKind::scalar) {
      for (const std::string& input : inputs) add({input});
    } else if (item.kind == NodeKind::scalar) {
      for (std::size_t left = inputs.size() - 1; left > 0; --left)
        add({inputs.begin() + static_cast<std::ptrdiff_t>(left), inputs.end()});
    } else {
      std::vector<std::string> lost;
      for (const Node& name : item.items) {
        if (std::find(inputs.begin(), inputs.end(), name.text) == inputs.end()) {
          const std::string guess = did_you_mean(name.text, inputs);
          report(diagnostics, "unknown-input", name.where,
                 "model '" + model.name + "' has no input '" + name.text + "'",
                 guess.empty() ? "inputs: " + list_words(inputs) : "did you mean '" + guess + "'?");
        }
      }
      for (const std::string& input : inputs) {  // in the model's order, so that a set has one form
        const auto is_it = [&](const Node& name) { return name.text == input; };
        if (std::any_of(item.items.begin(), item.items.end(), is_it)) lost.push_back(input);
      }
      if (lost.size() == inputs.size())
        report(diagnostics, "bad-training", item.where, "with every input lost there is nothing to answer",
               "leave one of them");
      add(std::move(lost));
    }
  }
  return losses;
}

}  // namespace tiercut::training
