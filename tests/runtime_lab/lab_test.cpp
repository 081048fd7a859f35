// SPDX-License-Identifier: Apache-2.0
#include "runtime/lab/lab.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "runtime/lab/probes.hpp"
#include "tests/runtime_lab/lab_scenarios.hpp"

namespace tiercut::lab {
namespace {

using namespace literals;

class LabLife : public test::LabTest {
 protected:
  static scenarios::Scenario pair() { return test::two_devices(test::link("up", 0, 1, 1_ms, 100_Mbit_per_s)); }
};

/// What a program in a device writes, and how it ended.
struct Said {
  std::string text;
  int status = -1;
};
Said run_in(Lab& lab, std::size_t device, std::vector<std::string> command) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  Spawn what;
  what.command = std::move(command);
  what.output = what.errors = ends[1];
  auto process = lab.spawn(device, what);
  ::close(ends[1]);
  Said said;
  std::array<char, 4096> part{};
  for (ssize_t got = 0; (got = ::read(ends[0], part.data(), part.size())) > 0;) {
    said.text.append(part.data(), static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  EXPECT_TRUE(process) << to_text(process.error());
  if (process) said.status = process->wait().value_or(-1);
  return said;
}

using Spaces = std::set<ino_t>;

void add_spaces(const std::filesystem::path& process, Spaces& spaces) {
  std::error_code ignored;
  struct stat found {};
  if (::stat((process / "ns/net").c_str(), &found) == 0) spaces.insert(found.st_ino);
  for (const auto& file : std::filesystem::directory_iterator(process / "fd", ignored)) {
    if (!std::filesystem::read_symlink(file.path(), ignored).string().starts_with("net:")) continue;
    if (::stat(file.path().c_str(), &found) == 0) spaces.insert(found.st_ino);
  }
}

/// Network namespaces that a process holds open, without the one it is in.
Spaces spaces_of(pid_t process) {
  const std::filesystem::path folder = "/proc/" + std::to_string(process);
  Spaces spaces;
  add_spaces(folder, spaces);
  struct stat own {};
  if (::stat((folder / "ns/net").c_str(), &own) == 0) spaces.erase(own.st_ino);
  return spaces;
}

/// Whether any process is in one of them or holds it open.
bool is_any_left(const Spaces& wanted) {
  Spaces all;
  std::error_code ignored;
  for (const auto& process : std::filesystem::directory_iterator("/proc", ignored)) add_spaces(process.path(), all);
  return std::any_of(wanted.begin(), wanted.end(), [&](ino_t each) { return all.contains(each); });
}

bool is_running_with(const std::string& word) {
  std::error_code ignored;
  for (const auto& process : std::filesystem::directory_iterator("/proc", ignored)) {
    std::ifstream in(process.path() / "cmdline");
    const std::string line{std::istreambuf_iterator<char>(in), {}};
    if (line.find(word) != std::string::npos) return true;
  }
  return false;
}

bool becomes_true(const std::function<bool()>& condition) {
  for (int i = 0; i < 500; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

TEST_F(LabLife, ProgramsSeeTheirDeviceAndTheOthersByName) {
  Lab lab = up(pair());
  const Said said =
      run_in(lab, 1, {"sh", "-c", "echo $TIERCUT_LAB_DEVICE; echo $TIERCUT_LAB_DEVICES; head -2 /etc/hosts"});
  EXPECT_EQ(said.status, 0);
  EXPECT_EQ(said.text, "b\na=10.77.0.1 b=10.77.0.2\n10.77.0.1 a\n10.77.0.2 b\n");
  // Outside nobody knows the names.
  std::ifstream hosts("/etc/hosts");
  const std::string outside{std::istreambuf_iterator<char>(hosts), {}};
  EXPECT_EQ(outside.find("10.77.0.1 a"), std::string::npos);
}

TEST_F(LabLife, TheStatusOfAProgramIsHanded) {
  Lab lab = up(pair());
  EXPECT_EQ(run_in(lab, 0, {"sh", "-c", "exit 7"}).status, 7);
  EXPECT_EQ(run_in(lab, 0, {"sh", "-c", "kill -9 $$"}).status, 137);
  const auto missing = lab.spawn(0, {{"no-such-program-here"}});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().front().code, "lab-spawn-failed");
  EXPECT_FALSE(lab.find("c"));
}

TEST_F(LabLife, DevicesWithoutAWayAreUnreachable) {
  Lab lab = up(test::platform({"a", "b", "c"}, {test::link("up", 0, 1, 1_ms), test::link("down", 1, 0, 1_ms)}));
  EXPECT_TRUE(measure_bulk(lab, 0, 1, Seconds(0.1), Seconds(0.1)));
  const auto nowhere = measure_bulk(lab, 0, 2, Seconds(0.1), Seconds(0.1));
  ASSERT_FALSE(nowhere);
  EXPECT_NE(nowhere.error().front().message.find("unreachable"), std::string::npos);
}

TEST_F(LabLife, TearingDownEndsEverything) {
  Spaces spaces;
  auto program = [&]() -> std::optional<Process> {
    Lab lab = up(pair());
    // A grandchild that has left its parent, its session and its signals.
    EXPECT_EQ(run_in(lab, 0, {"sh", "-c", "trap '' TERM INT HUP; setsid sleep 98761 >/dev/null 2>&1 &"}).status, 0);
    auto started = lab.spawn(1, {{"sleep", "98762"}});
    EXPECT_TRUE(started);
    EXPECT_TRUE(becomes_true([] { return is_running_with("98761") && is_running_with("98762"); }));
    spaces = spaces_of(::getpid());
    EXPECT_EQ(spaces.size(), 2u);
    EXPECT_TRUE(is_any_left(spaces));
    return std::move(*started);
  }();
  EXPECT_EQ(program->wait(), 137);  // reaped with the lab, its status kept
  EXPECT_TRUE(becomes_true([] { return !is_running_with("98761") && !is_running_with("98762"); }));
  EXPECT_FALSE(is_any_left(spaces));
}

TEST_F(LabLife, KilledWithoutWarningItLeavesNothing) {
  const pid_t owner = ::fork();
  if (owner == 0) {
    Options options;
    options.processors["a"] = 0.5;
    Diagnostics warnings;
    auto lab = Lab::bring_up(pair(), options, warnings);
    if (!lab) ::_exit(1);
    auto program = lab->spawn(0, {{"sh", "-c", "setsid sleep 98763 & setsid sleep 98764"}});
    if (!program) ::_exit(1);
    ::pause();
    ::_exit(0);
  }
  const auto groups = [owner] {
    for (const char* folder : {"/sys/fs/cgroup", "/sys/fs/cgroup/cpu"}) {
      if (std::filesystem::exists(std::string(folder) + "/tiercut-lab-" + std::to_string(owner) + "-a")) return true;
    }
    return false;
  };
  ASSERT_TRUE(becomes_true([] { return is_running_with("98763") && is_running_with("98764"); }));
  const Spaces spaces = spaces_of(owner);
  ASSERT_EQ(spaces.size(), 2u);
  ::kill(owner, SIGKILL);
  ::waitpid(owner, nullptr, 0);
  EXPECT_TRUE(becomes_true([] { return !is_running_with("98763") && !is_running_with("98764"); }));
  EXPECT_TRUE(becomes_true([&] { return !is_any_left(spaces); }));
  EXPECT_TRUE(becomes_true([&] { return !groups(); }));
}

TEST_F(LabLife, AnotherProcessCanEnter) {
  Lab lab = up(pair());
  const pid_t visitor = ::fork();
  if (visitor == 0) {
    const auto status = enter(::getppid(), "b", {{"sh", "-c", "test $TIERCUT_LAB_DEVICE = b && exit 9"}});
    ::_exit(status.value_or(99));
  }
  int raw = 0;
  ::waitpid(visitor, &raw, 0);
  EXPECT_EQ(WEXITSTATUS(raw), 9);
  const auto unknown = enter(::getpid(), "bb", {{"true"}});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().front().code, "unknown-device");
  const auto no_lab = enter(1, "b", {{"true"}});
  ASSERT_FALSE(no_lab);
  EXPECT_EQ(no_lab.error().front().code, "lab-not-found");
}

TEST_F(LabLife, AQuotaHoldsBackADevice) {
  Options options;
  options.processors["a"] = 0.25;
  Diagnostics warnings;
  auto lab = Lab::bring_up(pair(), options, warnings);
  ASSERT_TRUE(lab) << to_text(lab.error());
  if (!warnings.empty()) {
    EXPECT_EQ(warnings.front().code, "lab-no-quota");
    GTEST_SKIP() << to_text(warnings);
  }
  // A second of spinning may use a quarter of a second of processor time, and a slice more (10 ms); not much less,
  // unless this machine is busy: only the upper end is held.
  const Said said =
      run_in(*lab, 0, {"sh", "-c", "timeout 1 sh -c 'while :; do :; done'; cat /proc/self/cgroup; times"});
  EXPECT_NE(said.text.find("tiercut-lab-"), std::string::npos) << said.text;
  const std::size_t children = said.text.rfind('\n', said.text.size() - 2) + 1;  // `0m0.24s 0m0.01s`
  double user = 0, system = 0;
  ASSERT_EQ(std::sscanf(said.text.c_str() + children, "0m%lfs 0m%lfs", &user, &system), 2) << said.text;
  EXPECT_LT(user + system, 0.30);
  EXPECT_GT(user + system, 0.02);
}

TEST_F(LabLife, UnknownProcessorsAreTold) {
  Options options;
  options.pinned["a"] = 100000;
  options.processors["b"] = -1;
  Diagnostics warnings;
  const auto lab = Lab::bring_up(pair(), options, warnings);
  ASSERT_FALSE(lab);
  EXPECT_EQ(lab.error().size(), 2u);
  EXPECT_EQ(lab.error().front().code, "out-of-range");
}

}  // namespace
}  // namespace tiercut::lab
