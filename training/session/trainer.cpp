// SPDX-License-Identifier: Apache-2.0
#include "training/session/trainer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <numeric>

#include "core/files.hpp"
#include "kernels/weights_file.hpp"
#include "training/session/checkpoint.hpp"
#include "training/session/sample_order.hpp"
#include "training/session/training_report.hpp"

namespace tiercut::training {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

OutputNames in_folder(const OutputNames& names, const std::string& folder) {
  const auto path = [&](const std::string& name) { return (fs::path(folder) / name).string(); };
  return {path(names.weights), path(names.trace), path(names.metrics), path(names.log), path(names.checkpoint)};
}

/// Classes that the data has and every term of the loss can name.
Result<void> check_classes(const Training& training, const Dataset& data) {
  Diagnostics misfits;
  const model::Model& model = *training.model;
  const auto misfit = [&](const model::Layer& layer, std::int64_t classes) {
    misfits.push_back({Severity::error, "data-misfit", training.data.where,
                       fmt::format("layer '{}' of model '{}' tells {} classes apart, the data '{}' has {}", layer.name,
                                   model.name, classes, data.name, data.classes),
                       data.classes == 2 ? "leave out `task`, or take a model of two classes"
                                         : "`task: {class: N}` makes it one class against the rest"});
  };
  for (const Stage& stage : training.stages) {
    for (const LossTerm& term : stage.loss) {
      const model::Layer& layer = model.layer(term.layer);
      const auto classes =
          term.class_map.empty() ? layer.shape.elements() : static_cast<std::int64_t>(term.class_map.size());
      if (classes != data.classes) misfit(layer, classes);
    }
    if (!misfits.empty()) return tl::unexpected(std::move(misfits));
  }
  return {};
}

/// One training, from reading data to writing results.
class Trainer {
 public:
  Trainer(const Training& training, const TrainingOptions& options, const TrainingHooks& hooks)
      : training_(training), options_(options), hooks_(hooks) {
    outcome_.files = in_folder(training.outputs, options.out_directory);
  }

  Result<TrainingOutcome> run() {
    for (const auto& step : {&Trainer::prepare_files, &Trainer::load_data, &Trainer::begin}) {
      if (auto done = (this->*step)(); !done) return tl::unexpected(std::move(done.error()));
    }
    if (auto done = train_stages(); !done) return tl::unexpected(std::move(done.error()));
    if (outcome_.is_interrupted) return std::move(outcome_);
    if (auto done = finish(); !done) return tl::unexpected(std::move(done.error()));
    return std::move(outcome_);
  }

 private:
  bool is_stopped() const { return hooks_.is_stopped && hooks_.is_stopped(); }

  void say(const std::string& what) const {
    if (hooks_.say) hooks_.say(what);
  }

  /// Long training must not end at a file that cannot be written.
  Result<void> prepare_files() {
    std::error_code error;
    fs::create_directories(options_.out_directory, error);
    const OutputNames& files = outcome_.files;
    for (const std::string& path : {files.weights, files.trace, files.metrics, files.log, files.checkpoint}) {
      if (auto file = AtomicFile::create(path); !file) return tl::unexpected(std::move(file.error()));
    }
    return {};
  }

  Result<Dataset> load(DataRequest request) const {
    if (!options_.data_directory.empty())
      request.directory = options_.data_directory;
    else if (!request.directory.empty())
      request.directory = (fs::path(training_.file).parent_path() / request.directory).string();
    return load_dataset(request);
  }

