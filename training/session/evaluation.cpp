// SPDX-License-Identifier: Apache-2.0
#include "training/session/evaluation.hpp"

#include <algorithm>
#include <numeric>

#include "kernels/confidence.hpp"
#include "training/session/loss_reader.hpp"
#include "training/session/sample_order.hpp"

namespace tiercut::training {
namespace {

using model::LayerId;
using model::Model;

constexpr std::size_t samples_at_once = 500;

/// What a layer is asked for, and what would be right.
struct Question {
  std::string name;
  LayerId layer = 0;
  std::vector<int> wanted;     // data class -> class of the layer, -1: does not count
  std::vector<int> answers;    // of the layer's classes
  std::vector<int> class_map;  // class of the layer -> class of the model
  std::vector<std::string> lost;
};

std::vector<int> up_to(int count) {
  std::vector<int> classes(static_cast<std::size_t>(count));
  std::iota(classes.begin(), classes.end(), 0);
  return classes;
}

int classes_of(const Model& model, LayerId layer) { return static_cast<int>(model.layer(layer).shape.elements()); }

std::vector<Question> questions_of(const Model& model, int data_classes) {
  std::vector<Question> questions;
  for (const model::Exit& exit : model.exits)
    questions.push_back(
        {exit.name, exit.layer, classes_for_exit(exit, data_classes), exit.answers, exit.class_map, {}});
  const LayerId last = model.answer_layer(static_cast<int>(model.exits.size()));
  const std::vector<int> all = up_to(classes_of(model, last));
  questions.push_back({"final", last, up_to(data_classes), all, all, {}});
  return questions;
}

std::vector<bool> present_without(const Model& model, const std::vector<std::string>& lost) {
  if (lost.empty()) return {};
  std::vector<bool> present;
  for (const LayerId input : model.inputs())
    present.push_back(std::find(lost.begin(), lost.end(), model.layer(input).name) == lost.end());
  return present;
}

std::size_t largest(std::span<const float> scores) {
  return static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

profiles::TracedScore score_of(std::span<const float> probabilities) {
  return {static_cast<int>(largest(probabilities)), static_cast<float>(kernels::normalized_entropy(probabilities)),
          static_cast<float>(kernels::max_probability(probabilities)),
          static_cast<float>(kernels::margin(probabilities))};
}

/// Calls `visit(sample, probabilities)` for all samples. False when stopped.
template <class Visit>
bool ask(Network& network, const Dataset& data, std::span<const std::size_t> samples, LayerId layer,
         const std::vector<bool>& present, const StopQuestion& is_stopped, Visit&& visit) {
  for (std::size_t first = 0; first < samples.size(); first += samples_at_once) {
    if (is_stopped && is_stopped()) return false;
    const auto some = samples.subspan(first, std::min(samples_at_once, samples.size() - first));
    const std::vector<float> all = network.probabilities({data, some}, layer, present);
    const std::size_t classes = all.size() / some.size();
    for (std::size_t i = 0; i < some.size(); ++i) visit(some[i], std::span(all).subspan(i * classes, classes));
  }
  return true;
}

std::vector<std::size_t> all_samples(const Dataset& data) {
  std::vector<std::size_t> samples(data.size());
  std::iota(samples.begin(), samples.end(), std::size_t{0});
  return samples;
}

class Evaluator {
 public:
  Evaluator(Network& network, const Training& training, const Dataset& data, const StopQuestion& is_stopped)
      : network_(network), model_(*training.model), data_(data), is_stopped_(is_stopped), samples_(all_samples(data)) {
    prepare_trace(training);
  }

  std::optional<Evaluation> evaluate(const Training& training) {
    std::vector<std::vector<std::string>> losses = {{}};
    losses.insert(losses.end(), training.trace.losses.begin(), training.trace.losses.end());
    for (const auto& lost : losses) {
      for (Question& question : questions_of(model_, data_.classes)) {
        question.lost = lost;
        if (!ask_for_answer(question)) return std::nullopt;
      }
    }
    for (const LossTerm& term : training.stages.back().loss) {
      const auto questions = questions_of(model_, data_.classes);
      const auto is_asked = [&](const Question& question) { return question.layer == term.layer; };
      if (std::any_of(questions.begin(), questions.end(), is_asked)) continue;
      if (!ask_layer(term)) return std::nullopt;
    }
    return std::move(result_);
  }

 private:
  void prepare_trace(const Training& training) {
    profiles::ExitTrace& trace = result_.trace;
    trace.name = training.name;
    trace.model = model_.name;
    trace.data = data_.name + ", test part";
    trace.classes = data_.classes;
    trace.measure = training.trace.measure;
    trace.labels = data_.labels;
    trace.ids.resize(data_.size());
    std::iota(trace.ids.begin(), trace.ids.end(), 0U);
    trace.parts.assign(data_.size(), profiles::TracePart::test);
    // The same samples whatever the seed, so that trainings can be compared.
    for (const std::size_t sample :
         split_indices(data_.size(), training.trace.calibration, 0, "training/calibration").chosen)
      trace.parts[sample] = profiles::TracePart::calibration;
  }

  bool ask_for_answer(const Question& question) {
    AnswerMetrics metrics{question.name, question.lost, ConfusionMatrix(classes_of(model_, question.layer))};
    std::vector<profiles::TracedScore> scores(data_.size());
    const bool is_done = ask(network_, data_, samples_, question.layer, present_without(model_, question.lost),
                             is_stopped_, [&](std::size_t sample, std::span<const float> probabilities) {
                               scores[sample] = score_of(probabilities);
                               const int wanted = question.wanted[static_cast<std::size_t>(data_.labels[sample])];
                               if (wanted >= 0) metrics.confusion.add(wanted, scores[sample].predicted);
                             });
    if (!is_done) return false;
    result_.answers.push_back(std::move(metrics));
    result_.trace.answers.push_back({question.name, question.answers, question.class_map, question.lost});
    result_.trace.scores.push_back(std::move(scores));
    return true;
  }

  bool ask_layer(const LossTerm& term) {
    AnswerMetrics metrics{model_.layer(term.layer).name, {}, ConfusionMatrix(classes_of(model_, term.layer))};
    const bool is_done = ask(network_, data_, samples_, term.layer, {}, is_stopped_,
                             [&](std::size_t sample, std::span<const float> probabilities) {
                               const int label = data_.labels[sample];
                               const int wanted =
                                   term.class_map.empty() ? label : term.class_map[static_cast<std::size_t>(label)];
                               if (wanted >= 0) metrics.confusion.add(wanted, static_cast<int>(largest(probabilities)));
                             });
    if (is_done) result_.layers.push_back(std::move(metrics));
    return is_done;
  }

  Network& network_;
  const Model& model_;
  const Dataset& data_;
  const StopQuestion& is_stopped_;
  std::vector<std::size_t> samples_;
  Evaluation result_;
};

}  // namespace

std::optional<Evaluation> evaluate_network(Network& network, const Training& training, const Dataset& data,
                                           const StopQuestion& is_stopped) {
  return Evaluator(network, training, data, is_stopped).evaluate(training);
}

double accuracy_of(Network& network, const Dataset& data, std::span<const std::size_t> samples, const LossTerm& term) {
  std::size_t right = 0, counted = 0;
  ask(network, data, samples, term.layer, {}, {}, [&](std::size_t sample, std::span<const float> probabilities) {
    const int label = data.labels[sample];
    const int wanted = term.class_map.empty() ? label : term.class_map[static_cast<std::size_t>(label)];
    if (wanted < 0) return;
    ++counted;
    right += largest(probabilities) == static_cast<std::size_t>(wanted) ? 1 : 0;
  });
  return static_cast<double>(right) / static_cast<double>(counted);
}

}  // namespace tiercut::training
