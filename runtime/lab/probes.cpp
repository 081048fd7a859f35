// SPDX-License-Identifier: Apache-2.0
#include "runtime/lab/probes.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/socket.h>
#include <time.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <thread>

#include "runtime/lab/owned_fd.hpp"

namespace tiercut::lab {
namespace {

constexpr std::uint16_t port = 17717;
constexpr int patience_ms = 3000;
constexpr std::size_t answer_bytes = 100;

struct Datagram {
  std::int64_t number = 0, sent_ns = 0;
};

std::int64_t clock_ns(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

void sleep_until(std::int64_t ns) {
  const timespec time{ns / 1'000'000'000, ns % 1'000'000'000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr) == EINTR) {
  }
}

/// The calling thread goes before ordinary ones while this lives, so that on a busy machine the links are measured and
/// not who gets a processor when. Behind the forwarder; without the right to it, nothing changes.
class Promptness {
 public:
  Promptness() {
    ::pthread_getschedparam(::pthread_self(), &policy_, &before_);
    sched_param wanted{};
    wanted.sched_priority = 5;
    ::pthread_setschedparam(::pthread_self(), SCHED_FIFO, &wanted);
  }
  ~Promptness() { ::pthread_setschedparam(::pthread_self(), policy_, &before_); }
  Promptness(const Promptness&) = delete;
  Promptness& operator=(const Promptness&) = delete;

