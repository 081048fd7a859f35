// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/diagnostic.hpp"
#include "model/layer.hpp"

/// Single-sample forward kernels: what a layer really does on a processor. A tensor is channels x height x width (or
/// features), C order, float32; a tensor of encoding `bit` is packed: element i is bit i % 64 of word i / 64, set for
/// +1, clear for -1, the bits past the end clear.
namespace tiercut::kernels {

/// Aligned to 64 bytes, padded so that kernels may read (never write) 64 bytes past the end.
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t bytes);  ///< zeroed
  float* floats() { return static_cast<float*>(data_.get()); }
  const float* floats() const { return static_cast<const float*>(data_.get()); }
  std::uint64_t* words() { return static_cast<std::uint64_t*>(data_.get()); }
  const std::uint64_t* words() const { return static_cast<const std::uint64_t*>(data_.get()); }
  void* data() { return data_.get(); }
  const void* data() const { return data_.get(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Release {
    void operator()(void* memory) const;
  };
  std::unique_ptr<void, Release> data_;
  std::size_t bytes_ = 0;
};

/// A buffer of the size that a layer's output tensor takes in memory (float32 or packed bits).
Buffer buffer_for(const model::TensorShape& shape, model::Encoding encoding);

/// Parameters of one layer in the one layout that every backend reads (and packs for itself when it is made):
///   Linear              weights [outputs][inputs], then bias [outputs]
///   Convolution         weights [outputs][inputs / groups][kernel height][kernel width], then bias [outputs]
///   BatchNormalization  gamma, beta, mean, variance, each [channels]
///   PReLU               slopes, [1] or [channels]
///   BinaryFC, BinaryConvP  bits: signs of the weights in the layout of Linear or Convolution, each filter's bits
///                       following the last without gap; floats: gamma, beta, mean, variance, each [outputs]
/// Other types have none. Batch normalisation uses epsilon = batch_norm_epsilon.
struct LayerWeights {
  std::vector<float> floats;
  std::vector<std::uint64_t> bits;
};
inline constexpr float batch_norm_epsilon = 1e-5F;

/// Weights of the right sizes with reproducible values of sensible magnitude (uniform in +-1/sqrt(inputs); variances
/// near 1), for measuring and testing.
LayerWeights random_weights(const model::Layer& layer, std::uint64_t seed);

/// One layer made ready on one backend: weights packed, scratch memory held. run() allocates nothing, is not
/// reentrant, and propagates NaN and infinity as IEEE 754 says (max pooling and ReLU of NaN give NaN).
class Kernel {
 public:
  virtual ~Kernel() = default;
  /// `inputs`: the input tensors' buffers in the layer's order; `output`: of the layer's shape. No overlap, except
  /// where is_in_place_allowed().
  virtual void run(std::span<const Buffer* const> inputs, Buffer& output) = 0;
  virtual bool is_in_place_allowed() const { return false; }
  virtual std::size_t scratch_bytes() const { return 0; }
};

/// Worker threads shared by the kernels of one unit. parallel(n, f) runs f(0..n-1), the caller taking part; with one
/// thread it is a plain loop. Threads are started once and wait without using the processor for long.
class ThreadPool {
 public:
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  int threads() const;
  /// `task` is called as task(context, index); use the template below.
  void run(int count, void (*task)(void* context, int index), void* context);
  template <class Task>
  void parallel(int count, Task&& task) {
    run(
        count, [](void* context, int index) { (*static_cast<std::remove_reference_t<Task>*>(context))(index); }, &task);
  }

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A family of kernels: `eigen` (portable), `highway` (vectorised, dispatched at run time), `onednn` (optional), `cuda`
/// (optional).
class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string_view name() const = 0;
  virtual std::string version() const = 0;  ///< of the library, and the instruction set it chose: `1.0.3 AVX3_ZEN4`
  virtual bool supports(const model::Layer& layer,
                        int inputs_as_bits) const = 0;  ///< bit i set: input i arrives as packed bits
  /// Null when it does not support the layer. `inputs` are the layers that produce the inputs (shapes, encodings).
  virtual std::unique_ptr<Kernel> make(const model::Layer& layer, std::span<const model::Layer* const> inputs,
                                       const LayerWeights& weights, ThreadPool& threads) const = 0;
};

/// The one registry, best backend first on this machine; a new backend is one file and one line there.
std::span<const Backend* const> backends();
const Backend* find_backend(std::string_view name);  ///< null when absent from this build or machine
std::vector<std::string> backend_names();

/// A kernel for the layer: of `backend` when named (fails with backend-absent, or backend-unsupported when it has no
/// such layer), else of the first backend that supports it. Fails with bad-weights when sizes do not fit, bad-shape for
/// zero sizes.
struct MadeKernel {
  std::unique_ptr<Kernel> kernel;
  const Backend* backend = nullptr;
};
Result<MadeKernel> make_kernel(const model::Layer& layer, std::span<const model::Layer* const> inputs,
                               const LayerWeights& weights, ThreadPool& threads, std::string_view backend = {});

}  // namespace tiercut::kernels
