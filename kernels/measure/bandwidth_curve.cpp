// SPDX-License-Identifier: Apache-2.0
#include "kernels/measure/bandwidth_curve.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#include "kernels/measure/sampler.hpp"
#ifdef TIERCUT_WITH_HIGHWAY
#include "kernels/highway/read_bandwidth.hpp"
#endif

namespace tiercut::kernels {
namespace {

constexpr std::size_t smallest_set = std::size_t{16} << 10;
constexpr std::size_t huge_page = std::size_t{2} << 20;
constexpr std::size_t readable_past_end = 4096;

#ifndef TIERCUT_WITH_HIGHWAY
/// The compiler's own vectors do, where the vectorised reader was not built.
float read_streams(const float* data, std::size_t floats, int streams) {
  constexpr std::size_t step = 32;
  const std::size_t part = floats / static_cast<std::size_t>(streams);
  std::uint32_t seen[step] = {};
  for (std::size_t i = 0; i + step <= part; i += step) {
    for (int stream = 0; stream < streams; ++stream) {
      std::uint32_t block[step];
      std::memcpy(block, data + static_cast<std::size_t>(stream) * part + i, sizeof(block));
      for (std::size_t j = 0; j < step; ++j) seen[j] ^= block[j];
    }
  }
  std::uint32_t all = 0;
  for (const std::uint32_t word : seen) all ^= word;
  return static_cast<float>(all);
}
#endif

/// Pages come large where the system gives such, as the kernels' own weights do.
class ProbeMemory {
 public:
  explicit ProbeMemory(std::size_t bytes) {
    void* memory = nullptr;
    if (posix_memalign(&memory, huge_page, bytes + readable_past_end) != 0) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
    static_cast<void>(madvise(memory, bytes / huge_page * huge_page, MADV_HUGEPAGE));
#endif
    std::memset(memory, 1, bytes + readable_past_end);
    data_.reset(static_cast<float*>(memory));
  }
  float* floats() { return data_.get(); }

 private:
  struct Release {
    void operator()(float* memory) const { std::free(memory); }
  };
  std::unique_ptr<float, Release> data_;
};

class Reading final : public Subject {
 public:
  Reading(const float* data, std::size_t bytes, int streams)
      : data_(data), floats_(bytes / sizeof(float)), streams_(streams) {}
  void run() override { sink_ = read_streams(data_, floats_, streams_); }

 private:
  const float* data_;
  std::size_t floats_;
  int streams_;
  volatile float sink_ = 0;
};

class Copying final : public Subject {
 public:
  explicit Copying(std::size_t bytes) : from_(bytes), to_(bytes), bytes_(bytes) {}
  void run() override {
    std::memcpy(to_.floats(), from_.floats(), bytes_);
    sink_ = *to_.floats();  // or the copy might be left out
  }

 private:
  ProbeMemory from_, to_;
  std::size_t bytes_;
  volatile float sink_ = 0;
};

Seconds median_time(Subject& subject, Stopwatch& stopwatch, const ClockQuality& clock, Seconds budget) {
  SampleSet samples;
  take_samples(subject, stopwatch, clock, {.budget = budget, .tolerance = 0.005, .most_samples = 100}, samples);
  return samples.median();
}

}  // namespace

std::vector<std::size_t> working_sets(std::size_t most) {
  std::vector<std::size_t> sets;
  for (std::size_t size = smallest_set; size <= most; size *= 2) {
    sets.push_back(size);
    if (size / 2 * 3 <= most) sets.push_back(size / 2 * 3);
  }
  return sets;
}

std::vector<BandwidthPoint> read_bandwidth(Stopwatch& stopwatch, std::size_t most, Seconds budget) {
  const std::vector<std::size_t> sets = working_sets(most);
  if (sets.empty()) return {};
  ProbeMemory memory(sets.back());
  const ClockQuality clock = quality_of(stopwatch);
  constexpr int streams[] = {1, 2, 4, 8};
  const Seconds each = budget / static_cast<double>(sets.size() * std::size(streams));
  std::vector<BandwidthPoint> curve;
  for (const std::size_t bytes : sets) {
    Seconds fastest = Seconds::infinite();
    for (const int count : streams) {
      Reading reading(memory.floats(), bytes, count);
      fastest = std::min(fastest, median_time(reading, stopwatch, clock, each));
    }
    const Bytes size(static_cast<double>(bytes));
    if (fastest.value() > 0) curve.push_back({size, BytesPerSecond(size.value() / fastest.value())});
  }
  return curve;
}

std::vector<Bytes> cache_knees(std::span<const BandwidthPoint> curve) {
  // Over a doubling of the set; noise of a quiet machine stays below, the end of a cache is far above.
  constexpr double kept_over_doubling = 0.9, kept_at_knee = 0.95;
  std::vector<Bytes> knees;
  const auto falls_from = [&](std::size_t i) {
    return i + 2 < curve.size() && curve[i + 2].bandwidth < kept_over_doubling * curve[i].bandwidth;
  };
  for (std::size_t i = 0; i < curve.size(); ++i) {
    if (!falls_from(i)) continue;
    std::size_t knee = i;
    while (curve[knee + 1].bandwidth >= kept_at_knee * curve[i].bandwidth) ++knee;
    knees.push_back(curve[knee].working_set);
    // One slope, however long, has one knee: the next level begins where it ends.
    while (falls_from(i + 1)) ++i;
    ++i;
  }
  return knees;
}

BytesPerSecond copy_rate(Stopwatch& stopwatch) {
  constexpr std::size_t bytes = std::size_t{1} << 20;
  Copying copying(bytes);
  const Seconds time = median_time(copying, stopwatch, quality_of(stopwatch), Seconds(0.05));
  return time.value() > 0 ? BytesPerSecond(static_cast<double>(bytes) / time.value()) : BytesPerSecond::infinite();
}

}  // namespace tiercut::kernels
