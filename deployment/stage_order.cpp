// SPDX-License-Identifier: Apache-2.0
#include "deployment/stage_order.hpp"

#include <algorithm>
#include <functional>
#include <queue>
#include <stdexcept>
#include <tuple>

namespace tiercut::deployment {
namespace {

using Key = std::tuple<int, model::LayerId, StageId>;

/// By draft its place in the order.
std::vector<StageId> new_ids(const std::vector<Draft>& drafts) {
  std::vector<int> missing(drafts.size());
  std::vector<std::vector<StageId>> followers(drafts.size());
  std::priority_queue<Key, std::vector<Key>, std::greater<>> free;
  const auto release = [&](StageId id) {
    const Draft& draft = drafts[static_cast<std::size_t>(id)];
    free.emplace(draft.level, draft.layer, id);
  };
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    missing[i] = static_cast<int>(drafts[i].stage.inputs.size());
    for (const Edge& edge : drafts[i].stage.inputs) {
      followers[static_cast<std::size_t>(edge.from)].push_back(static_cast<StageId>(i));
    }
    if (missing[i] == 0) release(static_cast<StageId>(i));
  }
  std::vector<StageId> id_of(drafts.size(), -1);
  StageId next = 0;
  for (; !free.empty(); ++next) {
    const auto draft = static_cast<std::size_t>(std::get<2>(free.top()));
    free.pop();
    id_of[draft] = next;
    for (const StageId follower : followers[draft]) {
      if (--missing[static_cast<std::size_t>(follower)] == 0) release(follower);
    }
  }
  if (next != static_cast<StageId>(drafts.size())) throw std::logic_error("stages wait for each other in a circle");
  return id_of;
}

void renumber(std::vector<StageId>& ids, const std::vector<StageId>& id_of) {
  for (StageId& id : ids) id = id_of[static_cast<std::size_t>(id)];
  std::sort(ids.begin(), ids.end());
}

}  // namespace

std::vector<Stage> in_order(std::vector<Draft> drafts) {
  const std::vector<StageId> id_of = new_ids(drafts);
  std::vector<Stage> stages(drafts.size());
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    Stage& stage = stages[static_cast<std::size_t>(id_of[i])];
    stage = std::move(drafts[i].stage);
    for (Edge& edge : stage.inputs) edge.from = id_of[static_cast<std::size_t>(edge.from)];
    if (auto* decision = std::get_if<Decision>(&stage.work)) renumber(decision->cancels, id_of);
    if (auto* control = std::get_if<Control>(&stage.work)) renumber(control->cancels, id_of);
  }
  return stages;
}

}  // namespace tiercut::deployment
