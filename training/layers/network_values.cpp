// SPDX-License-Identifier: Apache-2.0
// What a network's layers hold, as deployment reads it and as training goes on from it.
#include <fmt/format.h>

#include <cstring>

#include "core/files.hpp"
#include "kernels/weights.hpp"
#include "training/layers/network_state.hpp"

namespace tiercut::training {
namespace {

using kernels::LayerWeights;
using model::LayerId;

constexpr std::string_view heading = "tiercut/training-state/1\n";
constexpr std::size_t checksum_size = 64;

class StateWriter {
 public:
  void text(std::string_view value) {
    number(value.size());
    bytes_ += value;
  }
  void number(std::uint64_t value) { append(&value, sizeof value); }
  void floats(std::span<const float> values) {
    number(values.size());
    append(values.data(), values.size_bytes());
  }
  std::string finish() && {
    bytes_.insert(0, heading);
    bytes_ += sha256(bytes_);
    return std::move(bytes_);
  }

 private:
  void append(const void* from, std::size_t size) { bytes_.append(static_cast<const char*>(from), size); }
  std::string bytes_;
};

/// Reads what the writer wrote; is_right() turns false when the next thing is not what was expected.
class StateReader {
 public:
  explicit StateReader(std::string_view bytes) : rest_(bytes) {}
  std::uint64_t number() {
    std::uint64_t value = 0;
    take(&value, sizeof value);
    return value;
  }
  void expect(std::string_view value) {
    const std::uint64_t size = number();
    is_right_ = is_right_ && size == value.size() && rest_.substr(0, size) == value;
    if (is_right_) rest_.remove_prefix(size);
  }
  void floats(std::span<float> to) {
    is_right_ = number() == to.size() && is_right_;
    take(to.data(), to.size_bytes());
  }
  bool is_right() const { return is_right_; }
  bool is_at_end() const { return rest_.empty(); }

 private:
  void take(void* to, std::size_t size) {
    is_right_ = is_right_ && rest_.size() >= size;
    if (!is_right_ || size == 0) return;
    std::memcpy(to, rest_.data(), size);
    rest_.remove_prefix(size);
  }
  std::string_view rest_;
  bool is_right_ = true;
};

std::string_view method_text(Optimizer::Method method) { return method == Optimizer::Method::sgd ? "sgd" : "adam"; }

/// All that is stored of a layer, in one order.
template <class Layer, class OnFloats>
void for_each_part(Layer& layer, Moments& moments, OnFloats&& on_floats) {
  on_floats(layer.parameters().values.all());
  on_floats(layer.statistics());
  on_floats(moments.first.all());
  on_floats(moments.second.all());
}

}  // namespace

std::vector<LayerWeights> Network::weights() const {
  std::vector<LayerWeights> all(state_->model->layers.size());
  for (LayerId id = 0; id < state_->model->layer_count(); ++id) {
    TrainableLayer* layer = state_->graph.layer(id);
    if (layer == nullptr) continue;
    LayerWeights& weights = all[static_cast<std::size_t>(id)];
    const std::span<const float> values = layer->parameters().values.all();
    const std::size_t signs = layer->parameters().clipped;
    weights.bits.resize((signs + 63) / 64);
    for (std::size_t i = 0; i < signs; ++i) weights.bits[i / 64] |= std::uint64_t{values[i] >= 0} << i % 64;
    weights.floats.assign(values.begin() + static_cast<Index>(signs), values.end());
    const std::span<const float> statistics = layer->statistics();
    weights.floats.insert(weights.floats.end(), statistics.begin(), statistics.end());
  }
  return all;
}

Result<void> Network::set_weights(const std::vector<LayerWeights>& weights) {
  const model::Model& model = *state_->model;
  if (weights.size() != model.layers.size()) {
    return fail("bad-weights",
                fmt::format("weights for {} layers given, the model has {}", weights.size(), model.layers.size()));
  }
  Diagnostics misfits;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const kernels::WeightCounts wanted = kernels::weight_counts(model.layers[i]);
    if (weights[i].floats.size() == wanted.floats && weights[i].bits.size() == wanted.words()) continue;
    misfits.push_back(
        {Severity::error,
         "bad-weights",
         {},
         fmt::format("layer `{}` needs {} floats and {} words of bits, not {} and {}", model.layers[i].name,
                     wanted.floats, wanted.words(), weights[i].floats.size(), weights[i].bits.size()),
         {}});
  }
  if (!misfits.empty()) return tl::unexpected(std::move(misfits));
  for (std::size_t i = 0; i < weights.size(); ++i) {
    TrainableLayer* layer = state_->graph.layer(static_cast<LayerId>(i));
    if (layer == nullptr) continue;
    const std::span<float> values = layer->parameters().values.all(), statistics = layer->statistics();
    const std::size_t signs = layer->parameters().clipped;
    for (std::size_t k = 0; k < signs; ++k) values[k] = (weights[i].bits[k / 64] >> k % 64 & 1) != 0 ? 1.0F : -1.0F;
    const auto floats = weights[i].floats.begin();
    const auto rest = static_cast<Index>(values.size() - signs);
    std::copy_n(floats, rest, values.begin() + static_cast<Index>(signs));
    std::copy_n(floats + rest, statistics.size(), statistics.begin());
    state_->moments[i].first.fill(0);
    state_->moments[i].second.fill(0);
  }
  state_->steps = 0;
  return {};
}

