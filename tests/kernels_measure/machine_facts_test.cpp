// SPDX-License-Identifier: Apache-2.0
#include "kernels/measure/machine_facts.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace tiercut::kernels {
namespace {

namespace fs = std::filesystem;

/// A folder that looks like the root of another machine.
class MachineFactsTest : public testing::Test {
 protected:
  MachineFactsTest()
      : root(fs::path(testing::TempDir()) /
             ("tiercut-machine-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) + "-" +
              std::to_string(::getpid()))) {}
  ~MachineFactsTest() override { fs::remove_all(root); }
  void put(const std::string& name, const std::string& text) {
    fs::create_directories((root / name).parent_path());
    std::ofstream(root / name) << text;
  }
  MachineFacts facts() const { return read_machine_facts(root.string() + "/"); }
  fs::path root;
};

TEST_F(MachineFactsTest, OfAServer) {
  put("proc/cpuinfo",
      "processor\t: 0\nmodel\t\t: 62\nmodel name\t: Intel(R) Xeon(R) CPU E5-2650 v2 @ 2.60GHz\ncpu MHz\t\t: 2593.9\n"
      "flags\t\t: fpu avx hypervisor\n\nprocessor\t: 1\n");
  put("proc/meminfo", "MemTotal:       65843212 kB\nMemFree:  1 kB\nMemAvailable:   60000000 kB\n");
  const std::string cache = "sys/devices/system/cpu/cpu0/cache/index";
  put(cache + "0/level", "1\n");
  put(cache + "0/size", "32K\n");
  put(cache + "0/type", "Data\n");
  put(cache + "1/level", "3\n");
  put(cache + "1/size", "20M\n");
  put(cache + "1/type", "Unified\n");
  const MachineFacts seen = facts();
  EXPECT_EQ(seen.processor, "Intel(R) Xeon(R) CPU E5-2650 v2 @ 2.60GHz");
  EXPECT_EQ(seen.slug, "intel-xeon-e5-2650-v2");
  EXPECT_NEAR(seen.clock.value(), 2593.9e6, 1);
  EXPECT_EQ(seen.memory, Bytes(65843212.0 * 1024));
  EXPECT_EQ(seen.available_memory, Bytes(60000000.0 * 1024));
  ASSERT_EQ(seen.caches.size(), 2U);
  EXPECT_EQ(seen.last_level_cache(), Bytes(20.0 * 1024 * 1024));
  EXPECT_TRUE(seen.is_virtual);
  EXPECT_GE(seen.processors, 1);
}

TEST_F(MachineFactsTest, OfABoardWithoutAModelName) {
  put("proc/cpuinfo", "processor\t: 0\nFeatures\t: half neon vfpv4\nCPU part\t: 0xc07\n");
  put("proc/meminfo", "MemTotal:         948304 kB\nMemAvailable:     800000 kB\n");
  put("proc/device-tree/model", std::string("Raspberry Pi 2 Model B Rev 1.1\0", 31));
  put("sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq", "900000\n");
  put("sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "600000\n");
  const MachineFacts seen = facts();
  EXPECT_EQ(seen.processor, "Raspberry Pi 2 Model B Rev 1.1");
  EXPECT_EQ(seen.slug, "raspberry-pi-2-b-11");
  EXPECT_EQ(seen.clock, Hertz(9e8));
  EXPECT_EQ(present_clock(root.string() + "/"), Hertz(6e8));
  EXPECT_FALSE(seen.is_virtual);
}

TEST_F(MachineFactsTest, TellApartGuestsWhoseProcessorHidesItsName) {
  put("proc/cpuinfo", "model name\t: AMD EPYC\ncpu family\t: 25\nmodel\t\t: 17\n");
  EXPECT_EQ(facts().slug, "amd-epyc-25-17");
}

TEST_F(MachineFactsTest, RespectTheLimitOfAControlGroup) {
  put("proc/meminfo", "MemTotal:  8000000 kB\nMemAvailable:  6000000 kB\n");
  put("sys/fs/cgroup/memory.max", "1073741824\n");
  EXPECT_EQ(facts().memory, Bytes(1073741824.0));
  EXPECT_EQ(facts().available_memory, Bytes(1073741824.0));
  put("sys/fs/cgroup/memory.max", "max\n");
  EXPECT_EQ(facts().memory, Bytes(8000000.0 * 1024));
}

TEST_F(MachineFactsTest, OfNothingAreEmpty) {
  const MachineFacts seen = facts();
  EXPECT_EQ(seen.processor, "unknown processor");
  EXPECT_EQ(seen.memory, Bytes(0));
  EXPECT_EQ(seen.clock, Hertz(0));
  EXPECT_FALSE(present_clock(root.string() + "/"));
}

TEST(Slug, IsFitForAFileName) {
  EXPECT_EQ(slug_of("AMD Ryzen 7 5800X 8-Core Processor"), "amd-ryzen-7-5800x-8-core");
  EXPECT_EQ(slug_of("../../etc"), "etc");
  EXPECT_EQ(slug_of("@"), "unknown");
}

}  // namespace
}  // namespace tiercut::kernels
