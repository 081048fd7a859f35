// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>
#include <vector>

/// Instructions that kernels take, counted by running them under emulation (tests/boards/count).
namespace tiercut::kernels {

struct InstructionCounts {
  double total = 0;
  double multiply = 0;       ///< of vectors: multiplication, multiply-add, division
  double vector = 0;         ///< other arithmetic of vectors
  double vector_memory = 0;  ///< vectors from and to memory
  double memory = 0;         ///< anything from and to memory, vectors included
};

/// One run of a counted layer.
struct CountedRun {
  std::string_view processor;  ///< `cortex-a7`
  std::string_view kind;       ///< as KernelKind::name
  int layer = 0;               ///< index into KernelKind::layers
  InstructionCounts counts;
};
std::span<const CountedRun> counted_runs();

/// Of one kind on one processor, in the order of its layers. Empty when there are none.
std::vector<InstructionCounts> counts_of(std::string_view processor, std::string_view kind);

}  // namespace tiercut::kernels
