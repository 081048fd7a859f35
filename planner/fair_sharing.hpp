// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace tiercut::planner {

/// Flows that cross several links at once, each at its max-min fair share (progressive filling: the link that leaves
/// its flows the least share fixes their rates, then the next; Bertsekas and Gallager, Data Networks, 6.5.2). Times are
/// picoseconds; a finishing time is rounded to the nearest one.
class FairSharing {
 public:
  /// `capacity` by link in bytes a second, infinity allowed; it must outlive this object.
  explicit FairSharing(std::span<const double> capacity)
      : capacity_(capacity), left_(capacity.size()), users_(capacity.size()) {}

  void clear();
  /// A flow enters at `now`; its share is due at the next `share`.
  void add(int id, std::span<const int> links, double bytes, std::int64_t now);
  /// Moves the flows that have finished by `now` to `done`, in the order in which they entered.
  void finish(std::int64_t now, std::vector<int>& done);
  /// Shares the links anew after flows came or went; returns when the next flow finishes, the greatest integer when
  /// there is none.
  std::int64_t share(std::int64_t now);

 private:
  struct Flow {
    int id = 0;
    std::span<const int> links;
    double remaining = 0;
    double rate = 0;
    std::int64_t finish = 0;
    bool has_rate = false;
  };
  void advance(std::int64_t now);
  void fill();

  std::span<const double> capacity_;
  std::vector<Flow> flows_;
  std::vector<double> left_;
  std::vector<int> users_;
  std::int64_t last_ = 0;
};

}  // namespace tiercut::planner
