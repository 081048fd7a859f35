// SPDX-License-Identifier: Apache-2.0
#include "estimate_tables.hpp"

#include <fmt/format.h>

#include <utility>

#include "kernels/estimate/boards.hpp"
#include "known_networks.hpp"

namespace tiercut::kernels {
namespace {

/// One layer of so many weights, as many outputs as inputs: all that a paper says of a network it prints no shape of.
double of_weights(const profiles::Profile& profile, double weights) {
  for (const profiles::CostLaw& law : profile.units.at(0).laws) {
    if (law.covers(model::LayerType::linear)) return law.cost(profiles::Work{.weights = weights}).value();
  }
  throw std::logic_error("no law for Linear");
}

class Theano {
 public:
  Theano(std::vector<PublishedPoint>& points, std::string board, double streams)
      : points_(points), board_(std::move(board)), streams_(streams), profile_(shipped_profile(board_ + "/tiercut")) {}

  void add(const std::string& network, double seconds) {
    const Network layers = zoo_network("big-little/" + network);
    add(fmt::format("Theano, {} with {} weights (Big-Little)", network, weights_of(layers)), seconds, of(layers),
        of(with_twice_the_weights(layers)));
  }
  void add(double weights, double seconds) {
    add(fmt::format("Theano, {:.0f} weights (Big-Little, off a figure)", weights), seconds,
        of_weights(*profile_, weights), of_weights(*profile_, 2 * weights));
  }

 private:
  double of(const Network& layers) const { return price(*profile_, profile_->units.at(0), layers).value(); }
  void add(const std::string& what, double seconds, double estimate, double in_float64) {
    points_.push_back({board_, what, seconds, estimate, in_float64 / estimate, streams_});
  }

  std::vector<PublishedPoint>& points_;
  std::string board_;
  double streams_;
  profiles::ProfilePointer profile_;
};

/// On a Cortex-A7 at 1.0 GHz, brought to 900 MHz as if all of it went by the clock.
void add_ncnn(std::vector<PublishedPoint>& points, const std::string& what, double seconds, const Network& network) {
  const auto profile = shipped_profile("raspberry-pi-2/tiercut");
  points.push_back(
      {"raspberry-pi-2", what, seconds / 0.9, price(*profile, profile->units.at(0), network).value(), 1, 1});
}

/// Three digits.
std::string milliseconds(double seconds) {
  const double ms = seconds * 1e3;
  const int digits = ms >= 100 ? 0 : ms >= 10 ? 1 : ms >= 1 ? 2 : 3;
  return fmt::format("{:.{}f}", ms, digits);
}

std::string factor(double value) { return value == 1 ? "" : fmt::format("{:.2f}", value); }

}  // namespace

std::vector<PublishedPoint> published_points() {
  std::vector<PublishedPoint> points;
  // Published read rates of one stream and of two, tinymembench.
  Theano pi(points, "raspberry-pi-2", 1312.1 / 368.4);
  pi.add("net1", 30e-3);
  pi.add(2e6, 40e-3);
  Theano xeon(points, "xeon-e5-2650v2", 1);
  xeon.add("net1", 0.98e-3);
  xeon.add("net2", 1.00e-3);
  xeon.add(6.5e6, 10e-3);
  xeon.add("net3", 16.42e-3);
  add_ncnn(points, "MobileNet-v1, ncnn on an i.MX7", 0.708, mobilenet());
  add_ncnn(points, "MobileNet-v1, ncnn on an AX620A", 0.921, mobilenet());
  add_ncnn(points, "AlexNet, ncnn on an i.MX7", 1.520, alexnet());
  add_ncnn(points, "AlexNet, ncnn on an AX620A", 1.812, alexnet());
  return points;
}

std::string inputs_table() {
  std::string text = "| board | unit | what | value | standing | source |\n|---|---|---|---:|---|---|\n";
  for (const BoardUnit& unit : board_units()) {
    for (const Input& input : unit.inputs) {
      text += fmt::format("| {} | {} | {} | {} | {} | {} |\n", unit.board, unit.unit, to_text(input.quantity),
                          text_of(input.quantity, input.value), to_text(input.standing), input.source);
    }
    text += fmt::format("| {} | {} | error | x {:g} either way | | {} |\n", unit.board, unit.unit, unit.error_factor,
                        unit.error_reason);
  }
  return text;
}

std::string published_table() {
  std::string text =
      "| board | published | ms | estimate, ms | ratio | of it float64 | of it two streams | left |\n"
      "|---|---|---:|---:|---:|---:|---:|---:|\n";
  for (const PublishedPoint& point : published_points()) {
    text += fmt::format("| {} | {} | {} | {} | {:.2f} | {} | {} | {:.2f} |\n", point.board, point.what,
                        milliseconds(point.published), milliseconds(point.estimate), point.ratio(),
                        factor(point.float64), factor(point.streams), point.left());
  }
  return text;
}

std::string networks_table() {
  const std::pair<const char*, Network> networks[] = {{"Big-Little 1", zoo_network("big-little/net1")},
                                                      {"Big-Little 3", zoo_network("big-little/net3")},
                                                      {"MobileNet-v1", mobilenet()},
                                                      {"AlexNet", alexnet()},
                                                      {"OverFeat fast", zoo_network("overfeat/fast")}};
  std::string text = "| board | unit |", line = "|---|---|";
  for (const auto& [name, network] : networks) {
    text += fmt::format(" {}, ms |", name);
    line += "---:|";
  }
  text += "\n" + line + "\n";
  for (const std::string& board : estimated_boards()) {
    const auto profile = shipped_profile(board + "/tiercut");
    for (const profiles::Unit& unit : profile->units) {
      text += fmt::format("| {} | {} |", board, unit.name);
      for (const auto& [name, network] : networks) {
        text += fmt::format(" {} |", milliseconds(price(*profile, unit, network).value()));
      }
      text += "\n";
    }
  }
  return text;
}

}  // namespace tiercut::kernels
