// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "core/document.hpp"
#include "core/schema.hpp"
#include "profiles/profile.hpp"

namespace tiercut::profiles {
namespace {

const std::filesystem::path devices = TIERCUT_SOURCE_DIR "/profiles/devices";

std::vector<std::string> shipped() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(devices))
    if (entry.path().extension() == ".yaml")
      names.push_back(entry.path().lexically_relative(devices).replace_extension().string());
  std::sort(names.begin(), names.end());
  return names;
}

// The one machine that `tiercut profile` ran on.
const std::string measured_here = "amd-epyc-25-17";

ProfilePointer read_shipped(const std::string& name) {
  auto profile = read_profile((devices / (name + ".yaml")).string());
  EXPECT_TRUE(profile) << (profile ? "" : to_text(profile.error()));
  return profile ? *profile : std::make_shared<Profile>();
}

TEST(ShippedProfiles, AreTheDevicesOfThePapersAndOneThatWasMeasured) {
  EXPECT_EQ(shipped(), (std::vector<std::string>{
                           measured_here, "intel-edison", "intel-edison/tiercut", "jetson-tk1", "jetson-tk1/tiercut",
                           "laptop-i7-4500u", "laptop-i7-4500u/dianne-2015", "laptop-i7-4500u/tiercut",
                           "raspberry-pi-2", "raspberry-pi-2/theano-2015", "raspberry-pi-2/tiercut",
                           "server-e5-2620v3-gtx980", "server-e5-2620v3-gtx980/tiercut", "xeon-e5-2650v2",
                           "xeon-e5-2650v2/theano-2015", "xeon-e5-2650v2/tiercut"}));
}

TEST(ShippedProfiles, ReadWithoutAWordAndUnderTheirOwnNames) {
  for (const std::string& name : shipped()) {
    const auto document = read_document((devices / (name + ".yaml")).string());
    ASSERT_TRUE(document) << name;
    Diagnostics diagnostics;
    EXPECT_TRUE(check(*document, profile_format(), diagnostics));
    EXPECT_TRUE(diagnostics.empty()) << to_text(diagnostics);
    EXPECT_EQ(read_shipped(name)->name, name);
  }
}

TEST(ShippedProfiles, SayWhereEveryNumberComesFromAndMeasuredNoBoard) {
  for (const std::string& name : shipped()) {
    const auto profile = read_shipped(name);
    std::vector<Provenance> all = {profile->provenance};
    for (const Unit& unit : profile->units) {
      EXPECT_FALSE(unit.laws.empty()) << name;
      for (const CostTableEntry& entry : unit.table) all.push_back(entry.provenance);
      for (const CostLaw& law : unit.laws) all.push_back(law.provenance);
    }
    for (const MemoryPool& pool : profile->pools) all.push_back(pool.provenance);
    for (const NetworkInterface& interface : profile->interfaces) all.push_back(interface.provenance);
    for (const Provenance& provenance : all) {
      EXPECT_GT(provenance.how.size(), 20u) << name;
      EXPECT_EQ(provenance.origin == Origin::measured, name == measured_here) << name;
      if (provenance.origin == Origin::estimated) {
        EXPECT_GT(provenance.error_factor, 1) << name << provenance.how;
      }
    }
  }
}

/// Big-Little, 4.1, 4.2 and Table 2, at the true weight counts.
TEST(ShippedProfiles, TheanoVariantsGoThroughThePapersPoints) {
  const CostLaw pi = read_shipped("raspberry-pi-2/theano-2015")->units.at(0).laws.at(0);
  EXPECT_EQ(pi.scope, Scope::stage);
  EXPECT_EQ(pi.provenance.origin, Origin::published);
  EXPECT_NEAR(pi.cost({.weights = 1286502}).value(), 30e-3, 30e-3 * 1e-12);
  EXPECT_NEAR(pi.cost({.weights = 2e6}).value(), 40e-3, 40e-3 * 1e-12);

  const CostLaw xeon = read_shipped("xeon-e5-2650v2/theano-2015")->units.at(0).laws.at(0);
  EXPECT_EQ(xeon.scope, Scope::stage);
  EXPECT_NEAR(xeon.cost({.weights = 1286502}).value(), 0.98e-3, 0.98e-3 * 1e-12);
  EXPECT_NEAR(xeon.cost({.weights = 1290510}).value(), 1.00e-3, 1.00e-3 * 1e-12);
  EXPECT_NEAR(xeon.cost({.weights = 6.5e6}).value(), 10e-3, 10e-3 * 1e-12);
  EXPECT_NEAR(xeon.cost({.weights = 11972510}).value(), 16.42e-3, 16.42e-3 * 1e-12);
}

