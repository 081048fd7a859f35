// SPDX-License-Identifier: Apache-2.0
#include "onednn_baseline.hpp"

#ifdef TIERCUT_BENCHMARK_ONEDNN
#include <omp.h>

#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>

#include "kernels/highway/large_buffer.hpp"
#endif

namespace tiercut::benchmarks {

#ifdef TIERCUT_BENCHMARK_ONEDNN

namespace {

using dnnl::memory;
using Description = memory::desc;
using Tag = memory::format_tag;
constexpr auto f32 = memory::data_type::f32;

struct Machine {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
};

Machine& machine() {
  static Machine one;
  omp_set_num_threads(1);
  return one;
}

struct Prepared {
  kernels::LargeBuffer weight_floats;
  std::unordered_map<int, memory> arguments;
  dnnl::primitive primitive;
  memory output;
};

memory laid_out(const Description& plain, const float* values, const Description& wanted, void* place) {
  // The library only reads through this pointer.
  memory from(plain, machine().engine, const_cast<float*>(values));
  memory to = place != nullptr ? memory(wanted, machine().engine, place) : memory(wanted, machine().engine);
  dnnl::reorder(from, to).execute(machine().stream, from, to);
  machine().stream.wait();
  return to;
}

template <class Primitive>
OnednnLayer prepare(const typename Primitive::primitive_desc& chosen, const Description& weights, const float* values,
                    const Description& source, const float* input, const Description& destination,
                    memory::dim outputs) {
  auto all = std::make_shared<Prepared>();
  all->weight_floats = kernels::LargeBuffer(chosen.weights_desc().get_size() / sizeof(float) + 1);
  all->output = memory(chosen.dst_desc(), machine().engine);
  const float* bias = values + weights.get_size() / sizeof(float);
  all->arguments = {{DNNL_ARG_SRC, laid_out(source, input, chosen.src_desc(), nullptr)},
                    {DNNL_ARG_WEIGHTS, laid_out(weights, values, chosen.weights_desc(), all->weight_floats.floats())},
                    {DNNL_ARG_BIAS, laid_out({{outputs}, f32, Tag::a}, bias, {{outputs}, f32, Tag::a}, nullptr)},
                    {DNNL_ARG_DST, all->output}};
  all->primitive = Primitive(chosen);
  return {[all] { all->primitive.execute(machine().stream, all->arguments); }, chosen.impl_info_str(),
          [all, destination](float* to) {
            memory plain(destination, machine().engine, to);
            dnnl::reorder(all->output, plain).execute(machine().stream, all->output, plain);
            machine().stream.wait();
          }};
}

OnednnLayer linear(const model::Layer& layer, const float* weights, const float* input) {
  const memory::dim outputs = layer.parameters.outputs, inputs = layer.input_shape.elements();
  const dnnl::inner_product_forward::desc wanted(dnnl::prop_kind::forward_inference, {{1, inputs}, f32, Tag::any},
                                                 {{outputs, inputs}, f32, Tag::any}, {{outputs}, f32, Tag::a},
                                                 {{1, outputs}, f32, Tag::any});
  return prepare<dnnl::inner_product_forward>({wanted, machine().engine}, {{outputs, inputs}, f32, Tag::ab}, weights,
                                              {{1, inputs}, f32, Tag::ab}, input, {{1, outputs}, f32, Tag::ab},
                                              outputs);
}

OnednnLayer convolution(const model::Layer& layer, const float* weights, const float* input) {
  const auto& from = layer.input_shape.extents;
  const auto& to = layer.shape.extents;
  const model::Window& window = layer.parameters.window;
  const memory::dim groups = layer.parameters.groups, outputs = layer.parameters.outputs;
  const memory::dims source{1, from[0], from[1], from[2]}, destination{1, to[0], to[1], to[2]};
  memory::dims filters{outputs / groups, from[0] / groups, window.kernel_height, window.kernel_width};
  if (groups > 1) filters.insert(filters.begin(), groups);
  const memory::dims pad{window.pad_height, window.pad_width};
  const dnnl::convolution_forward::desc wanted(dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_auto,
                                               {source, f32, Tag::any}, {filters, f32, Tag::any},
                                               {{outputs}, f32, Tag::a}, {destination, f32, Tag::any},
                                               {window.stride_height, window.stride_width}, pad, pad);
  return prepare<dnnl::convolution_forward>({wanted, machine().engine},
                                            {filters, f32, groups > 1 ? Tag::goihw : Tag::oihw}, weights,
                                            {source, f32, Tag::nchw}, input, {destination, f32, Tag::nchw}, outputs);
}

}  // namespace

bool has_onednn() { return true; }

OnednnLayer onednn_layer(const model::Layer& layer, const float* weights, const float* input) {
  return layer.type == model::LayerType::linear ? linear(layer, weights, input) : convolution(layer, weights, input);
}

#else

bool has_onednn() { return false; }
OnednnLayer onednn_layer(const model::Layer&, const float*, const float*) { return {}; }

#endif

}  // namespace tiercut::benchmarks
