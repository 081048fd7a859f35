// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/bits.hpp"
#include "kernels/eigen_kernels.hpp"
#include "kernels/joins.hpp"
#include "kernels/tasks.hpp"
#include "kernels/window_range.hpp"

namespace tiercut::kernels {
namespace {

class BitConcatenation final : public Kernel {
 public:
  explicit BitConcatenation(const KernelRequest& request) : plan_(request.layer, request.inputs) {}
  void run(std::span<const Buffer* const> inputs, Buffer& output) override {
    std::fill_n(output.words(), output.bytes() / sizeof(std::uint64_t), 0);
    std::size_t done = 0;
    for (std::size_t repeat = 0; repeat < plan_.repeats; ++repeat) {
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        append_bits(output.words(), done, inputs[i]->words(), repeat * plan_.runs[i], plan_.runs[i]);
        done += plan_.runs[i];
      }
    }
  }

 private:
  Concatenation plan_;
};

class BitMaximum final : public Kernel {
 public:
  void run(std::span<const Buffer* const> inputs, Buffer& output) override {
    const std::size_t words = output.bytes() / sizeof(std::uint64_t);
    std::copy_n(inputs[0]->words(), words, output.words());
    for (const Buffer* input : inputs.subspan(1)) {
      for (std::size_t i = 0; i < words; ++i) output.words()[i] |= input->words()[i];
    }
  }
};

class BitPooling final : public Kernel {
 public:
  explicit BitPooling(const KernelRequest& request)
      : threads_(request.threads),
        elements_(request.layer.shape.elements()),
        height_(vertical(request.layer.parameters.window, request.layer.input_shape.extents[1],
                         request.layer.shape.extents[1])),
        width_(horizontal(request.layer.parameters.window, request.layer.input_shape.extents[2],
                          request.layer.shape.extents[2])) {}

  void run(std::span<const Buffer* const> inputs, Buffer& output) override {
    const std::uint64_t* from = inputs[0]->words();
    const Index words = (elements_ + 63) / 64;
    for_each_piece(threads_, words, 4, elements_ * height_.kernel * 4, [&](Index begin, Index end) {
      Position at(64 * begin, height_.output, width_.output);
      for (Index word = begin; word < end; ++word) {
        std::uint64_t bits = 0;
        const Index count = std::min<Index>(64, elements_ - 64 * word);
        for (Index i = 0; i < count; ++i, at.advance(height_.output, width_.output)) {
          bits |= std::uint64_t{is_any_set(from, at)} << i;
        }
        output.words()[word] = bits;
      }
    });
  }

 private:
  bool is_any_set(const std::uint64_t* from, const Position& at) const {
    const Range columns = width_.covered(at.x), rows = height_.covered(at.y);
    for (Index y = rows.begin; y < rows.end; ++y) {
      const Index row = (at.channel * height_.input + y) * width_.input;
      for (Index x = columns.begin; x < columns.end; x += 64) {
        const Index count = std::min<Index>(64, columns.end - x);
        if (read_bits(from, static_cast<std::size_t>(row + x), static_cast<std::size_t>(count)) != 0) return true;
      }
    }
    return false;
  }

  ThreadPool& threads_;
  Index elements_;
  Side height_, width_;
};

}  // namespace

KernelPointer bit_pooling(const KernelRequest& request) { return std::make_unique<BitPooling>(request); }

KernelPointer bit_join(const KernelRequest& request) {
  if (request.layer.type == model::LayerType::join_concatenate) return std::make_unique<BitConcatenation>(request);
  return std::make_unique<BitMaximum>();
}

}  // namespace tiercut::kernels