  Result<void> load_data() {
    auto data = load(training_.data);
    auto test = load(training_.test_data());
    Diagnostics failures;
    if (!data) failures = std::move(data.error());
    if (!test && failures.empty()) failures = std::move(test.error());  // a missing set is told of once
    if (!failures.empty()) return tl::unexpected(std::move(failures));
    data_ = std::move(*data);
    test_ = std::move(*test);
    if (auto fits = check_classes(training_, data_); !fits) return fits;
    for (const Dataset* part : {&data_, &test_}) {
      if (auto matched = matched_inputs(*training_.model, *part); !matched)
        return tl::unexpected(std::move(matched.error()));
    }
    if (training_.shift > 0) {
      if (!Shifter::can_move(data_))
        return fail("data-misfit", "`shift` moves images, and the data '" + data_.name + "' is none", "leave it out",
                    training_.data.where);
      shifter_.emplace(data_, training_.shift, training_.seed);
    }
    origin_ = data_.origin == test_.origin ? data_.origin : data_.origin + "; " + test_.origin;
    split_ = split_indices(data_.size(), training_.validation, training_.seed, "training/validation");
    return {};
  }

  Result<Network> network_of(std::size_t stage) const {
    return Network::make(*training_.model, training_.stages[stage].loss, training_.stages[stage].optimizer,
                         training_.seed);
  }

  /// The settings that a checkpoint must share.
  std::string settings() const { return training_.settings + " " + sha256(origin_); }

  Result<void> begin() {
    if (!options_.is_resumed) {
      std::error_code ignored;
      if (fs::exists(outcome_.files.checkpoint, ignored))
        say("'" + outcome_.files.checkpoint + "' of an interrupted call is not used; --resume would go on from it");
      auto network = network_of(0);
      if (!network) return tl::unexpected(std::move(network.error()));
      network_.emplace(std::move(*network));
      return {};
    }
    auto checkpoint = read_checkpoint(outcome_.files.checkpoint);
    if (!checkpoint) {
      if (checkpoint.error().front().code != "file-not-found") return tl::unexpected(std::move(checkpoint.error()));
      return fail("nothing-to-resume", "there is no '" + outcome_.files.checkpoint + "' to go on from",
                  "leave out --resume", {outcome_.files.checkpoint, 0, 0, {}});
    }
    return resume(std::move(*checkpoint));
  }

  Result<void> resume(Checkpoint checkpoint) {
    const bool is_same = checkpoint.settings == settings() && checkpoint.stage < training_.stages.size() &&
                         checkpoint.epoch <= training_.stages[checkpoint.stage].epochs;
    if (!is_same)
      return fail("other-settings", "'" + outcome_.files.checkpoint + "' is of another training, or of other data",
                  "repeat its training file and options, or leave out --resume");
    auto network = network_of(checkpoint.stage);
    if (!network) return tl::unexpected(std::move(network.error()));
    if (auto set = network->set_state(checkpoint.state); !set) return tl::unexpected(std::move(set.error()));
    network_.emplace(std::move(*network));
    stage_ = checkpoint.stage;
    epoch_ = checkpoint.epoch;
    for (std::size_t i = 0; i < stage_; ++i) outcome_.epochs_done += training_.stages[i].epochs;
    outcome_.epochs_done += epoch_;
    outcome_.seconds = checkpoint.seconds;
    log_ = std::move(checkpoint.log);
    return {};
  }

  Result<void> train_stages() {
    while (true) {
      while (epoch_ < training_.stages[stage_].epochs) {
        if (auto done = train_epoch(); !done) return tl::unexpected(explained(std::move(done.error())));
        if (outcome_.is_interrupted) return {};
      }
      if (stage_ + 1 == training_.stages.size()) return {};
      if (auto next = next_stage(); !next) return next;
    }
  }

  /// The next stage's network goes on from the values of this one, binary layers' real weights included; the
  /// optimiser's moments begin anew.
  Result<void> next_stage() {
    auto next = network_of(++stage_);
    if (!next) return tl::unexpected(std::move(next.error()));
    if (auto set = next->set_weights(network_->weights()); !set) return set;
    for (model::LayerId id = 0; id < training_.model->layer_count(); ++id) {
      const auto from = network_->parameters(id);
      std::copy(from.begin(), from.end(), next->parameters(id).begin());
    }
    *network_ = std::move(*next);
    epoch_ = 0;
    return {};
  }

