// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "core/files.hpp"
#include "training/session/loss_reader.hpp"
#include "training/session/training_file.hpp"

namespace tiercut::training {
namespace {

/// What is read of a document, and what is wrong with it.
class Reader {
 public:
  Reader(const Document& document, Diagnostics diagnostics)
      : root_(document.root), diagnostics_(std::move(diagnostics)), training_(std::make_shared<Training>()) {
    check(document, training_format(), diagnostics_);
    training_->file = document.file;
  }

  Result<TrainingPointer> read() {
    const bool is_other_kind = std::any_of(diagnostics_.begin(), diagnostics_.end(),
                                           [](const Diagnostic& found) { return found.code == "wrong-schema"; });
    if (root_.kind != NodeKind::map || is_other_kind) return tl::unexpected(std::move(diagnostics_));
    if (const Node* node = sound("name")) training_->name = node->text;
    if (const Node* node = sound("description")) training_->description = node->text;
    if (const Node* node = sound("seed")) training_->seed = static_cast<std::uint64_t>(as_integer(*node));
    if (const Node* node = sound("check_samples"))
      training_->check_samples = static_cast<std::size_t>(as_integer(*node));
    else
      training_->check_samples = 100;
    read_model();
    if (const Node* node = sound("data")) read_data(*node);
    if (const Node* node = sound("task"))
      training_->data.one_against_rest = static_cast<int>(as_integer(at(*node, "class")));
    read_stages();
    if (training_->model) {
      if (const Node* node = sound("trace")) read_trace(*node);
    }
    read_outputs();
    if (has_errors(diagnostics_)) return tl::unexpected(std::move(diagnostics_));
    seal();
    return TrainingPointer(std::move(training_));
  }

 private:
  /// The section under a key, when there is one and nothing in it is wrong by the format.
  const Node* sound(std::string_view key) const {
    const Node* node = root_.find(key);
    if (node == nullptr) return nullptr;
    const bool is_broken = std::any_of(diagnostics_.begin(), diagnostics_.end(), [&](const Diagnostic& found) {
      const std::string& path = found.where.path;
      return path.starts_with(key) && (path.size() == key.size() || path[key.size()] == '.' || path[key.size()] == '[');
    });
    return is_broken ? nullptr : node;
  }

  void report(const std::string& code, const Location& where, std::string message, std::string hint) {
    diagnostics_.push_back({Severity::error, code, where, std::move(message), std::move(hint)});
  }

  void append(Diagnostics more) {
    for (Diagnostic& diagnostic : more) diagnostics_.push_back(std::move(diagnostic));
  }

  void read_model() {
    const Node* node = sound("model");
    if (node == nullptr) return;
    const std::string folder = std::filesystem::path(training_->file).parent_path().string();
    auto path = resolve_reference(node->text, folder, "model/zoo", node->where);
    if (!path) return append(std::move(path.error()));
    auto model = model::read_model(*path);
    if (!model) return append(std::move(model.error()));
    training_->model = std::move(*model);
  }

  void read_data(const Node& node) {
    DataRequest& data = training_->data;
    data.where = node.where;
    data.format = at(node, "format").text;
    data.directory = text_or(node, "directory", "");
    data.first = static_cast<std::size_t>(integer_or(node, "first", 0));
    data.scaling = text_or(node, "scaling", "unit") == "unit" ? Scaling::unit : Scaling::standardized;
    if (const Node* mean = node.find("mean")) data.mean = as_number(*mean);
    if (const Node* deviation = node.find("deviation")) data.deviation = as_number(*deviation);
    if (const Node* share = node.find("held_out")) data.held_out = as_number(*share);
    data.split_seed = static_cast<std::uint64_t>(integer_or(node, "split_seed", 1));
    data.classes = static_cast<int>(integer_or(node, "classes", 0));
    training_->validation = number_or(node, "validation", 0);
    training_->shift = static_cast<int>(integer_or(node, "shift", 0));
    if (const Node* devices = node.find("devices"))
      for (const Node& device : devices->items) data.devices.push_back(static_cast<int>(as_integer(device)));
    read_files(node, data);
    if (data.format == "mnist-six" || data.format == "mvmc") match_devices(node);
    if (!training_->model) return;
    const auto inputs = training_->model->inputs();
    if (inputs.size() == 1 && data.format != "mnist-six" && data.format != "mvmc")
      data.shape = training_->model->layer(inputs.front()).shape.extents;
    if (training_->shift > 0 && inputs.size() > 1)
      report("bad-training", at(node, "shift").where,
             "`shift` moves the images of one input, and model '" + training_->model->name + "' has " +
                 std::to_string(inputs.size()),
             "leave it out");
  }

