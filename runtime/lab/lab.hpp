// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/diagnostic.hpp"
#include "core/units.hpp"
#include "runtime/lab/forwarder_report.hpp"
#include "scenarios/scenario.hpp"

/// A deployment on one machine (Linux, root): every device of a scenario is a network namespace, and a forwarder in
/// this process carries the packets between them as the scenario's links would.
namespace tiercut::lab {

/// Which bytes a link's bandwidth counts: those of messages, as the scenario means it (default: what TCP and UDP
/// carry, so that a message of n bytes takes n / bandwidth), or whole IP packets, as a real cable would.
enum class Count { payload, packets };

struct Options {
  std::string network = "10.77.0.0/16";  ///< private IPv4 range; device i gets its i-th address
  Count count = Count::payload;
  std::optional<Bytes> buffer;               ///< of every link; default: see LinkSettings::buffer
  std::uint64_t seed = 1;                    ///< of jitter and loss
  std::map<std::string, double> processors;  ///< by device (or group): processor time a second, 0.5 is half of one
  std::map<std::string, int> pinned;         ///< by device (or group): the processor its programs run on
  std::optional<int> forwarder_processor;    ///< where the forwarder runs; default: anywhere
};

struct LabDevice {
  std::string name;  ///< `pi`, `cameras.3`
  scenarios::DeviceRef ref;
  std::string address;  ///< `10.77.0.1`
};

/// What to run in a device. The program is looked up in $PATH; it inherits the environment and what the lab adds:
/// TIERCUT_LAB_DEVICES (`pi=10.77.0.1 cloud=10.77.0.2`), TIERCUT_LAB_DEVICE, TIERCUT_LAB_HOSTS.
struct Spawn {
  std::vector<std::string> command;
  std::vector<std::pair<std::string, std::string>> environment{};  ///< in addition; a later value replaces
  int input = 0, output = 1, errors = 2;                           ///< file descriptors of this process
  bool is_own_group = false;                                       ///< out of reach of the terminal's Ctrl-C
};

/// A program running in a device; a child of this process. Killed and reaped with the lab, or when this goes away.
class Process {
 public:
  Process(Process&&) noexcept;
  Process& operator=(Process&&) noexcept;
  ~Process();
  pid_t id() const;  ///< as seen outside of the lab
  /// How it ended, as a shell says it (128 + signal when killed); waits at most so long, nothing when it still runs.
  std::optional<int> wait(Seconds at_most = Seconds::infinite());
  void kill(int signal);

  struct State;
  explicit Process(std::shared_ptr<State> state);

 private:
  std::shared_ptr<State> state_;
};

/// Up from bring_up until destroyed. When this process dies by whatever means, everything in the lab ends with it.
class Lab {
 public:
  /// Fails with lab-not-root, lab-no-tun, lab-no-namespaces, lab-bad-network, lab-too-many-devices, lab-name-clash,
  /// unknown-device, lab-failed (what the kernel refused); nothing stays behind. `warnings` gets what works less well
  /// than asked: no quota, no real-time priority, several congestion controls on one device.
  static Result<Lab> bring_up(const scenarios::Scenario& scenario, const Options& options, Diagnostics& warnings);
  Lab(Lab&&) noexcept;
  Lab& operator=(Lab&&) noexcept;
  ~Lab();  ///< kills what still runs in it

  const std::vector<LabDevice>& devices() const;
  /// `pi`, `cameras.3`; a group's bare name is its first member. Fails with unknown-device.
  Result<std::size_t> find(std::string_view device) const;
  std::size_t find(scenarios::DeviceRef ref) const;  ///< member 0 of a group: its first

  /// Fails with lab-spawn-failed (no such program, ...).
  Result<Process> spawn(std::size_t device, const Spawn& what);

  /// Calls `work` on a thread whose network is the device's, and waits for it: sockets made there stay there.
  void inside(std::size_t device, const std::function<void()>& work) const;

  ForwarderReport report() const;                    ///< so far
  std::string enter_line(std::size_t device) const;  ///< a shell command that enters without tiercut

 private:
  struct State;
  explicit Lab(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Runs a command in a device of a lab that another process keeps up: `lab` is its process id, or nothing when there
/// is only one. Fails with lab-not-found, lab-ambiguous, unknown-device, lab-spawn-failed.
Result<int> enter(std::optional<pid_t> lab, const std::string& device, const Spawn& what);

}  // namespace tiercut::lab