std::string Network::state() const {
  StateWriter writer;
  writer.text(method_text(state_->optimizer.method));
  writer.number(static_cast<std::uint64_t>(state_->steps));
  writer.number(state_->model->layers.size());
  for (LayerId id = 0; id < state_->model->layer_count(); ++id) {
    writer.text(state_->model->layer(id).name);
    writer.text(to_text(state_->model->layer(id).type));
    TrainableLayer* layer = state_->graph.layer(id);
    if (layer == nullptr) continue;
    for_each_part(*layer, state_->moments[static_cast<std::size_t>(id)],
                  [&](std::span<const float> values) { writer.floats(values); });
  }
  return std::move(writer).finish();
}

Result<void> Network::set_state(std::string_view bytes) {
  if (bytes.size() < heading.size() + checksum_size || !bytes.starts_with(heading)) {
    return fail("bad-training-state",
                fmt::format("this is no state of version `{}`", heading.substr(0, heading.size() - 1)));
  }
  const std::string_view content = bytes.substr(0, bytes.size() - checksum_size);
  if (sha256(content) != bytes.substr(content.size())) {
    return fail("bad-training-state", "the checksum does not fit: the state is damaged or cut off");
  }
  // Once to see that all fits, so that a misfit changes nothing.
  for (const bool is_dry : {true, false}) {
    StateReader reader(content.substr(heading.size()));
    reader.expect(method_text(state_->optimizer.method));
    const std::uint64_t steps = reader.number();
    bool is_right = reader.is_right() && reader.number() == state_->model->layers.size();
    for (LayerId id = 0; id < state_->model->layer_count() && is_right; ++id) {
      reader.expect(state_->model->layer(id).name);
      reader.expect(to_text(state_->model->layer(id).type));
      TrainableLayer* layer = state_->graph.layer(id);
      if (layer == nullptr) continue;
      for_each_part(*layer, state_->moments[static_cast<std::size_t>(id)], [&](std::span<float> values) {
        std::vector<float> discarded(is_dry ? values.size() : 0);
        reader.floats(is_dry ? std::span<float>(discarded) : values);
      });
      is_right = reader.is_right();
    }
    if (!is_right || !reader.is_at_end()) {
      return fail("bad-training-state", fmt::format("the state belongs to another model or optimiser than `{}` by {}",
                                                    state_->model->name, method_text(state_->optimizer.method)));
    }
    if (!is_dry) state_->steps = static_cast<std::int64_t>(steps);
  }
  return {};
}

}  // namespace tiercut::training
