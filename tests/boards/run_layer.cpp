// SPDX-License-Identifier: Apache-2.0
// run_layer KIND LAYER TIMES: makes one of the counted layers ready and runs it TIMES times. Two runs of this program
// under an emulator that counts instructions differ by what the kernel takes. Without arguments: a line `KIND LAYERS` a
// kind.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "kernels/estimate/kernel_kinds.hpp"
#include "kernels/kernel.hpp"

using namespace tiercut;
using namespace tiercut::kernels;

namespace {

int run(const KernelKind& kind, std::size_t index, int times) {
  const PreparedLayer prepared = prepare(kind.type, kind.layers.at(index));
  std::vector<const model::Layer*> inputs;
  std::vector<Buffer> buffers;
  for (const model::Layer& input : prepared.inputs) {
    inputs.push_back(&input);
    buffers.push_back(buffer_for(input.shape, input.encoding));
  }
  std::vector<const Buffer*> pointers;
  for (const Buffer& buffer : buffers) pointers.push_back(&buffer);
  ThreadPool threads(1);
  auto made = make_kernel(prepared.layer, inputs, random_weights(prepared.layer, 1), threads);
  if (!made) {
    std::fputs(to_text(made.error()).c_str(), stderr);
    return 1;
  }
  Buffer output = buffer_for(prepared.layer.shape, prepared.layer.encoding);
  for (int i = 0; i < times; ++i) made->kernel->run(pointers, output);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  for (const KernelKind& kind : kernel_kinds()) {
    if (argc < 4) std::printf("%s %zu\n", kind.name.c_str(), kind.layers.size());
    if (argc == 4 && kind.name == argv[1]) {
      return run(kind, static_cast<std::size_t>(std::atoi(argv[2])), std::atoi(argv[3]));
    }
  }
  return argc < 4 ? 0 : 2;
}
