// SPDX-License-Identifier: Apache-2.0
#include "training/session/training_file.hpp"

namespace tiercut::training {
namespace {

using Fields = std::vector<Field>;
using shape::integer;
using shape::list;
using shape::number;
using shape::text;
using shape::word;

constexpr double most_samples = 1e9;
constexpr double most_epochs = 100'000;
constexpr double most_rate = 100;

Field required(std::string key, ShapePointer shape, std::string meaning) {
  return {std::move(key), std::move(shape), true, std::move(meaning)};
}

Field optional(std::string key, ShapePointer shape, std::string meaning) {
  return {std::move(key), std::move(shape), false, std::move(meaning)};
}

Fields with_held_out(Fields fields) {
  fields.push_back(optional("held_out", number(0, 0.9), "Share of the samples that is kept for the test part."));
  fields.push_back(optional("split_seed", integer(0, 9e15), "Which samples those are; default 1."));
  return fields;
}

ShapePointer data() {
  const Field devices =
      optional("devices", list(integer(1, 6), 1),
               "Which of the six feed camera1, camera2, ...; default: the first, as many as the model has.");
  const Field classes = optional("classes", integer(2, most_samples), "Default: one more than the highest label.");
  const Fields common = {
      optional("directory", text(), "Where the files lie; --data goes before it."),
      optional("first", integer(1, most_samples), "Train on so many samples only, the first; default all."),
      optional("validation", number(0, 0.9), "Share of the training samples that only measures; default 0."),
      optional("scaling", word({"unit", "standardized"}),
               "unit (default): bytes become 0 to 1; standardized: then (x - mean) / deviation."),
      optional("mean", number(-1e6, 1e6), "Of the values, for standardized."),
      optional("deviation", number(1e-9, 1e6), "Of the values, for standardized."),
      optional("shift", integer(0, 64),
               "Training images move by up to so many pixels each way, anew each epoch; default 0."),
  };
  return shape::tagged(
      "format", common,
      {{"mnist", {}},
       {"mnist-six", {devices}},
       {"mvmc", with_held_out({devices})},
       {"idx", with_held_out({required("files", list(text(), 2), "Images, then labels."),
                              optional("test_files", list(text(), 2), "The same of the test part."), classes})},
       {"npz", with_held_out({required("file", text(), "The archive."),
                              optional("test_file", text(), "The archive of the test part."),
                              required("arrays", shape::map(text(), 1), "Input to array; its first extent is samples."),
                              required("labels", text(), "The array of classes."), classes})}});
}

ShapePointer loss() {
  return list(
      shape::record({
          required("layer", text(),
                   "An exit, a layer of class scores, or `final`; a name with * stands for all layers it fits."),
          optional("weight", number(0, 1e6), "Default 1."),
      }),
      1);
}

ShapePointer optimizer() {
  const ShapePointer decay_of_moment = number(0, 0.999999);
  return shape::tagged(
      "method",
      {required("rate", number(1e-9, most_rate), "Learning rate."),
       optional("weight_decay", number(0, 1), "L2, on weights alone; default 0.")},
      {{"sgd",
        {optional("momentum", decay_of_moment, "Default 0.9."),
         optional("nesterov", shape::boolean(), "Nesterov's momentum; default false.")}},
       {"adam",
        {optional("beta1", decay_of_moment, "Default 0.9."), optional("beta2", decay_of_moment, "Default 0.999.")}}});
}

ShapePointer schedule() {
  return list(shape::record({
      required("epoch", integer(1, most_epochs), "From this epoch on; of the stage, where there are stages."),
      required("rate", number(1e-9, most_rate), "Learning rate."),
  }));
}

ShapePointer stages() {
  return list(shape::record({
                  required("name", text(), "What this stage trains."),
                  required("epochs", integer(1, most_epochs), "How often it sees all samples."),
                  optional("loss", loss(), "Default: that of the file."),
                  optional("optimizer", optimizer(), "Default: that of the file. Its moments begin at zero."),
                  optional("schedule", schedule(), "Default: none."),
                  optional("batch", integer(1, 1e6), "Default: that of the file."),
              }),
              1);
}

ShapePointer trace() {
  return shape::record({
      optional("measure", word({"normalized_entropy", "max_probability", "margin"}),
               "What exits are asked by; default normalized_entropy."),
      optional("calibration", number(0, 1), "Share of the test samples that thresholds are chosen on; default 0.5."),
      optional("losses", list(shape::either({word({"single", "counts"}), list(text(), 1)})),
               "Also record answers with inputs lost: each single one, the first 1, 2, ... alone, or the listed ones."),
  });
}

ShapePointer outputs() {
  return shape::record({
      optional("weights", text(), "Default: the file's name with .weights."),
      optional("trace", text(), "Default: with .exits."),
      optional("metrics", text(), "Default: with .metrics.json."),
      optional("log", text(), "Default: with .log.jsonl, a line an epoch."),
  });
}

}  // namespace

const Format& training_format() {
  static const Format format = make_format(
      "tiercut/training/1", "How a model is trained",
      {
          required("name", text(), "What the training is called; outputs are named after it."),
          optional("description", text(), "One sentence on what it is for."),
          optional("notes", list(text(), 1), "What a reader should know."),
          required("model", text(), "A model file, relative to this one, or the name of a shipped model."),
          required("data", data(), "The samples."),
          optional("task",
                   shape::record({required("class", integer(0, 1e6),
                                           "This class against all others: it becomes class 1, they become class 0.")}),
                   "What is to be told apart; default: all classes."),
          optional("loss", loss(), "Terms of the loss; default: every exit and the final answer, with weight 1."),
          required("optimizer", optimizer(), "How weights follow the gradient."),
          required("batch", integer(1, 1e6), "Samples a step."),
          optional("epochs", integer(1, most_epochs), "How often all samples are seen; or give `stages`."),
          optional("schedule", schedule(), "Changes of the learning rate."),
          optional("stages", stages(), "Trainings one after the other, each going on from the last one's weights."),
          optional("seed", integer(0, 9e15), "Of first weights and of the order of samples; default 1."),
          optional("trace", trace(), "What the exit trace records."),
          optional("check_samples", integer(0, most_samples),
                   "Test samples that are also answered by the deployment kernels from the written file; default 100."),
          optional("outputs", outputs(), "Names of the files written."),
      });
  return format;
}

}  // namespace tiercut::training
