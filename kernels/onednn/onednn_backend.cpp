// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <omp.h>

#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <unordered_map>

#include "kernels/backends.hpp"

namespace tiercut::kernels {
namespace {

using dnnl::memory;
using Description = memory::desc;
using Tag = memory::format_tag;
using Arguments = std::unordered_map<int, memory>;
constexpr auto f32 = memory::data_type::f32;

/// The library's view of a layer in our layouts.
struct PlainLayer {
  Description input, output, weights, bias;  // bias zero: none
};

const dnnl::engine& processor() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

/// A copy from one layout to another, or nothing where they are the same.
class Reorder {
 public:
  Reorder(const memory& from, const memory& to) {
    if (from.get_desc() == to.get_desc()) return;
    reorder_.emplace(from, to);
    arguments_ = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
  }
  bool is_needed() const { return reorder_.has_value(); }
  void run(dnnl::stream& stream) const {
    if (reorder_) reorder_->execute(stream, arguments_);
  }

 private:
  std::optional<dnnl::reorder> reorder_;
  Arguments arguments_;
};

/// Between layers tensors stay in C, H, W, as everywhere in tiercut: the library's own layouts are reached and left
/// within a run.
class OnednnKernel final : public Kernel {
 public:
  template <class PrimitiveDescription>
  OnednnKernel(const PrimitiveDescription& chosen, dnnl::primitive primitive, const PlainLayer& plain,
               const LayerWeights& weights, int threads)
      : threads_(threads),
        primitive_(std::move(primitive)),
        input_(plain.input, processor(), nullptr),
        output_(plain.output, processor(), nullptr),
        inner_input_(place_for(chosen.src_desc(), plain.input, input_)),
        inner_output_(place_for(chosen.dst_desc(), plain.output, output_)),
        scratch_(chosen.scratchpad_desc(), processor()),
        to_inner_(input_, inner_input_),
        from_inner_(inner_output_, output_) {
    // The library only reads through this pointer.
    auto* floats = const_cast<float*>(weights.floats.data());
    memory ours(plain.weights, processor(), floats), theirs(chosen.weights_desc(), processor());
    dnnl::reorder(ours, theirs).execute(stream_, ours, theirs);
    arguments_ = {{DNNL_ARG_SRC, inner_input_},
                  {DNNL_ARG_DST, inner_output_},
                  {DNNL_ARG_WEIGHTS, theirs},
                  {DNNL_ARG_SCRATCHPAD, scratch_}};
    if (plain.bias.get_size() != 0) {
      memory own(plain.bias, processor(), floats + plain.weights.get_size() / sizeof(float));
      memory kept(plain.bias, processor());
      dnnl::reorder(own, kept).execute(stream_, own, kept);
      arguments_.emplace(DNNL_ARG_BIAS, kept);
    }
    stream_.wait();
  }

  void run(std::span<const Buffer* const> inputs, Buffer& output) override {
    omp_set_num_threads(threads_);
    input_.set_data_handle(const_cast<void*>(inputs[0]->data()));
    output_.set_data_handle(output.data());
    to_inner_.run(stream_);
    primitive_.execute(stream_, arguments_);
    from_inner_.run(stream_);
    stream_.wait();
  }

  std::size_t scratch_bytes() const override {
    const std::size_t input = to_inner_.is_needed() ? inner_input_.get_desc().get_size() : 0;
    const std::size_t output = from_inner_.is_needed() ? inner_output_.get_desc().get_size() : 0;
    return input + output + scratch_.get_desc().get_size();
  }

 private:
  /// The plain memory itself where its layout is the wanted one: its place is known when a run begins.
  static memory place_for(const Description& wanted, const Description& plain, const memory& same) {
    return wanted == plain ? same : memory(wanted, processor());
  }

