// SPDX-License-Identifier: Apache-2.0
#include "kernels/estimate/boards.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace tiercut::kernels {
namespace {

using enum Quantity;
using enum Standing;

constexpr std::string_view ring_read =
    "10 bytes a cycle, about a third of what the ring carries (32 bytes a cycle); no figure of one core was found";
constexpr std::string_view haswell_multiply =
    "two 256-bit fused multiply-adds a cycle; llvm-mca's haswell model gives 0.063 cycles a multiply-accumulate";
constexpr std::string_view haswell_memory = "two loads a cycle";
constexpr std::string_view four_wide = "four instructions a cycle";

const std::vector<BoardUnit>& table() {
  static const std::vector<BoardUnit> units = {
      {"raspberry-pi-2",
       "cpu",
       "cortex-a7",
       Pipeline::in_order,
       {{clock, 900e6, vendor, "Big-Little, Table 1"},
        {multiply, 4, reckoned,
         "a 64-bit path with two multipliers: mobilenet_v1 of the ncnn benchmark table takes 708 and 921 ms on one "
         "Cortex-A7 at 1.0 GHz, 0.62 to 0.80 multiply-accumulates a cycle, so a peak of about one"},
        {vector, 2, reckoned, "a 64-bit path, and comparisons and sums need no multiplier"},
        {vector_memory, 2, proxy, "gcc/config/arm/cortex-a7.md: 2 cycles a NEON load"},
        {other, 0.75, reckoned, "two of them at once where they allow it, which is less than half of the time"},
        {near_cache, 512 << 10, published, "latency steps of tinymembench (sbc-bench results/3MGs.txt)"},
        {memory_read, 1312.1e6, published,
         "tinymembench, one stream read by NEON (sbc-bench results/3MGs.txt; a second board 1320.3). Two streams side "
         "by side: 368.4 MB/s; our kernels read the weights as one"}},
       2.5,
       "convolutions come out up to 2.0 above ncnn's on the same core (docs/estimates.md), and Cortex-A7 boards of one "
       "clock differ by 1.3 among themselves"},
      {"intel-edison",
       "cpu",
       "silvermont",
       Pipeline::out_of_order,
       {{clock, 500e6, vendor, "Big-Little, Table 1"},
        {multiply, 2, published,
         "close to 4 GFLOP/s SGEMM on two cores is 4 operations a cycle and core (karlrupp.net, February 2016)"},
        {vector, 1, reckoned,
         "llvm-mca's silvermont model: 1.00 cycle a multiply-accumulate of the SSE loop with the above"},
        {vector_memory, 1, reckoned, "one load or store a cycle"},
        {other, 0.5, reckoned, "two instructions a cycle"},
        {near_cache, 1 << 20, vendor, "1 MiB that a pair of Silvermont cores shares"},
        {memory_read, 2e9, reckoned,
         "range 1.5 to 3: a Silvermont at 1.83 GHz scans 3.9 GB/s (Atom Z3735F, sbc-bench results/4r54.txt)"}},
       3,
       "no bandwidth of the board was found, its range alone is 1.5 each way, and no time of any network"},
      {"jetson-tk1",
       "cpu",
       "cortex-a15",
       Pipeline::out_of_order,
       {{clock, 2.32e9, vendor, "DIANNE, Table 1: Tegra K1, whose Cortex-A15 run at up to 2.32 GHz"},
        {multiply, 2, reckoned, "llvm-mca's cortex-a15 model: 0.50 cycles a multiply-accumulate of the NEON loop"},
        {vector, 1, reckoned, "half of a multiplication"},
        {vector_memory, 1, reckoned, "one load or store a cycle"},
        {other, 1.0 / 3, reckoned, "three instructions a cycle"},
        {near_cache, 2 << 20, vendor, "2 MiB that the four cores share"},
        {memory_read, 4.46e9, proxy,
         "prefetched read of a Cortex-A15 at 2.0 GHz with the same 14.9 GB/s memory (ODROID-XU4, sbc-bench "
         "results/8ctH.txt)"}},
       3,
       "no measurement of this board's processor was found; llvm-mca prices a Cortex-A15 as a Cortex-A9"},
      {"jetson-tk1",
       "gpu",
       "",
       Pipeline::roofline,
       {{arithmetic, 70e9, reckoned,
         "AlexNet takes 34 ms an image under Caffe (Pete Warden, How to run the Caffe deep learning vision library on "
         "Nvidia's Jetson mobile GPU board): 43 GFLOP/s if weights were read once a batch, about 110 if once an image; "
         "this is their geometric middle"},
        {memory_read, 10.4e9, reckoned, "70 % of the 14.9 GB/s peak (NVIDIA, via wccftech.com)"},
        {launch, 20e-6, reckoned, "a guess of one kernel launch"}},
       4.2,
       "NVIDIA's SGEMM reaches 290 GFLOP/s"},
      {"xeon-e5-2650v2",
       "cpu",
       "ivy-bridge",
       Pipeline::out_of_order,
       {{clock, 3.4e9, vendor, "turbo of one core"},
        {multiply, 1, reckoned,
         "one multiplication a cycle, 128 bits of it: Highway has no target between SSE4 and AVX2"},
        {vector, 1.0 / 3, reckoned,
         "beside multiplications on the other ports; llvm-mca's ivybridge model gives 0.30 cycles a "
         "multiply-accumulate of the SSE loop, this 0.33"},
        {vector_memory, 0.5, vendor, haswell_memory},
        {other, 0.25, vendor, four_wide},
        {near_cache, 256 << 10, vendor, "second-level cache of a core"},
        {far_cache, 20 << 20, vendor, "last-level cache"},
        {far_cache_read, 34e9, reckoned, ring_read},
        {memory_read, 8.7e9, proxy,
         "STREAM triad on one core of an E5-2695v2 with DDR3-1600 (pugetsystems.com, memory performance for Intel Xeon "
         "Haswell-EP)"}},
       2,
       "the memory rate is a sibling's, and a triad's rather than a read's"},
      {"server-e5-2620v3-gtx980",
       "cpu",
       "haswell",
       Pipeline::out_of_order,
       {{clock, 3.2e9, vendor, "turbo of one core"},
        {multiply, 0.5, vendor, haswell_multiply},
        {vector, 0.5, reckoned, "two a cycle"},
        {vector_memory, 0.5, vendor, haswell_memory},
        {other, 0.25, vendor, four_wide},
        {near_cache, 256 << 10, vendor, "second-level cache of a core"},
        {far_cache, 15 << 20, vendor, "last-level cache"},
        {far_cache_read, 32e9, reckoned, ring_read},
        {memory_read, 10.1e9, reckoned,
         "8.7 GB/s STREAM triad on one core with DDR3-1600 (pugetsystems.com), scaled to DDR4-1866"}},
       2,
       "the memory rate is scaled from another generation's"},
      {"server-e5-2620v3-gtx980",
       "gpu",
       "",
       Pipeline::roofline,
       {{arithmetic, 1.5e12, reckoned,
         "a third of the vendor's peak of 4.6 TFLOP/s for single images; OverFeat fast at batch 128 reaches 1.9 to 5.7 "
         "on "
         "the larger TITAN X (Caffe log in soumith/convnet-benchmarks)"},
        {memory_read, 157e9, reckoned, "70 % of the vendor's peak of 224 GB/s"},
        {launch, 10e-6, reckoned, "a guess of one kernel launch"}},
       3,
       "no timing of this card or of single images was found"},
      {"laptop-i7-4500u",
       "cpu",
       "haswell",
       Pipeline::out_of_order,
       {{clock, 3.0e9, vendor, "turbo of one core"},
        {multiply, 0.5, vendor, haswell_multiply},
        {vector, 0.5, reckoned, "two a cycle"},
        {vector_memory, 0.5, vendor, haswell_memory},
        {other, 0.25, vendor, four_wide},
        {near_cache, 256 << 10, vendor, "second-level cache of a core"},
        {far_cache, 4 << 20, vendor, "last-level cache"},
        {far_cache_read, 30e9, reckoned, ring_read},
        {memory_read, 10.2e9, reckoned,
         "80 % of one channel of DDR3L-1600 (12.8 GB/s): 4 GB usually means one channel"}},
       2.5,
       "one channel or two is not known, and a thin laptop does not keep its turbo"}};
  return units;
}

}  // namespace

