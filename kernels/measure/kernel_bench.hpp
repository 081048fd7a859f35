// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "kernels/kernel.hpp"
#include "kernels/measure/campaign.hpp"
#include "kernels/measure/cold_caches.hpp"

namespace tiercut::kernels {

/// The real kernels, with random weights and inputs.
class KernelBench final : public Workbench {
 public:
  /// `backend`: empty for the best that supports a layer. A layer that the named one does not support falls to the
  /// best of the others, as it would in a deployment.
  KernelBench(int threads, std::string backend, std::size_t last_level_bytes);

  Result<Prepared> prepare(const BenchCase& bench_case) override;
  Subject& reference() override { return *reference_; }

 private:
  ThreadPool threads_;
  ThreadPool single_thread_{1};
  std::string backend_;
  CacheSweeper sweeper_;
  std::unique_ptr<Subject> reference_;
};

}  // namespace tiercut::kernels
