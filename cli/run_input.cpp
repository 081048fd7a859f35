// SPDX-License-Identifier: Apache-2.0
#include "cli/run_input.hpp"

#include <algorithm>
#include <filesystem>

#include "core/files.hpp"
#include "training/data/data_request.hpp"
#include "training/session/training_file.hpp"

namespace tiercut::cli {

namespace {

/// `mnist:data/mnist`: the test part of a format, as it is. `big-little/little:data/mnist`: that of a training file,
/// whose scaling and choice of samples are kept; without a folder, its own.
Result<training::DataRequest> data_request(const std::string& text, const model::Model& model) {
  const std::size_t colon = text.find(':');
  const std::string what = text.substr(0, colon);
  const std::string folder = colon == std::string::npos ? std::string() : text.substr(colon + 1);
  const std::vector<std::string>& formats = training::data_formats();
  if (std::find(formats.begin(), formats.end(), what) == formats.end()) {
    auto file = training::read_training(what);
    if (!file) return tl::unexpected(std::move(file.error()));
    training::DataRequest request = (*file)->test_data();
    if (!folder.empty()) request.directory = folder;
    return request;
  }
  training::DataRequest request;
  request.format = what;
  request.directory = folder;
  request.part = "test";
  request.shape = model.layer(model.inputs().front()).shape.extents;
  return request;
}

}  // namespace

Result<runtime::RunInput> run_input(const Arguments& arguments, const model::Model& model) {
  if (!arguments.data) return runtime::made_up_input(model, static_cast<std::uint64_t>(arguments.seed.value_or(1)));
  const auto request = data_request(*arguments.data, model);
  if (!request) return tl::unexpected(request.error());
  auto data = training::load_dataset(*request);
  if (!data) return tl::unexpected(std::move(data.error()));
  const std::vector<model::LayerId> inputs = model.inputs();
  runtime::RunInput out;
  out.name = data->name;
  out.origin = data->origin;
  out.rows = static_cast<std::int64_t>(data->size());
  out.labels = data->labels;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const model::Layer& layer = model.layer(inputs[i]);
    auto found = std::find_if(data->inputs.begin(), data->inputs.end(),
                              [&](const training::DataInput& input) { return input.name == layer.name; });
    if (found == data->inputs.end() && i < data->inputs.size()) {
      found = data->inputs.begin() + static_cast<std::ptrdiff_t>(i);
    }
    if (found == data->inputs.end() || found->shape.elements() != layer.shape.elements()) {
      return fail("data-misfit",
                  "the data has no input for '" + layer.name + "' of " + model::to_text(layer.shape) + " elements",
                  "inputs of the model are matched by name, else by order");
    }
    out.values.push_back(found->values);
  }
  if (out.rows > 0) return out;
  return fail("data-misfit", "the data has no samples");
}

std::string weights_path(const Arguments& arguments) {
  const std::string given = arguments.weights.value_or("");
  const std::string shipped = data_directory() + "/profiles/weights/" + given + ".weights";
  std::error_code error;
  const bool is_shipped =
      !given.empty() && !std::filesystem::exists(given, error) && std::filesystem::is_regular_file(shipped, error);
  return is_shipped ? shipped : given;
}

Result<std::shared_ptr<const kernels::WeightsFile>> run_weights(const Arguments& arguments, const model::Model& model) {
  if (!arguments.weights) return std::shared_ptr<const kernels::WeightsFile>();
  auto file = kernels::read_weights(weights_path(arguments), model);
  if (!file) return tl::unexpected(std::move(file.error()));
  return std::make_shared<const kernels::WeightsFile>(std::move(*file));
}

}  // namespace tiercut::cli