  int threads_;
  dnnl::stream stream_{processor()};
  dnnl::primitive primitive_;
  memory input_, output_, inner_input_, inner_output_, scratch_;
  Reorder to_inner_, from_inner_;
  Arguments arguments_;
};

Description any_layout(const Description& plain) { return {plain.dims(), f32, Tag::any}; }

dnnl::primitive_attr own_scratchpad() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

std::unique_ptr<Kernel> make_linear(const model::Layer& layer, const LayerWeights& weights, int threads) {
  const memory::dim outputs = layer.parameters.outputs, inputs = layer.input_shape.elements();
  PlainLayer plain{{{1, inputs}, f32, Tag::ab}, {{1, outputs}, f32, Tag::ab}, {{outputs, inputs}, f32, Tag::ab}, {}};
  if (layer.parameters.has_bias) plain.bias = {{outputs}, f32, Tag::a};
  using Primitive = dnnl::inner_product_forward;
  const auto kind = dnnl::prop_kind::forward_inference;
  const Description any = any_layout(plain.weights);
  const Primitive::desc wanted = layer.parameters.has_bias
                                     ? Primitive::desc(kind, plain.input, any, plain.bias, plain.output)
                                     : Primitive::desc(kind, plain.input, any, plain.output);
  const Primitive::primitive_desc chosen(wanted, own_scratchpad(), processor());
  return std::make_unique<OnednnKernel>(chosen, Primitive(chosen), plain, weights, threads);
}

std::unique_ptr<Kernel> make_convolution(const model::Layer& layer, const LayerWeights& weights, int threads) {
  const auto& from = layer.input_shape.extents;
  const auto& to = layer.shape.extents;
  const model::Window& window = layer.parameters.window;
  const memory::dim groups = layer.parameters.groups, outputs = layer.parameters.outputs;
  memory::dims filters{outputs / groups, from[0] / groups, window.kernel_height, window.kernel_width};
  if (groups > 1) filters.insert(filters.begin(), groups);
  PlainLayer plain{{{1, from[0], from[1], from[2]}, f32, Tag::nchw},
                   {{1, to[0], to[1], to[2]}, f32, Tag::nchw},
                   {filters, f32, groups > 1 ? Tag::goihw : Tag::oihw},
                   {}};
  if (layer.parameters.has_bias) plain.bias = {{outputs}, f32, Tag::a};
  using Primitive = dnnl::convolution_forward;
  // Never by transformed tiles, which would spread a NaN or an infinity to outputs that do not see it.
  const auto direct = dnnl::algorithm::convolution_direct;
  const auto kind = dnnl::prop_kind::forward_inference;
  const memory::dims stride{window.stride_height, window.stride_width}, pad{window.pad_height, window.pad_width};
  // Behind the image the last window may end before the padding does.
  const memory::dims pad_after{(to[1] - 1) * stride[0] + window.kernel_height - from[1] - pad[0],
                               (to[2] - 1) * stride[1] + window.kernel_width - from[2] - pad[1]};
  const Description input = any_layout(plain.input), output = any_layout(plain.output);
  const Description any = any_layout(plain.weights);
  const Primitive::desc wanted =
      layer.parameters.has_bias ? Primitive::desc(kind, direct, input, any, plain.bias, output, stride, pad, pad_after)
                                : Primitive::desc(kind, direct, input, any, output, stride, pad, pad_after);
  const Primitive::primitive_desc chosen(wanted, own_scratchpad(), processor());
  return std::make_unique<OnednnKernel>(chosen, Primitive(chosen), plain, weights, threads);
}

std::string_view instruction_set() {
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::sse41:
      return "SSE4.1";
    case dnnl::cpu_isa::avx:
      return "AVX";
    case dnnl::cpu_isa::avx2:
    case dnnl::cpu_isa::avx2_vnni:
      return "AVX2";
    case dnnl::cpu_isa::avx512_core:
    case dnnl::cpu_isa::avx512_core_vnni:
    case dnnl::cpu_isa::avx512_core_bf16:
      return "AVX-512";
    default:
      return "other";
  }
}

class OnednnBackend final : public Backend {
 public:
  std::string_view name() const override { return "onednn"; }
  std::string version() const override {
    const dnnl_version_t* version = dnnl::version();
    return fmt::format("{}.{}.{} {}", version->major, version->minor, version->patch, instruction_set());
  }
  bool supports(const model::Layer& layer, int inputs_as_bits) const override {
    return inputs_as_bits == 0 &&
           (layer.type == model::LayerType::linear || layer.type == model::LayerType::convolution);
  }
  std::unique_ptr<Kernel> make(const model::Layer& layer, std::span<const model::Layer* const> inputs,
                               const LayerWeights& weights, ThreadPool& threads) const override {
    if (!supports(layer, inputs_as_bits(inputs))) return nullptr;
    omp_set_num_threads(threads.threads());
    try {
      if (layer.type == model::LayerType::linear) return make_linear(layer, weights, threads.threads());
      return make_convolution(layer, weights, threads.threads());
    } catch (const dnnl::error&) {
      // No implementation of the library takes the shape: another backend will.
      return nullptr;
    }
  }
};

}  // namespace

const Backend* onednn_backend() {
  static const OnednnBackend backend;
  return &backend;
}

}  // namespace tiercut::kernels
