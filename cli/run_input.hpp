// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "cli/verb.hpp"
#include "core/diagnostic.hpp"
#include "kernels/weights_file.hpp"
#include "model/model.hpp"
#include "runtime/agent/run.hpp"

namespace tiercut::cli {

/// The samples that --input names, fit for the model's inputs; made up without it. Fails as training::load_dataset
/// does, and with bad-usage, data-misfit.
Result<runtime::RunInput> run_input(const Arguments& arguments, const model::Model& model);

/// The file that --weights names: a path, or the name of shipped weights (profiles/weights/NAME.weights); empty without.
std::string weights_path(const Arguments& arguments);

/// The weights of --weights, null without. Fails as kernels::read_weights does.
Result<std::shared_ptr<const kernels::WeightsFile>> run_weights(const Arguments& arguments, const model::Model& model);

}  // namespace tiercut::cli
