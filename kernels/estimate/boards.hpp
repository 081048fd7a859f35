// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/schema.hpp"

/// What is known of boards that are not at hand: every number that an estimate takes in, with its source.
namespace tiercut::kernels {

enum class Quantity {
  clock,
  multiply,        ///< cycles a vector multiplication or multiply-add
  vector,          ///< cycles another arithmetic instruction of vectors
  vector_memory,   ///< cycles a load or store of a vector
  other,           ///< cycles any other instruction; on an out-of-order processor any at all
  near_cache,      ///< what the counted instructions read without waiting
  far_cache,       ///< the level behind it
  far_cache_read,  ///< rate of one core
  memory_read,     ///< rate of one core, or of the GPU
  arithmetic,      ///< GPU: rate of multiply-adds in kernels like ours, two operations each
  launch,          ///< GPU: starting one kernel
};
std::string_view to_text(Quantity quantity);  ///< in words
/// Cycles are plain numbers.
std::string text_of(Quantity quantity, double value);

/// How sure a number is.
enum class Standing {
  published,  ///< measured on this device by a third party
  vendor,     ///< the manufacturer's word
  proxy,      ///< measured on a device with the same core or a sibling chip
  reckoned,   ///< follows from others by the argument given
};
std::string_view to_text(Standing standing);

struct Input {
  Quantity quantity;
  double value;
  Standing standing;
  std::string_view source;
};

/// How instructions become cycles.
enum class Pipeline {
  in_order,      ///< one after the other: the sum over the classes
  out_of_order,  ///< side by side: the largest of all instructions, arithmetic, and memory
  roofline,      ///< no counted instructions: rates only
};

struct BoardUnit {
  std::string_view board, unit;
  std::string_view processor;  ///< whose instructions were counted; empty for a roofline
  Pipeline pipeline;
  std::vector<Input> inputs;
  double error_factor;
  std::string_view error_reason;

  bool has(Quantity quantity) const;
  double operator[](Quantity quantity) const;  ///< throws when absent
};

/// Units of one board follow one another.
std::span<const BoardUnit> board_units();
std::vector<std::string> estimated_boards();

}  // namespace tiercut::kernels
