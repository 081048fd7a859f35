// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "kernels/kernel.hpp"
#include "reference.hpp"

/// One layer with inputs and weights: what the tests run on every backend and hold against the reference.
namespace tiercut::kernels {

struct KernelCase {
  std::vector<model::Layer> inputs;
  model::Layer layer;
  LayerWeights weights;
  std::vector<std::vector<double>> values;  ///< of the inputs; +1 and -1 where they are bits

  std::vector<const model::Layer*> input_pointers() const;
  bool has_packed_input() const;
};

struct InputSpec {
  std::vector<std::int64_t> extents;
  model::Encoding encoding = model::Encoding::f32;
};

/// Derived, with random weights and inputs: whole numbers in -8 .. 8 for the binary blocks (their float32 sums are
/// exact then), else floats in -2 .. 2. Throws when the shapes do not fit.
KernelCase make_case(model::LayerType type, const model::LayerParameters& parameters,
                     const std::vector<InputSpec>& inputs, std::uint64_t seed);

/// `draw(low, high)` gives a whole number in low .. high; all else follows from it.
using Draw = std::function<int(int low, int high)>;
KernelCase random_case(model::LayerType type, const Draw& draw);
/// A case of the type that is large enough to be shared among threads.
KernelCase large_case(model::LayerType type, bool has_packed_input);

/// The layer types that kernels exist for: all but Input.
std::vector<model::LayerType> computed_types();

Buffer filled_buffer(const model::Layer& input, const std::vector<double>& values);
std::vector<double> values_of(const Buffer& buffer, const model::TensorShape& shape, model::Encoding encoding);

/// A made kernel with its buffers.
struct ReadyKernel {
  ReadyKernel(const KernelCase& kernel_case, ThreadPool& threads, std::string_view backend);
  bool is_supported = false;  ///< the backend has this layer; any other failure throws
  std::unique_ptr<Kernel> kernel;
  std::vector<Buffer> inputs;
  std::vector<const Buffer*> pointers;
  Buffer output;
  void run() { kernel->run(pointers, output); }
};

/// Empty when `got` agrees with the reference: NaN where it is NaN, infinite where it is infinite, bits equal, floats
/// within `tolerance` of the scale (and exactly for BinaryFC over whole numbers, at tolerance 0).
std::string difference(const std::vector<double>& got, const reference::Result& want, double tolerance);
double tolerance_of(const KernelCase& kernel_case);

/// Runs the case on the backend; empty when it agrees with the reference or is not supported (which is counted).
std::string check_against_reference(const KernelCase& kernel_case, std::string_view backend, int& supported,
                                    int threads = 1);

std::string describe(const KernelCase& kernel_case);

}  // namespace tiercut::kernels