  Result<void> train_epoch() {
    const Clock::time_point start = Clock::now();
    const Stage& stage = training_.stages[stage_];
    const auto turn = static_cast<std::uint64_t>(outcome_.epochs_done);
    const auto order = shuffled(split_.others, training_.seed, "training/order", turn);
    EpochRecord record;
    record.epoch = outcome_.epochs_done + 1;
    record.stage = stage.name;
    record.stage_epoch = epoch_ + 1;
    record.rate = stage.rate_in(epoch_ + 1);
    network_->set_rate(record.rate);
    Sums sums(stage.loss.size());
    for (std::size_t first = 0; first < order.size(); first += stage.batch) {
      if (is_stopped()) {
        outcome_.is_interrupted = true;
        return {};
      }
      const auto samples = std::span(order).subspan(first, std::min(stage.batch, order.size() - first));
      auto result = step(samples, turn);
      if (!result) return tl::unexpected(std::move(result.error()));
      sums.add(*result, samples.size());
      show(sums, order.size());
    }
    fill(record, sums);
    record.seconds = seconds_since(start);
    return end_epoch(record);
  }

  Result<StepResult> step(std::span<const std::size_t> samples, std::uint64_t turn) {
    if (!shifter_) return network_->step({data_, samples});
    const Dataset& moved = shifter_->moved(samples, turn);
    while (first_.size() < samples.size()) first_.push_back(first_.size());
    return network_->step({moved, std::span(first_).first(samples.size())});
  }

  /// What the steps of an epoch said, together.
  struct Sums {
    explicit Sums(std::size_t terms) : term_loss(terms), correct(terms), counted(terms) {}
    void add(const StepResult& result, std::size_t count) {
      samples += count;
      loss += result.loss * static_cast<double>(count);
      for (std::size_t i = 0; i < term_loss.size(); ++i) {
        term_loss[i] += result.term_loss[i] * static_cast<double>(count);
        correct[i] += result.correct[i];
        counted[i] += result.counted[i];
      }
    }
    double accuracy(std::size_t term) const {
      return static_cast<double>(correct[term]) / static_cast<double>(std::max<std::size_t>(1, counted[term]));
    }
    double mean(double sum) const { return sum / static_cast<double>(std::max<std::size_t>(1, samples)); }
    std::size_t samples = 0;
    double loss = 0;
    std::vector<double> term_loss;
    std::vector<std::size_t> correct, counted;
  };

  void show(const Sums& sums, std::size_t epoch_samples) const {
    if (!hooks_.progress) return;
    TrainingProgress progress;
    progress.epochs = training_.epochs();
    progress.epoch = outcome_.epochs_done + 1;
    progress.total = epoch_samples * static_cast<std::size_t>(progress.epochs);
    progress.done = epoch_samples * static_cast<std::size_t>(outcome_.epochs_done) + sums.samples;
    progress.loss = sums.mean(sums.loss);
    progress.accuracy = sums.accuracy(shown_term());
    hooks_.progress(progress);
  }

  std::size_t shown_term() const {
    const auto& loss = training_.stages[stage_].loss;
    const model::LayerId last = training_.model->answer_layer(static_cast<int>(training_.model->exits.size()));
    for (std::size_t i = 0; i < loss.size(); ++i)
      if (loss[i].layer == last) return i;
    return loss.size() - 1;
  }

  void fill(EpochRecord& record, const Sums& sums) {
    record.samples = sums.samples;
    record.loss = sums.mean(sums.loss);
    const auto& loss = training_.stages[stage_].loss;
    for (std::size_t i = 0; i < loss.size(); ++i) {
      EpochRecord::Term term{
          training_.model->layer(loss[i].layer).name, sums.mean(sums.term_loss[i]), sums.accuracy(i), {}};
      if (!split_.chosen.empty()) term.validation = accuracy_of(*network_, data_, split_.chosen, loss[i]);
      record.terms.push_back(std::move(term));
    }
  }