  void read_files(const Node& node, DataRequest& data) {
    if (const Node* files = node.find("files"))
      for (const Node& file : files->items) data.files.push_back(file.text);
    if (const Node* files = node.find("test_files"))
      for (const Node& file : files->items) training_->test_files.push_back(file.text);
    if (const Node* file = node.find("file")) data.files.push_back(file->text);
    if (const Node* file = node.find("test_file")) training_->test_files.push_back(file->text);
    if (const Node* arrays = node.find("arrays"))
      for (const auto& [input, array] : arrays->fields) data.arrays.emplace_back(input, array.text);
    data.label_array = text_or(node, "labels", "");
    const bool has_own = !training_->test_files.empty();
    if ((data.format == "idx" || data.format == "npz") && has_own == data.held_out.has_value())
      report("bad-training", node.where,
             has_own ? "both test files and `held_out` say which samples test"
                     : "nothing says which samples test the trained model",
             "give either files of the test part, or `held_out`, the share of the samples to keep for it");
  }

  void match_devices(const Node& node) {
    if (!training_->model) return;
    const std::size_t inputs = training_->model->inputs().size();
    std::vector<int>& devices = training_->data.devices;
    if (devices.empty())
      for (std::size_t i = 0; i < inputs; ++i) devices.push_back(static_cast<int>(i) + 1);
    if (devices.size() != inputs || inputs > 6)
      report("bad-training", node.where,
             fmt::format("data of {} devices for model '{}', which has {} inputs", devices.size(),
                         training_->model->name, inputs),
             "there are six; list as many under `devices` as the model has inputs");
  }

  void read_stages() {
    Stage stage;
    stage.name = "training";
    if (const Node* node = sound("batch")) stage.batch = static_cast<std::size_t>(as_integer(*node));
    if (const Node* node = sound("optimizer")) stage.optimizer = optimizer_from(*node);
    if (training_->model) {
      const Node* loss = sound("loss");
      if (loss != nullptr)
        stage.loss = loss_from(*loss, *training_->model, diagnostics_);
      else if (root_.find("loss") == nullptr)
        stage.loss = default_loss(*training_->model);
    }
    const Node* list = root_.find("stages");
    const Node* epochs = root_.find("epochs");
    if (list == nullptr && epochs == nullptr)
      report("missing-key", root_.where, "neither `epochs` nor `stages` says how long to train", "add `epochs`");
    if (list != nullptr && epochs != nullptr)
      report("bad-training", epochs->where, "`epochs` beside `stages`, which have their own",
             "leave out one of the two; `--set stages[0].epochs=N` shortens a stage");
    if (list != nullptr && root_.find("schedule") != nullptr)
      report("bad-training", root_.find("schedule")->where, "`schedule` beside `stages`", "give it to a stage");
    if (list == nullptr) {
      if (const Node* node = sound("epochs")) stage.epochs = static_cast<int>(as_integer(*node));
      if (const Node* node = sound("schedule")) stage.schedule = schedule_from(*node, diagnostics_);
      training_->stages = {stage};
      return;
    }
    const Node* stages = sound("stages");
    if (stages == nullptr) return;
    for (const Node& node : stages->items) training_->stages.push_back(stage_from(node, stage));
  }

