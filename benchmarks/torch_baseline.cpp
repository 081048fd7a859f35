// SPDX-License-Identifier: Apache-2.0
#include "torch_baseline.hpp"

#ifdef TIERCUT_BENCHMARK_TORCH
#include <torch/torch.h>

namespace tiercut::benchmarks {

std::function<void(std::span<const std::size_t>)> torch_step(const TorchTraining& training) {
  torch::set_num_threads(1);
  torch::manual_seed(1);
  torch::nn::Sequential net;
  for (std::size_t i = 0; i + 1 < training.widths.size(); ++i) {
    if (i > 0) net->push_back(torch::nn::ReLU(torch::nn::ReLUOptions().inplace(true)));
    net->push_back(torch::nn::Linear(training.widths[i], training.widths[i + 1]));
  }
  const auto count = static_cast<std::int64_t>(training.labels.size());
  const torch::Tensor values =
      torch::from_blob(const_cast<float*>(training.values.data()), {count, training.widths.front()}).clone();
  torch::Tensor labels = torch::empty({count}, torch::kInt64);
  for (std::int64_t i = 0; i < count; ++i) labels[i] = training.labels[static_cast<std::size_t>(i)];
  auto optimizer = std::make_shared<torch::optim::SGD>(
      net->parameters(), torch::optim::SGDOptions(training.rate).momentum(training.momentum));
  return [net, values, labels, optimizer](std::span<const std::size_t> samples) mutable {
    torch::Tensor chosen = torch::empty({static_cast<std::int64_t>(samples.size())}, torch::kInt64);
    std::copy(samples.begin(), samples.end(), chosen.data_ptr<std::int64_t>());
    optimizer->zero_grad();
    const torch::Tensor scores = net->forward(values.index_select(0, chosen));
    torch::nn::functional::cross_entropy(scores, labels.index_select(0, chosen)).backward();
    optimizer->step();
  };
}

}  // namespace tiercut::benchmarks
#else
namespace tiercut::benchmarks {

std::function<void(std::span<const std::size_t>)> torch_step(const TorchTraining&) { return {}; }

}  // namespace tiercut::benchmarks
#endif
