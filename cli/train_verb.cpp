// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/console.hpp"
#include "cli/interrupt.hpp"
#include "cli/verb.hpp"
#include "report/human.hpp"
#include "report/table.hpp"
#include "training/session/trainer.hpp"

namespace tiercut::cli {

namespace {

using training::AnswerMetrics;
using training::Training;
using training::TrainingOutcome;

// --epochs and --seed are values of the training file like any other.
std::vector<std::string> overrides_from(const Arguments& arguments) {
  std::vector<std::string> overrides = arguments.overrides;
  if (arguments.epochs) overrides.push_back("epochs=" + std::to_string(*arguments.epochs));
  if (arguments.seed) overrides.push_back("seed=" + std::to_string(*arguments.seed));
  return overrides;
}

// What repeats the training; where data and results lie, and how often it was interrupted, is left out.
std::string command_from(const Arguments& arguments) {
  std::string command = "tiercut train " + arguments.files.front();
  for (const std::string& assignment : overrides_from(arguments)) command += " --set " + assignment;
  return command;
}

std::string percent(double share) { return std::isfinite(share) ? fmt::format("{:.2f}", 100 * share) : "-"; }

std::string lost_text(const std::vector<std::string>& lost) {
  std::string text;
  for (const std::string& input : lost) text += (text.empty() ? "" : " ") + input;
  return text;
}

/// Accuracy of every answer; precision and the like where a branch tells one class from the rest.
std::string answers_text(const training::Evaluation& evaluation) {
  std::vector<const AnswerMetrics*> answers;
  for (const auto* group : {&evaluation.answers, &evaluation.layers})
    for (const AnswerMetrics& answer : *group) answers.push_back(&answer);
  const auto is_binary = [](const AnswerMetrics* answer) { return answer->confusion.classes() == 2; };
  const bool has_losses = std::ranges::any_of(answers, [](const auto* answer) { return !answer->lost.empty(); });
  const bool has_binary = std::ranges::any_of(answers, is_binary);
  using report::Align;
  std::vector<report::Column> columns = {{"answer"}, {"accuracy %", Align::right}};
  if (has_binary)
    for (const char* name : {"precision %", "recall %", "specificity %", "F1 %"})
      columns.push_back({name, Align::right});
  if (has_losses) columns.push_back({"lost"});
  report::Table table(std::move(columns));
  for (const AnswerMetrics* answer : answers) {
    std::vector<std::string> cells = {answer->name, percent(answer->confusion.accuracy())};
    if (is_binary(answer)) {
      const profiles::Confusion counts = answer->confusion.against_rest(1);
      for (const double share : {counts.precision(), counts.recall(), counts.specificity(), counts.f1()})
        cells.push_back(percent(share));
    }
    cells.resize(has_binary ? 6 : 2);
    if (has_losses) cells.push_back(lost_text(answer->lost));
    table.add(std::move(cells));
  }
  return table.to_text();
}

std::string result_text(const Training& training, const TrainingOutcome& outcome) {
  const training::Evaluation& evaluation = *outcome.evaluation;
  std::string text = fmt::format("{}: model {}, seed {}, {} epochs in {}\non {} test samples of {}\n\n{}\n",
                                 training.name, training.model->name, training.seed, outcome.epochs_done,
                                 report::format_duration(Seconds(outcome.seconds)),
                                 report::format_count(static_cast<std::int64_t>(evaluation.trace.size())),
                                 evaluation.trace.data, answers_text(evaluation));
  if (outcome.check.answers > 0)
    text += fmt::format("deployment kernels ({}): {} of {} answers the same, probabilities within {:.1e}\n",
                        outcome.check.backends, outcome.check.answers - outcome.check.differing, outcome.check.answers,
                        outcome.check.largest_gap);
  const training::OutputNames& files = outcome.files;
  return text + fmt::format("written: {}, {}, {}, {}\n", files.weights, files.trace, files.metrics, files.log);
}

std::string result_json(const Training& training, const TrainingOutcome& outcome) {
  nlohmann::ordered_json answers = nlohmann::ordered_json::array();
  for (const AnswerMetrics& answer : outcome.evaluation->answers)
    answers.push_back({{"name", answer.name}, {"lost", answer.lost}, {"accuracy", answer.confusion.accuracy()}});
  const nlohmann::ordered_json json = {{"training", training.name},
                                       {"model", training.model->name},
                                       {"seed", training.seed},
                                       {"epochs", outcome.epochs_done},
                                       {"seconds", outcome.seconds},
                                       {"answers", std::move(answers)},
                                       {"weights", outcome.files.weights},
                                       {"trace", outcome.files.trace},
                                       {"metrics", outcome.files.metrics},
                                       {"log", outcome.files.log},
                                       {"kernels_checked", outcome.check.answers},
                                       {"kernels_differing", outcome.check.differing}};
  return json.dump(2) + "\n";
}

Result<TrainingOutcome> train(const Training& training, const Arguments& arguments, Console& console) {
  training::TrainingOptions options;
  options.data_directory = arguments.data.value_or("");
  options.out_directory = arguments.out.value_or(".");
  options.is_resumed = arguments.is_resumed;
  options.command = command_from(arguments);

  Interruptible interruptible;
  report::Progress progress = console.progress("training " + training.name);
  training::TrainingHooks hooks;
  hooks.is_stopped = [&] { return interruptible.is_interrupted(); };
  hooks.say = [&](const std::string& what) { console.note(what); };
  hooks.progress = [&](const training::TrainingProgress& now) {
    progress.update(static_cast<std::int64_t>(now.done), static_cast<std::int64_t>(now.total), [&] {
      return fmt::format("epoch {} of {}, loss {:.4f}, accuracy {:.2f} %", now.epoch, now.epochs, now.loss,
                         100 * now.accuracy);
    });
  };
  return training::train(training, options, hooks);
}

}  // namespace

const Verb& train_verb() {
  static const Verb verb = {"train",
                            "train a model, and record what its exits say",
                            "TRAINING",
                            1,
                            1,
                            {{"--data", "DIR", "where the samples lie; goes before the file's", &Arguments::data},
                             {"--out", "DIR", "for weights, trace, metrics and log; default: here", &Arguments::out},
                             {"--epochs", "N", "instead of the file's", &Arguments::epochs, 1, 100'000},
                             {"--seed", "S", "of first weights and of the order of samples", &Arguments::seed},
                             {"--resume", "", "go on after the last whole epoch of a call", &Arguments::is_resumed}},
                            {"TRAINING is a file or the name of a shipped recipe; --set changes its values.",
                             "Interrupted, it keeps a checkpoint in DIR, and --resume ends as if it had not",
                             "been. The same seed gives the same weights, bit by bit, on one machine."},
                            {"train big-little/little --data mnist --set task.class=8",
                             "train big-little/little --data mnist --set task.class=8 --resume"},
                            run_train};
  return verb;
}

ExitStatus run_train(const Arguments& arguments, Console& console) {
  const auto training = training::read_training(arguments.files.front(), overrides_from(arguments));
  if (!training) return console.refuse(training.error());
  const auto outcome = train(**training, arguments, console);
  if (!outcome) return console.refuse(outcome.error());
  console.tell(outcome->warnings);
  if (outcome->is_interrupted) {
    console.note(outcome->epochs_done == 0 ? "interrupted before the first epoch was over; nothing is left of it"
                                           : fmt::format("interrupted after {} epochs; --resume goes on from '{}'",
                                                         outcome->epochs_done, outcome->files.checkpoint));
    return ExitStatus::interrupted;
  }
  return console.finish(arguments.is_json ? result_json(**training, *outcome) : result_text(**training, *outcome),
                        ExitStatus::yes);
}

}  // namespace tiercut::cli
