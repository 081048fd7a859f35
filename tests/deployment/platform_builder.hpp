// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "deployment/lowering.hpp"

/// Small scenarios in code, with costs that can be summed by hand: every unit prices a layer at 1 us a weight, layers
/// without weights cost nothing, and nothing has an overhead unless a test adds one.
namespace tiercut::testing {

using scenarios::DeviceRef;
using Place = scenarios::Scenario::Place;

profiles::Unit unit_of(const std::string& name, const std::string& kind);
std::shared_ptr<profiles::Profile> profile_of(std::vector<profiles::Unit> units = {unit_of("cpu", "cpu")});

/// A model as it grows. Images have 4 elements unless a test says otherwise; Linear layers have no bias.
class NetBuilder {
 public:
  model::LayerId add(const std::string& name, model::LayerType type, std::vector<model::LayerId> inputs,
                     std::int64_t outputs = 0);
  model::LayerId input(const std::string& name, std::vector<std::int64_t> extents = {4});
  model::LayerId add(model::Layer layer);
  void exit(const std::string& name, model::LayerId layer);
  model::ModelPointer finish();

 private:
  model::Model net_;
};

/// Devices and links by name; `link(a, b)` adds 15 ms each way without a limit of bandwidth.
class PlatformBuilder {
 public:
  explicit PlatformBuilder(model::ModelPointer net);
  DeviceRef device(const std::string& name, profiles::ProfilePointer profile = profile_of(), int count = 1);
  void link(DeviceRef a, DeviceRef b);
  scenarios::Link& one_way(const std::string& name, DeviceRef from, DeviceRef to);
  void source(const std::string& input, DeviceRef device, Seconds offset = Seconds(0));
  scenarios::Scenario finish(DeviceRef answer_at);
  scenarios::Scenario scenario;
};

/// A plan by layer name: layers whose names begin with the prefix go to the place; the longest prefix decides.
deployment::Plan placed(const scenarios::Scenario& scenario, const std::vector<std::pair<std::string, Place>>& places);

/// image -> little (Linear 8 weights, Softmax; exit `little`) and image -> big (Linear 32, Linear 16): a little
/// network on `pi`, a big one on `cloud`, samples and answers at `pi`, exit conclusive with probability 0.5.
scenarios::Scenario big_little();

/// One line a stage: `3 image -> cloud <- 0 2!` where ! marks an edge that needs an inconclusive outcome and ? one that
/// needs a conclusive outcome.
std::string outline(const deployment::StageGraph& graph);

deployment::StageId find_stage(const deployment::StageGraph& graph, std::string_view name);

template <class Work>
const Work& work_of(const deployment::StageGraph& graph, std::string_view name) {
  return std::get<Work>(graph.stage(find_stage(graph, name)).work);
}

template <class T>
T value_of(Result<T> result) {
  if (!result) throw std::runtime_error(to_text(result.error()));
  return std::move(*result);
}

std::vector<std::string> codes_of(const Diagnostics& diagnostics);

}  // namespace tiercut::testing
