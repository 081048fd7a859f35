// SPDX-License-Identifier: Apache-2.0
#include "training/session/trainer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cmath>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/files.hpp"
#include "kernels/weights_file.hpp"
#include "made_digits.hpp"

namespace tiercut::training {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

TrainingOptions options_for(const ScratchFolder& folder, const std::string& out, bool is_resumed = false) {
  return {folder.path(), folder.folder(out), is_resumed, "tiercut train t.yaml"};
}

std::string bytes_of(const std::string& path) {
  const auto bytes = read_file(path);
  return bytes ? *bytes : "absent: " + path;
}

struct Results {
  std::string weights, trace, metrics;
  bool operator==(const Results&) const = default;
};

Results results_in(const TrainingOutcome& outcome) {
  return {bytes_of(outcome.files.weights), bytes_of(outcome.files.trace), bytes_of(outcome.files.metrics)};
}

TrainingOutcome trained(const Training& training, const TrainingOptions& options, const TrainingHooks& hooks = {}) {
  auto outcome = train(training, options, hooks);
  EXPECT_TRUE(outcome) << to_text(outcome.error());
  return outcome ? std::move(*outcome) : TrainingOutcome{};
}

/// Stops at the n-th time that it is asked.
TrainingHooks stopped_after(int questions) {
  return {.is_stopped = [left = std::make_shared<int>(questions)] { return --*left < 0; }};
}

const char* const two_stages = R"(
seed: 3
stages:
  - {name: trunk, epochs: 2, loss: [{layer: final}]}
  - {name: both, epochs: 2, optimizer: {method: adam, rate: 0.01}, schedule: [{epoch: 2, rate: 0.001}]}
)";

TEST(Trainer, LearnsAndWritesWhatItMeasured) {
  const ScratchFolder folder;
  const auto training = make_training(folder, "epochs: 12\ndata.x: 1\n");
  ASSERT_FALSE(training);  // the format is strict here too
  const auto good = make_training(folder, "epochs: 12\n", {"data.validation=0.1"});
  ASSERT_TRUE(good) << to_text(good.error());
  const TrainingOutcome outcome = trained(**good, options_for(folder, "out"));
  ASSERT_TRUE(outcome.evaluation);
  EXPECT_EQ(outcome.epochs_done, 12);
  // A quadrant is bright or not; the classes are well apart.
  EXPECT_GE(outcome.evaluation->answers[0].confusion.accuracy(), 0.95);
  EXPECT_GE(outcome.evaluation->answers[1].confusion.accuracy(), 0.95);
  EXPECT_EQ(outcome.check.answers, 2u * 80u);
  EXPECT_EQ(outcome.check.differing, 0u);
  EXPECT_LT(outcome.check.largest_gap, 1e-5);
  EXPECT_FALSE(fs::exists(outcome.files.checkpoint));

  const auto weights = kernels::read_weights(outcome.files.weights, *(*good)->model);
  ASSERT_TRUE(weights) << to_text(weights.error());
  EXPECT_THAT(weights->provenance, HasSubstr("seed 1; 12 epochs"));
  const auto trace = profiles::read_exit_trace(outcome.files.trace);
  ASSERT_TRUE(trace) << to_text(trace.error());
  const auto metrics = nlohmann::json::parse(bytes_of(outcome.files.metrics));
  for (std::size_t answer = 0; answer < 2; ++answer) {
    int right = 0;
    for (std::size_t i = 0; i < (*trace)->size(); ++i) right += (*trace)->is_right(answer, i) ? 1 : 0;
    EXPECT_DOUBLE_EQ(metrics["answers"][answer]["accuracy"], right / 80.0);
  }
  std::istringstream log(bytes_of(outcome.files.log));
  int lines = 0;
  double first = 0, last = 0;
  for (std::string line; std::getline(log, line); ++lines) {
    const auto epoch = nlohmann::json::parse(line);
    EXPECT_EQ(epoch["epoch"], lines + 1);
    EXPECT_EQ(epoch["samples"], 216);  // 240 less a tenth
    EXPECT_GE(epoch["terms"][0]["validation_accuracy"], 0);
    (lines == 0 ? first : last) = epoch["loss"];
  }
  EXPECT_EQ(lines, 12);
  EXPECT_LT(last, first / 2);
}

TEST(Trainer, IsDecidedByItsSeed) {
  const ScratchFolder folder;
  const auto training = make_training(folder, two_stages, {"data.shift=1"});
  const auto other = make_training(folder, two_stages, {"data.shift=1", "seed=4"});
  const Results once = results_in(trained(**training, options_for(folder, "a")));
  EXPECT_EQ(once, results_in(trained(**training, options_for(folder, "b"))));
  EXPECT_NE(once.weights, results_in(trained(**other, options_for(folder, "c"))).weights);
}

// 15 steps an epoch, four epochs: interrupted at every step once, and resumed, it ends as if it had not been.
TEST(Trainer, ResumedAnywhereIsBitIdentical) {
  const ScratchFolder folder;
  const auto training = make_training(folder, two_stages, {"data.shift=1", "data.validation=0.05"});
  ASSERT_TRUE(training) << to_text(training.error());
  const Results whole = results_in(trained(**training, options_for(folder, "whole")));
  int interrupted = 0;
  for (int questions = 0; questions < 64; questions += 3) {
    const std::string out = "at" + std::to_string(questions);
    TrainingOutcome outcome = trained(**training, options_for(folder, out), stopped_after(questions));
    if (outcome.is_interrupted) {
      ++interrupted;
      EXPECT_EQ(outcome.epochs_done, std::min(questions / 15, 4));  // what is lost is less than an epoch
      EXPECT_FALSE(fs::exists(outcome.files.weights));
      EXPECT_EQ(fs::exists(outcome.files.checkpoint), outcome.epochs_done > 0);
      outcome = trained(**training, options_for(folder, out, outcome.epochs_done > 0));
    }
    EXPECT_EQ(results_in(outcome), whole) << questions;
  }
  EXPECT_GE(interrupted, 20);
}

