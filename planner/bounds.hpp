// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "planner/call_pricer.hpp"
#include "planner/message_costs.hpp"
#include "planner/search.hpp"

namespace tiercut::planner {

/// Lower bounds for branch and bound: what layers and messages cost at least when nothing else is in their way, and the
/// least time from a finished layer to each answer. Times in ps; `never` where there is no way.
class Bounds {
 public:
  static constexpr std::int64_t never = std::int64_t{1} << 60;
  static constexpr std::int64_t none = -never;  ///< nothing that the answer waits for

  Bounds(const scenarios::Scenario& scenario, const Candidates& candidates);

  int answer_count() const { return static_cast<int>(answers_.size()); }
  /// By answer: the exit, or -1 for the final one.
  const std::vector<int>& answers() const { return answers_; }
  /// The least a tensor takes to a place, on any detour that earlier copies may have opened.
  std::int64_t message(model::LayerId tensor, int from_place, int to_place) const;
  std::int64_t from_source(model::LayerId input, int to_place) const;
  std::int64_t delivery(int answer, int place) const;
  /// From the end of a layer at a place to an answer; `none` when the answer can come without it.
  std::int64_t to_go(model::LayerId layer, int place, int answer) const {
    return to_go_[index(layer, place)][static_cast<std::size_t>(answer)];
  }
  std::int64_t share(model::LayerId layer, int place) const { return share_[index(layer, place)]; }
  std::int64_t alone(model::LayerId layer, int place) const { return alone_[index(layer, place)]; }
  std::int64_t exit_check(int place) const { return exit_check_[static_cast<std::size_t>(place)]; }
  bool runs_layer_by_layer(int place) const { return is_layered_[static_cast<std::size_t>(place)]; }
  bool needs(int answer, model::LayerId layer) const {
    return needs_[static_cast<std::size_t>(answer)][static_cast<std::size_t>(layer)];
  }
  bool is_partial_join(model::LayerId layer) const { return quorum(layer) > 0; }
  int quorum(model::LayerId layer) const { return quorum_[static_cast<std::size_t>(layer)]; }  ///< 0: all inputs

 private:
  std::size_t index(model::LayerId layer, int place) const {
    return static_cast<std::size_t>(layer) * candidates_.places.size() + static_cast<std::size_t>(place);
  }
  std::int64_t arrival(model::LayerId tensor, int place) const;
  void find_answers();
  void price(const scenarios::Scenario& scenario);
  void measure_ways(Bytes size, std::vector<std::int64_t>& ways) const;
  void look_ahead();

  const scenarios::Scenario& scenario_;
  const Candidates& candidates_;
  MessageCosts messages_;
  std::vector<int> answers_;
  std::vector<std::vector<bool>> needs_;
  std::vector<int> quorum_;
  std::vector<int> device_of_;                      // by place
  std::vector<bool> takes_messages_;                // by place
  std::vector<std::vector<std::int64_t>> ways_;     // by tensor: device by device
  std::vector<std::vector<std::int64_t>> returns_;  // by answer: likewise
  std::vector<std::int64_t> share_, alone_, exit_check_;
  std::vector<bool> is_layered_;
  std::vector<std::vector<std::int64_t>> to_go_;
};

}  // namespace tiercut::planner
