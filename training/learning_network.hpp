// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/diagnostic.hpp"
#include "kernels/kernel.hpp"
#include "model/model.hpp"
#include "training/dataset.hpp"

namespace tiercut::training {

/// What is minimised: the weighted sum of the cross entropies of some layers' class scores, each the mean over the
/// samples of the batch whose class counts. A layer named here is a
/// Softmax (its input is taken for the loss, which is then the numerically sound log-softmax) or any layer of scores
/// (a softmax is then thought behind it, as for the exits of single devices in DDNN).
struct LossTerm {
  model::LayerId layer = 0;
  double weight = 1;
  /// Data class -> class of this layer; -1: samples of the class do not count. Empty: the same.
  std::vector<int> class_map;
};

struct Optimizer {
  enum class Method { sgd, adam };
  Method method = Method::sgd;
  double rate = 0.1;
  double momentum = 0.9;                              ///< SGD
  bool is_nesterov = false;                           ///< SGD
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;  ///< Adam
  double weight_decay = 0;                            ///< L2, on weights and not on biases or normalisation
};

/// Which samples a step takes, of a data set.
struct Batch {
  const Dataset& data;
  std::span<const std::size_t> samples;
};

struct StepResult {
  double loss = 0;                   ///< mean over the samples, all terms with their weights
  std::vector<double> term_loss;     ///< by loss term, without weight
  std::vector<std::size_t> correct;  ///< by loss term: samples whose largest score is the wanted class
  std::vector<std::size_t> counted;  ///< by loss term: samples whose class counts
};

/// A model with weights that learn. Forward and backward pass over batches on Eigen, float32; one thread gives the
/// same bits every time for a seed. BinaryFC and BinaryConvP learn real weights clipped to [-1, 1] whose signs are
/// used, sign activations pass their gradient where |x| <= 1 (straight-through; facts of the DDNN paper). Batch
/// normalisation uses batch statistics when training and running ones (momentum 0.9) when answering.
class Network {
 public:
  /// Fresh weights (Glorot uniform; He for ReLU nets' layers that feed a ReLU) by `seed`. The model must outlive it.
  /// Fails with not-trainable, naming the layer, where nothing that a loss is computed from has weights; with
  /// bad-loss-term and bad-optimizer.
  static Result<Network> make(const model::Model& model, std::vector<LossTerm> loss, const Optimizer& optimizer,
                              std::uint64_t seed);
  Network(Network&&) noexcept;
  Network& operator=(Network&&) noexcept;
  ~Network();

  /// One optimiser step. A loss or gradient that is no number changes nothing and fails with loss-not-finite, naming
  /// the first layer whose output is not finite (or the sample whose data are) and giving advice. Also fails with
  /// data-misfit, label-out-of-range and empty-batch.
  Result<StepResult> step(const Batch& batch);

  /// Gradients by finite differences are compared with these in tests: gradient of the loss with respect to each
  /// trainable parameter of a layer, in the order of parameters(). Here and in probabilities(), data that do not fit
  /// the model are a broken invariant: std::invalid_argument.
  std::vector<float> gradient(const Batch& batch, model::LayerId layer);

  /// The trainable values of a layer as they are used by the optimiser (real weights of binary layers): weights, then
  /// biases; gamma, then beta; slopes; real weights, gamma, beta. Empty for other types.
  std::span<float> parameters(model::LayerId layer);
  void set_rate(double rate);  ///< for schedules

  /// Class probabilities of a layer (as LossTerm::layer) for samples: samples x classes. As in deployment: running
  /// statistics, signs. `present`: where not empty, inputs that are absent (value 0) are false, for lost devices;
  /// a join leaves tensors of absent devices out (maximum, average, sum) or takes zeros (concatenation). A layer whose
  /// inputs are all absent is absent itself, and gives every class the same probability when it is asked.
  std::vector<float> probabilities(const Batch& batch, model::LayerId layer, const std::vector<bool>& present = {});

  /// What deployment reads: LayerWeights by layer id in the layout of kernels/kernel.hpp.
  std::vector<kernels::LayerWeights> weights() const;
  /// Loads weights of that layout; the optimiser begins anew. Binary layers take +1 and -1 for their real weights.
  /// Fails with bad-weights, naming every layer that does not fit.
  Result<void> set_weights(const std::vector<kernels::LayerWeights>& weights);

  /// Everything that training goes on from (real weights, moments, running statistics, step count), as bytes with a
  /// checksum. What is damaged, or of another model or optimiser, fails with bad-training-state and changes nothing.
  std::string state() const;
  Result<void> set_state(std::string_view bytes);

 private:
  Network();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tiercut::training
