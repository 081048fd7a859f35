// SPDX-License-Identifier: Apache-2.0
#include "runtime/lab/door.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "runtime/lab/program.hpp"

namespace tiercut::lab {
namespace {

constexpr std::string_view prefix = "tiercut-lab/";

struct Address {
  sockaddr_un name{};
  socklen_t size = 0;
  explicit Address(pid_t lab) {
    name.sun_family = AF_UNIX;
    const std::string text = std::string(prefix) + std::to_string(lab);
    std::memcpy(name.sun_path + 1, text.data(), text.size());
    size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + text.size());
  }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&name); }
};

bool is_from_us(int peer) {
  ucred who{};
  socklen_t size = sizeof who;
  return ::getsockopt(peer, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 && (who.uid == 0 || who.uid == ::geteuid());
}

std::vector<pid_t> open_labs() {
  std::vector<pid_t> labs;
  std::ifstream in("/proc/net/unix");
  for (std::string line; std::getline(in, line);) {
    const std::size_t at = line.find("@" + std::string(prefix));
    if (at == std::string::npos) continue;
    pid_t lab = 0;
    const char* digits = line.data() + at + 1 + prefix.size();
    std::from_chars(digits, line.data() + line.size(), lab);
    if (lab > 0 && std::find(labs.begin(), labs.end(), lab) == labs.end()) labs.push_back(lab);
  }
  return labs;
}

Result<nlohmann::json> ask(pid_t lab) {
  const auto gone = [&] {
    return fail("lab-not-found", "no lab is kept up by process " + std::to_string(lab), "`tiercut lab` starts one");
  };
  OwnedFd peer(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const Address address(lab);
  if (::connect(peer.get(), address.get(), address.size) != 0 || !is_from_us(peer.get())) return gone();
  std::string text;
  std::array<char, 4096> part{};
  for (ssize_t got = 0; (got = ::read(peer.get(), part.data(), part.size())) > 0;) {
    text.append(part.data(), static_cast<std::size_t>(got));
  }
  auto plan = nlohmann::json::parse(text, nullptr, false);
  if (plan.is_discarded() || !plan.is_object()) return gone();
  return plan;
}

Result<pid_t> choose(std::optional<pid_t> lab) {
  if (lab) return *lab;
  const std::vector<pid_t> labs = open_labs();
  if (labs.size() == 1) return labs.front();
  if (labs.empty()) return fail("lab-not-found", "no lab is up on this machine", "`tiercut lab SCENARIO` starts one");
  std::vector<std::string> names;
  for (const pid_t each : labs) names.push_back(std::to_string(each));
  return fail("lab-ambiguous", "several labs are up: processes " + list_words(names), "name one with --lab");
}

OwnedFd open_space(pid_t lab, int fd) {
  const std::string path = "/proc/" + std::to_string(lab) + "/fd/" + std::to_string(fd);
  return OwnedFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

}  // namespace

Door::Door(std::string plan)
    : plan_(std::move(plan)),
      socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
      stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  const Address address(::getpid());
  if (::bind(socket_.get(), address.get(), address.size) != 0 || ::listen(socket_.get(), 16) != 0) return;
  thread_ = std::thread([this] { serve(); });
}

void Door::serve() {
  std::array<pollfd, 2> either = {{{socket_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
  while (true) {
    if (::poll(either.data(), either.size(), -1) < 0 && errno != EINTR) return;
    if (either[1].revents != 0) return;
    if (either[0].revents == 0) continue;
    const OwnedFd peer(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!peer.is_open() || !is_from_us(peer.get())) continue;
    const timeval patience{1, 0};
    ::setsockopt(peer.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    [[maybe_unused]] const auto sent = ::send(peer.get(), plan_.data(), plan_.size(), MSG_NOSIGNAL);
  }
}

Door::~Door() {
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(stop_.get(), &one, sizeof one);
  thread_.join();
}

Result<int> enter(std::optional<pid_t> lab, const std::string& device, const Spawn& what) {
  const auto chosen = choose(lab);
  if (!chosen) return tl::unexpected(chosen.error());
  const auto plan = ask(*chosen);
  if (!plan) return tl::unexpected(plan.error());
  try {
    std::vector<std::string> names;
    for (const auto& entry : plan->at("devices")) {
      names.push_back(entry.at("name"));
      const bool is_first = names.back() == device + ".1";
      if (names.back() != device && !is_first) continue;
      const OwnedFd network = open_space(*chosen, entry.at("network"));
      const OwnedFd processes = open_space(*chosen, plan->at("processes"));
      const OwnedFd mounts = open_space(*chosen, plan->at("mounts"));
      Room room{network.get(), processes.get(), mounts.get(), entry.at("control_group"), std::nullopt};
      if (const int processor = entry.at("processor"); processor >= 0) room.processor = processor;
      Spawn inside = what;
      inside.environment.emplace_back("TIERCUT_LAB_DEVICE", names.back());
      inside.environment.emplace_back("TIERCUT_LAB_DEVICES", plan->at("text"));
      inside.environment.emplace_back("TIERCUT_LAB_HOSTS", "/etc/hosts");
      auto state = start_program(room, inside);
      if (!state) return tl::unexpected(state.error());
      return (*state)->wait(Seconds::infinite()).value_or(127);
    }
    const std::string guess = did_you_mean(device, names);
    return fail("unknown-device", "the lab has no device '" + device + "'",
                guess.empty() ? "devices: " + list_words(names) : "did you mean " + guess + "?");
  } catch (const nlohmann::json::exception&) {
    return fail("lab-not-found", "the lab of process " + std::to_string(*chosen) + " is of another version");
  }
}

}  // namespace tiercut::lab
