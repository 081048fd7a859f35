// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/document.hpp"
#include "model/model.hpp"

// Any bytes give a model or diagnostics; an accepted model holds what its readers rely on.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tiercut;
  const Result<Document> document = parse_document(std::string(reinterpret_cast<const char*>(data), size), "fuzz.yaml");
  if (!document) return 0;
  const Result<model::ModelPointer> read = model::model_from(*document);
  if (!read) {
    if (!has_errors(read.error())) std::abort();
    return 0;
  }
  const model::Model& network = **read;
  if (network.output() < 0 || network.inputs().empty()) std::abort();
  for (model::LayerId id = 0; id < network.layer_count(); ++id) {
    for (const model::LayerId input : network.layer(id).inputs) {
      if (input >= id || network.level(input) > network.level(id)) std::abort();
    }
  }
  return 0;
}
