// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "planner/block_relaxation.hpp"

namespace tiercut::planner {

/// The labels along the layers of one block (internal to block_relaxation.cpp). Times count from the moment when the
/// block's start tensor is there, in ps; prices are part of all values. The head: the layers at the place of the start
/// tensor that need nothing from elsewhere. In call mode they are one call with it (rank 0 of deployment/grouping.cpp),
/// and no tensor leaves it before its end.
class BlockSearch {
 public:
  static constexpr double infinity = std::numeric_limits<double>::infinity();

  BlockSearch(const BlockRelaxation& relaxation, const GraphBlock& block, const std::vector<double>& prices);

  struct Ends {
    std::vector<double> bound;             ///< by place of the block's last layer
    std::vector<double> found;             ///< likewise; of a way that was followed to its end
    std::vector<std::vector<int>> places;  ///< by place of the last layer: of the block's layers
    std::size_t labels = 0;
    bool is_exact = true;
  };
  /// `limit`: by place of the end, values that are of no interest from there on. `start_place` -1: from the inputs.
  Ends run(int start_place, const std::vector<double>& limit, std::size_t width) const;

 private:
  struct Labels {
    std::size_t tensors = 0, count = 0;
    std::vector<std::uint8_t> place;  // of each live tensor; with `head_bit` when the head makes it
    std::vector<double> time;         // likewise
    std::vector<double> load;         // of each place
    std::vector<std::uint64_t> used;  // places with work
    std::vector<double> penalty;
    std::vector<double> head;   // how long the head takes
    std::vector<double> leave;  // from the end of the head at least, by place of the end: what it sends elsewhere
    std::vector<double> least;  // of what they can end in, by place of the end
    std::vector<int> parent, choice;
  };
  struct Input {
    std::size_t tensor = 0;     // number
    std::size_t slot = 0;       // among the live ones
    model::LayerId model = -1;  // an Input layer, which has no number
    bool is_first_use = false;  // no layer before takes it
  };
  struct Position {
    std::vector<std::size_t> live;  // numbers of the tensors that layers from here on need
    std::vector<Input> inputs;      // of the layer here
    std::vector<int> kept_slots;    // by slot of the next position: the slot here, -1: the layer's own tensor
    double rest = 0;                // penalties of the layers from here on, at least
  };

  std::size_t at(std::size_t tensor, int from, int to) const {
    return (tensor * places_ + static_cast<std::size_t>(from)) * places_ + static_cast<std::size_t>(to);
  }
  double gap(int from, int to) const {
    return gaps_[static_cast<std::size_t>(from) * places_ + static_cast<std::size_t>(to)];
  }
  void number_tensors();
  void measure_messages();
  void look_back();

  void pass(int start_place, const std::vector<double>& limit, std::size_t width, Ends& ends) const;
  double from_sources(int place) const;
  Labels begin(int start_place) const;
  Labels extended(const Labels& from, std::size_t position, const std::vector<double>& limit) const;
  struct Placed {
    double finish = 0;
    bool is_head = false;
    std::vector<double> leave;                   // by place of the end; empty: nothing leaves the head here
    std::vector<std::pair<int, double>> copies;  // places whose unit hands something to another of its device
  };
  void place_at(const Labels& from, std::size_t label, std::size_t position, int place, Placed& placed) const;
  bool look_ahead(Labels& made, std::size_t label, std::size_t position, const std::vector<double>& limit) const;
  void close(const Labels& from, const std::vector<Labels>& before, Ends& ends) const;
  Labels kept(const Labels& made, const std::vector<double>& limit, std::size_t width, Ends& ends) const;
  bool dominates(const Labels& labels, std::size_t a, std::size_t b) const;

  static constexpr std::uint8_t head_bit = 0x80;

  const BlockRelaxation& relaxation_;
  const GraphBlock& block_;
  const std::vector<double>& prices_;
  std::size_t places_;
  std::vector<std::size_t> number_;  // by id less the first id: 0 the start, i + 1 the i-th layer
  std::vector<Position> positions_;
  std::vector<double> messages_;  // by tensor: place by place
  std::vector<double> gaps_;      // the least that any tensor of the block takes from place to place
  std::vector<double> tail_;      // by tensor, its place, place of the end: from there to the end at least
};

}  // namespace tiercut::planner