 private:
  int policy_ = SCHED_OTHER;
  sched_param before_{};
};

sockaddr_in address_of(const std::string& text) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  inet_pton(AF_INET, text.c_str(), &address.sin_addr);
  return address;
}
const sockaddr* generic(const sockaddr_in& address) { return reinterpret_cast<const sockaddr*>(&address); }

tl::unexpected<Diagnostics> trouble(const std::string& what) {
  return fail("lab-probe-failed", what + ": " + std::strerror(errno));
}

OwnedFd socket_in(const Lab& lab, std::size_t device, int type) {
  OwnedFd made;
  lab.inside(device, [&] { made.reset(::socket(AF_INET, type | SOCK_CLOEXEC, 0)); });
  return made;
}

/// A socket bound to the device's address; `type` SOCK_STREAM also listens.
Result<OwnedFd> open_at(const Lab& lab, std::size_t device, int type) {
  OwnedFd made = socket_in(lab, device, type);
  const int yes = 1;
  ::setsockopt(made.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const sockaddr_in own = address_of(lab.devices()[device].address);
  if (::bind(made.get(), generic(own), sizeof own) != 0) return trouble("cannot bind a probe");
  if (type == SOCK_STREAM && ::listen(made.get(), 16) != 0) return trouble("cannot listen");
  return made;
}

Result<OwnedFd> connect_to(const Lab& lab, std::size_t from, std::size_t to) {
  OwnedFd made = socket_in(lab, from, SOCK_STREAM);
  const int yes = 1;
  ::setsockopt(made.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  const timeval patience{patience_ms * 3 / 1000, 0};
  ::setsockopt(made.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(made.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const sockaddr_in there = address_of(lab.devices()[to].address);
  if (::connect(made.get(), generic(there), sizeof there) != 0) {
    return trouble("cannot connect " + lab.devices()[from].name + " to " + lab.devices()[to].name);
  }
  return made;
}

/// The time of arrival that the kernel noted, or now.
std::int64_t receive(int fd, void* data, std::size_t size, ssize_t& got) {
  iovec part{data, size};
  alignas(cmsghdr) std::array<char, 256> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  got = ::recvmsg(fd, &message, 0);
  for (cmsghdr* entry = CMSG_FIRSTHDR(&message); entry != nullptr; entry = CMSG_NXTHDR(&message, entry)) {
    if (entry->cmsg_level != SOL_SOCKET || entry->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec time{};
    std::memcpy(&time, CMSG_DATA(entry), sizeof time);
    return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
  }
  return clock_ns(CLOCK_REALTIME);
}

void send_evenly(int fd, const sockaddr_in& to, std::size_t count, Seconds interval, std::size_t payload) {
  const Promptness prompt;
  std::vector<char> bytes(std::max(payload, sizeof(Datagram)));
  const std::int64_t start = clock_ns(CLOCK_MONOTONIC);
  for (std::size_t i = 0; i < count; ++i) {
    sleep_until(start + static_cast<std::int64_t>(static_cast<double>(i) * interval.value() * 1e9));
    const Datagram datagram{static_cast<std::int64_t>(i), clock_ns(CLOCK_REALTIME)};
    std::memcpy(bytes.data(), &datagram, sizeof datagram);
    ::sendto(fd, bytes.data(), bytes.size(), 0, generic(to), sizeof to);
  }
}

bool read_all(int fd, std::vector<char>& buffer, std::size_t count) {
  while (count > 0) {
    const ssize_t got = ::recv(fd, buffer.data(), std::min(count, buffer.size()), 0);
    if (got <= 0) return false;
    count -= static_cast<std::size_t>(got);
  }
  return true;
}

bool send_all(int fd, const std::vector<char>& bytes) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t more = ::send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (more <= 0) return false;
    sent += static_cast<std::size_t>(more);
  }
  return true;
}

void answer_requests(int listener, std::size_t bytes) {
  std::vector<char> buffer(1 << 16);
  const std::vector<char> answer(answer_bytes, 'a');
  while (true) {
    const OwnedFd peer(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
    if (!peer.is_open()) return;
    const int yes = 1;
    ::setsockopt(peer.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    while (read_all(peer.get(), buffer, bytes) && send_all(peer.get(), answer)) {
    }
  }
}

}  // namespace

Result<OneWay> measure_one_way(const Lab& lab, std::size_t from, std::size_t to, std::size_t count, Seconds interval,
                               std::size_t payload) {
  auto receiver = open_at(lab, to, SOCK_DGRAM);
  if (!receiver) return tl::unexpected(receiver.error());
  const int yes = 1;
  ::setsockopt(receiver->get(), SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes);
  const int room = 4 << 20;
  ::setsockopt(receiver->get(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  const OwnedFd sender = socket_in(lab, from, SOCK_DGRAM);
  std::thread sending(
      [&] { send_evenly(sender.get(), address_of(lab.devices()[to].address), count, interval, payload); });
  OneWay result;
  result.sent = count;
  std::vector<char> bytes(65536);
  const std::int64_t end = clock_ns(CLOCK_MONOTONIC) +
                           static_cast<std::int64_t>(static_cast<double>(count) * interval.value() * 1e9) +
                           patience_ms * 1'000'000LL;
  while (result.seconds.size() < count) {
    pollfd ready{receiver->get(), POLLIN, 0};
    const std::int64_t left = (end - clock_ns(CLOCK_MONOTONIC)) / 1'000'000;
    if (left <= 0 || ::poll(&ready, 1, static_cast<int>(left)) <= 0) break;
    ssize_t got = 0;
    const std::int64_t at = receive(receiver->get(), bytes.data(), bytes.size(), got);
    Datagram datagram;
    if (got < static_cast<ssize_t>(sizeof datagram)) continue;
    std::memcpy(&datagram, bytes.data(), sizeof datagram);
    result.seconds.push_back(static_cast<double>(at - datagram.sent_ns) / 1e9);
    if (datagram.number + 1 == static_cast<std::int64_t>(count)) break;  // nothing overtakes
  }
  sending.join();
  return result;
}

Result<std::vector<double>> measure_round_trips(const Lab& lab, std::size_t from, std::size_t to, std::size_t count,
                                                Seconds interval) {
  auto echo = open_at(lab, to, SOCK_DGRAM);
  if (!echo) return tl::unexpected(echo.error());
  auto sender = open_at(lab, from, SOCK_DGRAM);
  if (!sender) return tl::unexpected(sender.error());
  const int yes = 1;
  ::setsockopt(sender->get(), SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes);
  const Promptness prompt;  // threads inherit it
  std::thread echoing([&] {
    Datagram datagram;
    sockaddr_in who{};
    socklen_t size = sizeof who;
    while (::recvfrom(echo->get(), &datagram, sizeof datagram, 0, reinterpret_cast<sockaddr*>(&who), &size) ==
           static_cast<ssize_t>(sizeof datagram)) {
      ::sendto(echo->get(), &datagram, sizeof datagram, 0, generic(who), sizeof who);
    }
  });
  const sockaddr_in there = address_of(lab.devices()[to].address);
  std::vector<double> seconds;
  const std::int64_t start = clock_ns(CLOCK_MONOTONIC);
  for (std::size_t i = 0; i < count; ++i) {
    sleep_until(start + static_cast<std::int64_t>(static_cast<double>(i) * interval.value() * 1e9));
    Datagram datagram{static_cast<std::int64_t>(i), clock_ns(CLOCK_REALTIME)};
    ::sendto(sender->get(), &datagram, sizeof datagram, 0, generic(there), sizeof there);
    pollfd ready{sender->get(), POLLIN, 0};
    if (::poll(&ready, 1, patience_ms) <= 0) continue;
    ssize_t got = 0;
    const std::int64_t at = receive(sender->get(), &datagram, sizeof datagram, got);
    if (datagram.number == static_cast<std::int64_t>(i)) {
      seconds.push_back(static_cast<double>(at - datagram.sent_ns) / 1e9);
    }
  }
  ::shutdown(echo->get(), SHUT_RDWR);
  echoing.join();
  return seconds;
}

Result<BytesPerSecond> measure_bulk(const Lab& lab, std::size_t from, std::size_t to, Seconds warm_up,
                                    Seconds duration) {
  auto listener = open_at(lab, to, SOCK_STREAM);
  if (!listener) return tl::unexpected(listener.error());
  auto sender = connect_to(lab, from, to);
  if (!sender) return tl::unexpected(sender.error());
  const OwnedFd receiver(::accept4(listener->get(), nullptr, nullptr, SOCK_CLOEXEC));
  std::thread sending([&] {
    const std::vector<char> bytes(1 << 18, 'b');
    while (send_all(sender->get(), bytes)) {
    }
  });
  const auto time_of = [](Seconds time) { return static_cast<std::int64_t>(time.value() * 1e9); };
  const std::int64_t start = clock_ns(CLOCK_MONOTONIC);
  const std::int64_t counted_from = start + time_of(warm_up), end = counted_from + time_of(duration);
  double bytes = 0;
  std::int64_t first = 0, last = 0;
  while (true) {
    // Discarded in the kernel: the reader is not to be what is measured.
    const ssize_t got = ::recv(receiver.get(), nullptr, 1 << 22, MSG_TRUNC);
    const std::int64_t now = clock_ns(CLOCK_MONOTONIC);
    if (got <= 0 || now > end) break;
    if (now < counted_from) continue;
    if (first == 0) {
      first = now;
    } else {
      bytes += static_cast<double>(got);
    }
    last = now;
  }
  ::shutdown(sender->get(), SHUT_RDWR);
  ::shutdown(receiver.get(), SHUT_RDWR);
  sending.join();
  if (last <= first) return fail("lab-probe-failed", "a bulk transfer came to nothing");
  return BytesPerSecond(bytes / (static_cast<double>(last - first) / 1e9));
}

Result<std::vector<double>> measure_exchange(const Lab& lab, std::size_t from, std::size_t to, std::size_t bytes,
                                             std::size_t count, Connection connection) {
  auto listener = open_at(lab, to, SOCK_STREAM);
  if (!listener) return tl::unexpected(listener.error());
  const Promptness prompt;  // threads inherit it
  std::thread answering([&] { answer_requests(listener->get(), bytes); });
  const std::vector<char> request(bytes, 'r');
  std::vector<char> buffer(answer_bytes);
  std::vector<double> seconds;
  Result<OwnedFd> peer;
  bool is_sound = true;
  const std::size_t unmeasured = connection == Connection::busy ? 8 : connection == Connection::after_idle ? 1 : 0;
  for (std::size_t i = 0; i < count + unmeasured && is_sound; ++i) {
    if (i == 0 || connection == Connection::first) peer = connect_to(lab, from, to);
    if (!peer) break;
    if (connection == Connection::after_idle) std::this_thread::sleep_for(std::chrono::seconds(1));
    // Of a new connection: past the handshake's last word and what the other side makes of it.
    if (connection == Connection::first) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    const std::int64_t start = clock_ns(CLOCK_MONOTONIC);
    is_sound = send_all(peer->get(), request) && read_all(peer->get(), buffer, answer_bytes);
    if (i >= unmeasured) seconds.push_back(static_cast<double>(clock_ns(CLOCK_MONOTONIC) - start) / 1e9);
  }
  ::shutdown(listener->get(), SHUT_RDWR);
  if (peer) peer->reset();
  answering.join();
  if (!peer) return tl::unexpected(peer.error());
  if (!is_sound) return fail("lab-probe-failed", "an exchange broke off");
  return seconds;
}

}  // namespace tiercut::lab
