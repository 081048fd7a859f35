// SPDX-License-Identifier: Apache-2.0
#include "kernels/estimate/estimated_profile.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "kernels/estimate/kernel_kinds.hpp"
#include "known_networks.hpp"
#include "profiles/profile.hpp"

namespace tiercut::kernels {
namespace {

std::string path_of(const std::string& board) {
  return TIERCUT_SOURCE_DIR "/profiles/devices/" + board + "/tiercut.yaml";
}

TEST(EstimatedProfile, IsWhatIsShipped) {
  ASSERT_EQ(estimated_boards(),
            (std::vector<std::string>{"raspberry-pi-2", "intel-edison", "jetson-tk1", "xeon-e5-2650v2",
                                      "server-e5-2620v3-gtx980", "laptop-i7-4500u"}));
  for (const std::string& board : estimated_boards()) {
    const auto text = estimated_profile_yaml(board);
    ASSERT_TRUE(text) << board;
    if (std::getenv("TIERCUT_UPDATE") != nullptr) std::ofstream(path_of(board)) << *text;
    std::ifstream in(path_of(board));
    const std::string shipped{std::istreambuf_iterator<char>(in), {}};
    EXPECT_TRUE(shipped == *text) << board << ": TIERCUT_UPDATE=1 writes it anew";
  }
}

TEST(EstimatedProfile, PricesEveryLayerTypeAndSaysItIsAnEstimate) {
  for (const std::string& board : estimated_boards()) {
    const auto profile = shipped_profile(board + "/tiercut");
    EXPECT_EQ(profile->name, board + "/tiercut");
    for (const profiles::Unit& unit : profile->units) {
      for (const KernelKind& kind : kernel_kinds()) {
        const model::Layer layer = prepare(kind.type, kind.layers[0]).layer;
        const auto price = profiles::price_layer(*profile, unit, layer);
        ASSERT_TRUE(price) << board << " " << unit.name << " " << kind.name;
        EXPECT_GT(price->cost.value(), 0) << board << " " << unit.name << " " << kind.name;
        EXPECT_EQ(price->weakest, profiles::Origin::estimated) << board << " " << kind.name;
      }
      for (const profiles::CostLaw& law : unit.laws) {
        EXPECT_EQ(law.provenance.origin, profiles::Origin::estimated) << board;
        EXPECT_GT(law.provenance.error_factor, 1) << board << " " << law.name;
        EXPECT_GT(law.provenance.how.size(), 40u) << board << " " << law.name;
      }
    }
  }
}

TEST(EstimatedProfile, KeepsTheUnitsOfItsBoard) {
  for (const std::string& board : estimated_boards()) {
    const auto base = shipped_profile(board), ours = shipped_profile(board + "/tiercut");
    ASSERT_EQ(ours->units.size(), base->units.size()) << board;
    for (std::size_t i = 0; i < base->units.size(); ++i) {
      EXPECT_EQ(ours->units[i].name, base->units[i].name);
      EXPECT_EQ(ours->units[i].memory_pool, base->units[i].memory_pool);
    }
  }
}

model::Layer square(std::int64_t side) {
  CountedLayer counted;
  counted.parameters.outputs = side;
  counted.inputs = {{{side}, model::Encoding::f32}};
  return prepare(model::LayerType::linear, counted).layer;
}

/// 8192 x 8192 weights are larger than twice every cache, so all of them come from memory: 268,435,456 bytes at the
/// read rate of each board, and little else.
TEST(EstimatedProfile, ReadsALargeLinearLayerAtTheRateOfMemory) {
  for (const auto& [board, rate] : {std::pair{"raspberry-pi-2", 1312.1e6},
                                    {"intel-edison", 2e9},
                                    {"jetson-tk1", 4.46e9},
                                    {"xeon-e5-2650v2", 8.7e9},
                                    {"server-e5-2620v3-gtx980", 10.1e9},
                                    {"laptop-i7-4500u", 10.2e9}}) {
    const auto profile = shipped_profile(std::string(board) + "/tiercut");
    const double cost = profiles::price_layer(*profile, profile->units.at(0), square(8192))->cost.value();
    const double reading = 268435456 / rate;
    EXPECT_GE(cost, reading * 0.999) << board;
    EXPECT_LE(cost, reading * 1.15) << board;
  }
}

/// A layer within the near cache is as fast as its instructions; one that is not never costs less a weight.
TEST(EstimatedProfile, CostsMoreAWeightBehindEachCache) {
  for (const std::string& board : estimated_boards()) {
    const auto profile = shipped_profile(board + "/tiercut");
    double before = 0;
    for (const std::int64_t side : {256, 512, 1024, 2048, 4096, 8192}) {
      const double weights = static_cast<double>(side * side);
      const double cost = profiles::price_layer(*profile, profile->units.at(0), square(side))->cost.value() / weights;
      EXPECT_GE(cost, before * 0.97) << board << " " << side;  // a fixed part weighs less on larger layers
      before = cost;
    }
  }
}

TEST(EstimatedProfile, RefusesABoardThatNothingIsKnownOf) {
  const auto near = estimated_profile_yaml("raspberry-pi2");
  ASSERT_FALSE(near);
  EXPECT_EQ(near.error().front().code, "unknown-board");
  EXPECT_NE(near.error().front().hint.find("raspberry-pi-2"), std::string::npos);
  EXPECT_FALSE(estimated_profile_yaml(""));
}

}  // namespace
}  // namespace tiercut::kernels
