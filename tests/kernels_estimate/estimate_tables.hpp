// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

/// The tables of docs/estimates.md, made from the code and the shipped profiles.
namespace tiercut::kernels {

/// A time that somebody published, and the estimate for it.
struct PublishedPoint {
  std::string board;     ///< `raspberry-pi-2`
  std::string what;      ///< as the document names it
  double published = 0;  ///< seconds, brought to the board's clock where measured at another
  double estimate = 0;   ///< seconds
  double float64 = 1;    ///< what numbers of twice the size cost, by the same estimate; 1 where float32 was published
  double streams = 1;    ///< what reading two streams side by side costs, by published rates
  double ratio() const { return published / estimate; }
  double left() const { return ratio() / float64 / streams; }
};
std::vector<PublishedPoint> published_points();

std::string inputs_table();
std::string published_table();
std::string networks_table();

}  // namespace tiercut::kernels