TEST(ShippedProfiles, TheanoVariantsBetweenAndBeyondTheirPoints) {
  const CostLaw pi = read_shipped("raspberry-pi-2/theano-2015")->units.at(0).laws.at(0);
  EXPECT_NEAR(pi.cost({.weights = 1643251}).value(), 35e-3, 1e-12);  // half way
  EXPECT_NEAR(pi.cost({}).value(), 30e-3 - 10e-3 * 1286502 / 713498, 1e-12);
  EXPECT_NEAR(pi.cost({.weights = 2713498}).value(), 50e-3, 1e-12);  // as far again

  const CostLaw xeon = read_shipped("xeon-e5-2650v2/theano-2015")->units.at(0).laws.at(0);
  EXPECT_EQ(xeon.cost({}).value(), 0);
  EXPECT_NEAR(xeon.cost({.weights = 643251}).value(), 0.49e-3, 1e-12);  // half of the first point
  EXPECT_NEAR(xeon.cost({.weights = 3895255}).value(), 5.5e-3, 1e-12);  // between 1290510 and 6.5e6
  EXPECT_TRUE(xeon.is_extrapolated({.weights = 12e6}));
}

TEST(ShippedProfiles, CapacityIsThatOfBigLittle) {
  using namespace literals;
  const auto pi = read_shipped("raspberry-pi-2/theano-2015");
  const auto xeon = read_shipped("xeon-e5-2650v2/theano-2015");
  EXPECT_NEAR(*most_weights(*pi, pi->units.at(0), 40_ms), 2.0e6, 2.0e6 * 1e-12);
  EXPECT_NEAR(*most_weights(*xeon, xeon->units.at(0), 10_ms), 6.5e6, 6.5e6 * 1e-12);
}

TEST(ShippedProfiles, TheanoVariantsKeepTheirHardwareAndSerialiseForNothing) {
  const auto base = read_shipped("raspberry-pi-2");
  const auto variant = read_shipped("raspberry-pi-2/theano-2015");
  EXPECT_EQ(variant->pools.at(0).usable, base->pools.at(0).usable);
  EXPECT_DOUBLE_EQ(variant->interfaces.at(0).bandwidth.value(), 94.4e6 / 8);
  EXPECT_TRUE(base->serialise.is_finite());
  EXPECT_FALSE(variant->serialise.is_finite());
  EXPECT_FALSE(variant->deserialise.is_finite());
  EXPECT_EQ(variant->units.at(0).execution, Execution::call);
}

/// DIANNE, section 6: the five first blocks of OverFeat fast run on the board, the whole of it does not fit.
TEST(ShippedProfiles, JetsonHoldsFiveBlocksOfOverfeatButNotEight) {
  const auto jetson = read_shipped("jetson-tk1");
  ASSERT_EQ(jetson->pools.size(), 1u);
  ASSERT_EQ(jetson->units.size(), 2u);
  EXPECT_EQ(jetson->units[0].memory_pool, jetson->units[1].memory_pool);
  const double room = (jetson->pools[0].usable - jetson->pools[0].runtime_footprint).value();
  EXPECT_GT(room, 4.0 * 15'987'584 + 2 * 1'204'224);  // weights, and the largest activation in and out
  EXPECT_LT(room, 4.0 * 145'920'872);
}

TEST(ShippedProfiles, ServerGpuHasItsOwnMemory) {
  const auto server = read_shipped("server-e5-2620v3-gtx980");
  const Unit& gpu = server->units.at(static_cast<std::size_t>(server->find_unit("gpu")));
  const Unit& cpu = server->units.at(static_cast<std::size_t>(server->find_unit("cpu")));
  EXPECT_NE(gpu.memory_pool, cpu.memory_pool);
  EXPECT_DOUBLE_EQ(server->pools.at(static_cast<std::size_t>(gpu.memory_pool)).size.value(), 4.0 * (1u << 30));
}

/// The published times lie within the error that the estimated rooflines state.
TEST(ShippedProfiles, EstimatesCoverThePublishedTimes) {
  for (const std::string name : {"raspberry-pi-2", "xeon-e5-2650v2"}) {
    const CostLaw estimate = read_shipped(name)->units.at(0).laws.at(0);
    const CostLaw published = read_shipped(name + "/theano-2015")->units.at(0).laws.at(0);
    for (const auto& point : std::get<PiecewiseLaw>(published.form).points) {
      const double roofline = estimate.cost({.weights = point.x, .macs = point.x, .weight_bytes = 4 * point.x}).value();
      EXPECT_LE(point.cost.value(), roofline * estimate.provenance.error_factor) << name << " " << point.x;
      EXPECT_GE(point.cost.value(), roofline / estimate.provenance.error_factor) << name << " " << point.x;
    }
  }
}

}  // namespace
}  // namespace tiercut::profiles