  Stage stage_from(const Node& node, const Stage& otherwise) {
    Stage stage = otherwise;
    stage.name = at(node, "name").text;
    stage.epochs = static_cast<int>(as_integer(at(node, "epochs")));
    stage.batch = static_cast<std::size_t>(integer_or(node, "batch", static_cast<std::int64_t>(otherwise.batch)));
    if (const Node* optimizer = node.find("optimizer")) stage.optimizer = optimizer_from(*optimizer);
    if (const Node* schedule = node.find("schedule")) stage.schedule = schedule_from(*schedule, diagnostics_);
    const Node* loss = node.find("loss");
    if (loss != nullptr && training_->model) stage.loss = loss_from(*loss, *training_->model, diagnostics_);
    return stage;
  }

  void read_trace(const Node& node) {
    TraceRequest& trace = training_->trace;
    const std::string measure = text_or(node, "measure", "normalized_entropy");
    for (const auto known : {model::Confidence::max_probability, model::Confidence::margin})
      if (measure == model::to_text(known)) trace.measure = known;
    trace.calibration = number_or(node, "calibration", trace.calibration);
    if (const Node* losses = node.find("losses")) trace.losses = losses_from(*losses, *training_->model, diagnostics_);
  }

  void read_outputs() {
    std::string stem = training_->name;
    std::replace(stem.begin(), stem.end(), '/', '-');
    OutputNames& names = training_->outputs;
    names = {stem + ".weights", stem + ".exits", stem + ".metrics.json", stem + ".log.jsonl", stem + ".checkpoint"};
    const Node* node = sound("outputs");
    if (node == nullptr) return;
    names.weights = text_or(*node, "weights", names.weights);
    names.trace = text_or(*node, "trace", names.trace);
    names.metrics = text_or(*node, "metrics", names.metrics);
    names.log = text_or(*node, "log", names.log);
  }

  /// Longer training goes on from a shorter one, and where files lie decides nothing.
  void seal() {
    std::string text = training_format().id + '\n';
    for (const auto& [key, value] : root_.fields) {
      if (key == "epochs" || key == "outputs" || key == "description" || key == "notes" || key == "check_samples")
        continue;
      text += key + '\n';
      append_canonical(value, text);
    }
    training_->settings = sha256(text + training_->model->source);
  }

  /// One text for one tree, whatever its layout.
  static void append_canonical(const Node& node, std::string& text) {
    text +=
        fmt::format("{}{}:{}", static_cast<int>(node.kind), node.is_quoted ? "q" : "", node.text.size()) + node.text;
    text += fmt::format("[{}", node.items.size());
    for (const Node& item : node.items) append_canonical(item, text);
    text += fmt::format("{{{}", node.fields.size());
    for (const auto& [key, value] : node.fields) {
      if (key == "directory") continue;
      text += fmt::format("{}:", key.size()) + key;
      append_canonical(value, text);
    }
  }

  const Node& root_;
  Diagnostics diagnostics_;
  std::shared_ptr<Training> training_;
};

}  // namespace

double Stage::rate_in(int epoch) const {
  double rate = optimizer.rate;
  for (const RateStep& step : schedule)
    if (step.epoch <= epoch) rate = step.rate;
  return rate;
}

DataRequest Training::test_data() const {
  DataRequest request = data;
  request.part = "test";
  request.first = 0;
  if (!test_files.empty()) request.files = test_files;
  return request;
}

int Training::epochs() const {
  int sum = 0;
  for (const Stage& stage : stages) sum += stage.epochs;
  return sum;
}

Result<TrainingPointer> training_from(const Document& document) { return Reader(document, {}).read(); }

Result<TrainingPointer> read_training(const std::string& path, const std::vector<std::string>& overrides) {
  std::string file = path;
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    auto shipped = resolve_reference(path, "", "training/recipes", {path, 0, 0, {}});
    if (!shipped) return tl::unexpected(std::move(shipped.error()));
    file = std::move(*shipped);
  }
  auto document = read_document(file, Defects::keep);
  if (!document) return tl::unexpected(std::move(document.error()));
  Diagnostics diagnostics;
  for (const std::string& assignment : overrides) {
    if (auto set = set_value(*document, assignment); !set)
      for (Diagnostic& diagnostic : set.error()) diagnostics.push_back(std::move(diagnostic));
  }
  return Reader(*document, std::move(diagnostics)).read();
}

}  // namespace tiercut::training