  Result<void> end_epoch(const EpochRecord& record) {
    ++epoch_;
    ++outcome_.epochs_done;
    outcome_.seconds += record.seconds;
    log_ += to_json_line(record);
    if (auto written = write_file(outcome_.files.log, log_); !written) return written;
    return write_checkpoint(outcome_.files.checkpoint,
                            {settings(), stage_, epoch_, outcome_.seconds, log_, network_->state()});
  }

  std::string provenance() const { return provenance_of(training_, options_.command, origin_, outcome_.epochs_done); }

  Result<void> write_weights() const {
    return kernels::write_weights(outcome_.files.weights, *training_.model,
                                  {training_.model->name, provenance(), network_->weights()});
  }

  /// Adds where it happened and what is left, and saves the last good weights of a loss that is no number.
  Diagnostics explained(Diagnostics errors) {
    for (Diagnostic& error : errors) {
      if (error.code != "loss-not-finite") continue;
      error.message = fmt::format("epoch {} of {}: ", outcome_.epochs_done + 1, training_.epochs()) + error.message;
      error.where.file = training_.file;
      const std::string kept = keep_last_good();
      error.hint += (error.hint.empty() ? "" : "; ") + kept;
    }
    return errors;
  }

  std::string keep_last_good() {
    if (outcome_.epochs_done == 0) return "no epoch was completed, so no weights are written";
    auto checkpoint = read_checkpoint(outcome_.files.checkpoint);
    if (!checkpoint || !network_->set_state(checkpoint->state) || !write_weights())
      return "the weights of the last whole epoch could not be written";
    return fmt::format("the weights of epoch {} are in '{}'", outcome_.epochs_done, outcome_.files.weights);
  }

  Result<void> finish() {
    auto evaluation = evaluate_network(*network_, training_, test_, hooks_.is_stopped);
    if (!evaluation) {
      outcome_.is_interrupted = true;
      return {};
    }
    evaluation->trace.provenance = {profiles::Origin::measured, provenance(), 1};
    if (auto written = write_weights(); !written) return written;
    if (auto written = profiles::write_exit_trace(outcome_.files.trace, evaluation->trace); !written) return written;
    if (training_.check_samples > 0) {
      auto check =
          check_deployment(*network_, *training_.model, test_, outcome_.files.weights, training_.check_samples);
      if (!check) return tl::unexpected(std::move(check.error()));
      outcome_.check = std::move(*check);
      warn_of_differences();
    }
    const std::string metrics = metrics_json(training_, *evaluation, options_.command, origin_);
    if (auto written = write_file(outcome_.files.metrics, metrics); !written) return written;
    outcome_.evaluation = std::move(*evaluation);
    std::error_code ignored;
    fs::remove(outcome_.files.checkpoint, ignored);
    return {};
  }

  void warn_of_differences() {
    const DeploymentCheck& check = outcome_.check;
    if (check.differing == 0) return;
    outcome_.warnings.push_back(
        {Severity::warning,
         "kernels-differ",
         {outcome_.files.weights, 0, 0, {}},
         fmt::format("{} of {} answers of the deployment kernels ({}) name another class than the trained network",
                     check.differing, check.answers, check.backends),
         fmt::format("probabilities differ by up to {:.2g}; where two classes are that near, either may win",
                     check.largest_gap)});
  }

  const Training& training_;
  const TrainingOptions& options_;
  const TrainingHooks& hooks_;
  Dataset data_, test_;
  std::string origin_;
  IndexSplit split_;  // chosen: for validation
  std::optional<Shifter> shifter_;
  std::vector<std::size_t> first_;  // 0, 1, 2, ...: samples of a shifted batch
  std::optional<Network> network_;
  std::size_t stage_ = 0;
  int epoch_ = 0;  // whole ones of the stage
  std::string log_;
  TrainingOutcome outcome_;
};

}  // namespace

Result<TrainingOutcome> train(const Training& training, const TrainingOptions& options, const TrainingHooks& hooks) {
  return Trainer(training, options, hooks).run();
}

}  // namespace tiercut::training