TEST(Trainer, ShortTrainingIsGoneOnFrom) {
  const ScratchFolder folder;
  const auto longer = make_training(folder, "epochs: 4\n");
  const Results whole = results_in(trained(**longer, options_for(folder, "whole")));
  const auto shorter = make_training(folder, "epochs: 2\n");
  // Stopped while it evaluates: two epochs are done.
  const auto outcome = trained(**shorter, options_for(folder, "out"), stopped_after(30));
  ASSERT_TRUE(outcome.is_interrupted);
  ASSERT_EQ(outcome.epochs_done, 2);
  EXPECT_EQ(results_in(trained(**longer, options_for(folder, "out", true))), whole);
}

std::string first_code(const Result<TrainingOutcome>& outcome) {
  return outcome ? "trained" : outcome.error().front().code;
}

TEST(Trainer, ResumesOnlyWhatItFinds) {
  const ScratchFolder folder;
  const auto training = make_training(folder, "epochs: 3\n");
  EXPECT_EQ(first_code(train(**training, options_for(folder, "out", true), {})), "nothing-to-resume");
  const auto outcome = trained(**training, options_for(folder, "out"), stopped_after(20));
  const auto other = make_training(folder, "epochs: 3\nseed: 9\n");
  EXPECT_EQ(first_code(train(**other, options_for(folder, "out", true), {})), "other-settings");
  std::string labels = bytes_of(folder.path("train.labels"));
  labels.back() = static_cast<char>(labels.back() ^ 1);
  ASSERT_TRUE(write_file(folder.path("train.labels"), labels));
  EXPECT_EQ(first_code(train(**training, options_for(folder, "out", true), {})), "other-settings");
  ASSERT_TRUE(write_file(outcome.files.checkpoint, "tiercut/checkpoint/1\nbroken"));
  EXPECT_EQ(first_code(train(**training, options_for(folder, "out", true), {})), "bad-checkpoint");
}

TEST(Trainer, StopsAtALossThatIsNoNumberAndKeepsTheLastGoodWeights) {
  const ScratchFolder folder;
  const auto training = make_training(folder, R"(
stages:
  - {name: good, epochs: 2}
  - {name: wild, epochs: 50, optimizer: {method: sgd, rate: 100, weight_decay: 1}}
)");
  ASSERT_TRUE(training) << to_text(training.error());
  int epoch = 0;
  const TrainingHooks hooks = {.progress = [&](const TrainingProgress& now) { epoch = now.epoch; }};
  const auto outcome = train(**training, options_for(folder, "out"), hooks);
  ASSERT_EQ(first_code(outcome), "loss-not-finite");
  const Diagnostic& diagnostic = outcome.error().front();
  EXPECT_THAT(diagnostic.message, HasSubstr("epoch " + std::to_string(epoch) + " of 52"));
  EXPECT_THAT(diagnostic.hint, HasSubstr("the weights of epoch " + std::to_string(epoch - 1) + " are in"));
  const auto kept = kernels::read_weights(folder.path("out/made-training.weights"), *(*training)->model);
  ASSERT_TRUE(kept) << to_text(kept.error());
  for (const kernels::LayerWeights& layer : kept->layers)
    for (const float value : layer.floats) ASSERT_TRUE(std::isfinite(value));
  EXPECT_FALSE(fs::exists(folder.path("out/made-training.metrics.json")));
}

// A limit on the size of files stands in for a full disk.
TEST(Trainer, OnAFullDiskSaysSoAndLosesNothing) {
  const ScratchFolder folder;
  const auto training = make_training(folder, "epochs: 3\n");
  const Results whole = results_in(trained(**training, options_for(folder, "whole")));
  trained(**training, options_for(folder, "out"), stopped_after(20));
  const std::string checkpoint = bytes_of(folder.path("out/made-training.checkpoint"));
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const rlimit small{1024, old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto refused = train(**training, options_for(folder, "out", true), {});
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
  EXPECT_EQ(first_code(refused), "output-failed");
  EXPECT_EQ(bytes_of(folder.path("out/made-training.checkpoint")), checkpoint);
  EXPECT_EQ(results_in(trained(**training, options_for(folder, "out", true))), whole);
}

TEST(Trainer, RefusesAnOutputThatCannotBeWrittenBeforeItTrains) {
  const ScratchFolder folder;
  const auto training = make_training(folder, "epochs: 1\noutputs: {weights: no/such/folder/w}\n");
  bool has_trained = false;
  const auto outcome =
      train(**training, options_for(folder, "out"), {.progress = [&](const TrainingProgress&) { has_trained = true; }});
  EXPECT_EQ(first_code(outcome), "output-unwritable");
  EXPECT_FALSE(has_trained);
}

TEST(Trainer, RefusesDataThatDoesNotFit) {
  const ScratchFolder folder;
  const auto two_classes = make_training(folder, "epochs: 1\ntask: {class: 2}\n");
  const auto outcome = train(**two_classes, options_for(folder, "out"), {});
  EXPECT_EQ(first_code(outcome), "data-misfit");
  fs::remove(folder.path("train.images"));
  const auto missing = make_training(folder, "epochs: 1\n", {"data.files=[none, train.labels]"});
  EXPECT_NE(first_code(train(**missing, options_for(folder, "out"), {})), "trained");
}

}  // namespace
}  // namespace tiercut::training