std::string_view to_text(Quantity quantity) {
  switch (quantity) {
    case clock:
      return "clock";
    case multiply:
      return "cycles a vector multiply-add";
    case vector:
      return "cycles other vector arithmetic";
    case vector_memory:
      return "cycles a vector load or store";
    case other:
      return "cycles any instruction";
    case near_cache:
      return "near cache";
    case far_cache:
      return "far cache";
    case far_cache_read:
      return "far cache, read rate";
    case memory_read:
      return "memory, read rate";
    case arithmetic:
      return "arithmetic rate";
    case launch:
      return "launch";
  }
  return {};
}

std::string text_of(Quantity quantity, double value) {
  switch (quantity) {
    case clock:
      return fmt::format("{:g} GHz", value / 1e9);
    case multiply:
    case vector:
    case vector_memory:
    case other:
      return fmt::format("{:.3g}", value);
    case near_cache:
    case far_cache:
      return value < (1 << 20) ? fmt::format("{:g} KiB", value / (1 << 10))
                               : fmt::format("{:g} MiB", value / (1 << 20));
    case far_cache_read:
    case memory_read:
      return fmt::format("{:g} GB/s", value / 1e9);
    case arithmetic:
      return fmt::format("{:g} GFLOP/s", value / 1e9);
    case launch:
      return fmt::format("{:g} us", value * 1e6);
  }
  return {};
}

std::string_view to_text(Standing standing) {
  switch (standing) {
    case published:
      return "published";
    case Standing::vendor:
      return "vendor";
    case proxy:
      return "proxy";
    case reckoned:
      return "reckoned";
  }
  return {};
}

bool BoardUnit::has(Quantity quantity) const {
  return std::ranges::any_of(inputs, [&](const Input& input) { return input.quantity == quantity; });
}

double BoardUnit::operator[](Quantity quantity) const {
  for (const Input& input : inputs) {
    if (input.quantity == quantity) return input.value;
  }
  throw std::out_of_range(fmt::format("{} has no {}", board, to_text(quantity)));
}

std::span<const BoardUnit> board_units() { return table(); }

std::vector<std::string> estimated_boards() {
  std::vector<std::string> boards;
  for (const BoardUnit& unit : table()) {
    if (boards.empty() || boards.back() != unit.board) boards.emplace_back(unit.board);
  }
  return boards;
}

}  // namespace tiercut::kernels
