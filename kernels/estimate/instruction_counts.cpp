// SPDX-License-Identifier: Apache-2.0
#include "kernels/estimate/instruction_counts.hpp"

namespace tiercut::kernels {
namespace {

constexpr CountedRun runs[] = {
#include "kernels/estimate/instruction_counts.inc"
};

}  // namespace

std::span<const CountedRun> counted_runs() { return runs; }

std::vector<InstructionCounts> counts_of(std::string_view processor, std::string_view kind) {
  std::vector<InstructionCounts> counts;
  for (const CountedRun& run : runs) {
    if (run.processor == processor && run.kind == kind) counts.push_back(run.counts);
  }
  return counts;
}

}  // namespace tiercut::kernels
