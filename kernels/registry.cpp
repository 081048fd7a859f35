// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "kernels/backends.hpp"
#include "kernels/kernel.hpp"
#include "kernels/unpacked_inputs.hpp"
#include "kernels/weights.hpp"

namespace tiercut::kernels {
namespace {

std::vector<const Backend*> present_backends() {
  std::vector<const Backend*> present;
  // Best first; a GPU's is chosen by name only, as the other units of a device are not its fallback.
#ifdef TIERCUT_WITH_HIGHWAY
  present.push_back(highway_backend());
#endif
#ifdef TIERCUT_WITH_ONEDNN
  present.push_back(onednn_backend());
#endif
  present.push_back(eigen_backend());
#ifdef TIERCUT_WITH_CUDA
  present.push_back(cuda_backend());
#endif
  std::erase(present, nullptr);
  return present;
}

/// What is wrong with the layer's shapes, or empty. A layer is checked as a reader would have derived it.
std::string misfit_of(const model::Layer& layer, std::span<const model::Layer* const> inputs) {
  for (const model::Layer* input : inputs) {
    if (std::ranges::any_of(input->shape.extents, [](std::int64_t extent) { return extent < 1; })) {
      return fmt::format("input `{}` of {} has a zero or negative extent", input->name, to_text(input->shape));
    }
    if (input->shape.extents.empty()) return fmt::format("input `{}` has no shape", input->name);
  }
  model::Layer derived = layer;
  const std::string misfit = model::derive(derived, {inputs.begin(), inputs.end()});
  if (!misfit.empty()) return misfit;
  if (derived.shape != layer.shape) {
    return fmt::format("shape {} given, {} follows from the inputs", to_text(layer.shape), to_text(derived.shape));
  }
  if ((derived.encoding == model::Encoding::bit) != (layer.encoding == model::Encoding::bit)) {
    return fmt::format("encoding {} given, {} follows from the inputs", to_text(layer.encoding),
                       to_text(derived.encoding));
  }
  return {};
}

std::string weight_misfit_of(const model::Layer& layer, const LayerWeights& weights) {
  const WeightCounts counts = weight_counts(layer);
  if (weights.floats.size() == counts.floats && weights.bits.size() == counts.words()) return {};
  return fmt::format("{} floats and {} words of bits given, {} and {} needed", weights.floats.size(),
                     weights.bits.size(), counts.floats, counts.words());
}

tl::unexpected<Diagnostics> refuse(std::string code, const model::Layer& layer, const std::string& why,
                                   std::string hint = {}) {
  return fail(std::move(code), fmt::format("{} `{}`: {}", to_text(layer.type), layer.name, why), std::move(hint));
}

}  // namespace

int inputs_as_bits(std::span<const model::Layer* const> inputs) {
  int mask = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i]->encoding == model::Encoding::bit) mask |= 1 << std::min<std::size_t>(i, 30);
  }
  return mask;
}

std::span<const Backend* const> backends() {
  static const std::vector<const Backend*> all = present_backends();
  return all;
}

const Backend* find_backend(std::string_view name) {
  for (const Backend* backend : backends()) {
    if (backend->name() == name) return backend;
  }
  return nullptr;
}

std::vector<std::string> backend_names() {
  std::vector<std::string> names;
  for (const Backend* backend : backends()) names.emplace_back(backend->name());
  return names;
}

Result<MadeKernel> make_kernel(const model::Layer& layer, std::span<const model::Layer* const> inputs,
                               const LayerWeights& weights, ThreadPool& threads, std::string_view backend) {
  std::vector<const Backend*> candidates(backends().begin(), backends().end());
  if (!backend.empty()) {
    candidates = {find_backend(backend)};
    if (candidates[0] == nullptr) {
      return fail("backend-absent", fmt::format("no backend `{}` in this build on this machine", backend),
                  "there are " + list_words(backend_names()));
    }
  }
  if (layer.type == model::LayerType::input) return refuse("backend-unsupported", layer, "an input is filled, not run");
  if (const std::string misfit = misfit_of(layer, inputs); !misfit.empty()) return refuse("bad-shape", layer, misfit);
  if (const std::string misfit = weight_misfit_of(layer, weights); !misfit.empty()) {
    return refuse("bad-weights", layer, misfit);
  }
  const int bits = inputs_as_bits(inputs);
  for (const Backend* candidate : candidates) {
    if (!candidate->supports(layer, bits)) continue;
    if (auto kernel = candidate->make(layer, inputs, weights, threads)) return MadeKernel{std::move(kernel), candidate};
  }
  for (const Backend* candidate : candidates) {
    if (bits == 0) break;
    if (auto kernel = with_unpacked_inputs(*candidate, layer, inputs, weights, threads)) {
      return MadeKernel{std::move(kernel), candidate};
    }
  }
  return refuse("backend-unsupported", layer,
                backend.empty() ? "no backend runs it" : fmt::format("backend `{}` does not run it", backend));
}

}  // namespace tiercut::kernels
