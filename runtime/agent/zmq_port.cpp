// SPDX-License-Identifier: Apache-2.0
#include "runtime/agent/zmq_port.hpp"

#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cstring>
#include <map>
#include <random>
#include <utility>
#include <vector>
#include <zmq.hpp>

#include "runtime/agent/frame.hpp"
#include "runtime/agent/zmq_authenticator.hpp"

namespace tiercut::runtime {
namespace {

constexpr int waiting_frames = 10'000;
constexpr int linger_ms = 500;
constexpr std::size_t copied_frame_bytes = 1024;  // below this a copy is cheaper than handing memory over

std::string random_identity(const std::string& name) {
  std::random_device source;
  return name + "/" + std::to_string(std::uint64_t{source()} << 32 | source());
}

zmq::message_t message_of(std::string frame) {
  if (frame.size() <= copied_frame_bytes) return zmq::message_t(frame.data(), frame.size());
  auto* owned = new std::string(std::move(frame));
  return zmq::message_t(
      owned->data(), owned->size(), [](void*, void* hint) { delete static_cast<std::string*>(hint); }, owned);
}

}  // namespace

struct ZmqPort::State {
  struct Outgoing {
    zmq::socket_t socket, monitor;
  };
  struct Target {
    Outgoing* outgoing = nullptr;  // else an incoming connection of this identity
    std::string identity;
  };

  State(KeyRing ring, std::function<void(const std::string&)> log)
      : keys(std::move(ring)),
        context(1),
        authenticator(context, keys, std::move(log)),
        woken(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
        timer(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
    // The default lets the kernel be 50 us late with every timer.
    ::prctl(PR_SET_TIMERSLACK, 1000UL, 0UL, 0UL, 0UL);
  }
  ~State() {
    outgoing.clear();
    incoming = zmq::socket_t();
    authenticator.stop();
    ::close(woken);
    ::close(timer);
  }

  void prepare(zmq::socket_t& socket, const std::string& address) const {
    socket.set(zmq::sockopt::linger, linger_ms);
    socket.set(zmq::sockopt::sndhwm, waiting_frames);
    socket.set(zmq::sockopt::rcvhwm, waiting_frames);
    socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(largest_frame_bytes));
    socket.set(zmq::sockopt::ipv6, address.find('[') != std::string::npos);
    socket.set(zmq::sockopt::curve_publickey, keys.own.public_key);
    socket.set(zmq::sockopt::curve_secretkey, keys.own.secret_key);
  }

  Route route_of(const std::string& identity) {
    const auto [found, is_new] = routes.try_emplace(identity, next_route);
    if (is_new) targets[next_route++] = {nullptr, identity};
    return found->second;
  }

  std::optional<Event> from_incoming() {
    if (!incoming) return std::nullopt;
    zmq::message_t identity, body;
    if (!incoming.recv(identity, zmq::recv_flags::dontwait)) return std::nullopt;
    int parts = 1;
    while (identity.more() && incoming.get(zmq::sockopt::rcvmore)) {
      ++parts;
      (void)incoming.recv(body, zmq::recv_flags::none);
    }
    Event event;
    event.route = route_of(identity.to_string());
    if (const char* user = body.gets("User-Id"); user != nullptr) event.peer = user;
    if (parts == 2) event.bytes.assign(static_cast<const char*>(body.data()), body.size());
    return event;
  }

  static std::optional<Event> from_outgoing(Route route, Outgoing& each) {
    zmq::message_t body;
    if (!each.socket.recv(body, zmq::recv_flags::dontwait)) return std::nullopt;
    Event event;
    event.route = route;
    event.bytes.assign(static_cast<const char*>(body.data()), body.size());
    while (body.more() && each.socket.get(zmq::sockopt::rcvmore)) {
      (void)each.socket.recv(body, zmq::recv_flags::none);
      event.bytes.clear();  // a frame has one part
    }
    return event;
  }

  static std::optional<Event> from_monitor(Route route, Outgoing& each) {
    zmq::message_t what, address;
    while (each.monitor.recv(what, zmq::recv_flags::dontwait)) {
      if (what.more()) (void)each.monitor.recv(address, zmq::recv_flags::none);
      std::uint16_t number = 0;
      if (what.size() < sizeof number) continue;
      std::memcpy(&number, what.data(), sizeof number);
      Event event;
      event.route = route;
      switch (number) {
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
          event.kind = Event::Kind::connected;
          return event;
        case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
        case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
          event.kind = Event::Kind::refused;
          return event;
        case ZMQ_EVENT_DISCONNECTED:
          event.kind = Event::Kind::disconnected;
          return event;
        default:
          continue;
      }
    }
    return std::nullopt;
  }

  std::optional<Event> next_event() {
    if (auto event = from_incoming()) return event;
    for (auto& [route, each] : outgoing) {
      if (auto event = from_outgoing(route, *each)) return event;
    }
    for (auto& [route, each] : outgoing) {
      if (auto event = from_monitor(route, *each)) return event;
    }
    return std::nullopt;
  }

  /// False when `until` has passed or somebody woke us.
  bool wait(Nanoseconds until) {
    itimerspec when{};
    when.it_value.tv_sec = static_cast<time_t>(until / nanoseconds_a_second);
    when.it_value.tv_nsec = static_cast<long>(until % nanoseconds_a_second);
    ::timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, nullptr);
    polled.clear();
    polled.push_back({nullptr, woken, ZMQ_POLLIN, 0});
    polled.push_back({nullptr, timer, ZMQ_POLLIN, 0});
    if (incoming) polled.push_back({incoming.handle(), 0, ZMQ_POLLIN, 0});
    for (auto& [route, each] : outgoing) {
      polled.push_back({each->socket.handle(), 0, ZMQ_POLLIN, 0});
      polled.push_back({each->monitor.handle(), 0, ZMQ_POLLIN, 0});
    }
    try {
      zmq::poll(polled, std::chrono::milliseconds(-1));
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) throw;
      return false;
    }
    std::uint64_t count = 0;
    const bool is_woken = (polled[0].revents & ZMQ_POLLIN) != 0;
    if (is_woken) (void)!::read(woken, &count, sizeof count);
    return !is_woken && (polled[1].revents & ZMQ_POLLIN) == 0;
  }

  KeyRing keys;
  zmq::context_t context;
  ZmqAuthenticator authenticator;
  int woken, timer;
  zmq::socket_t incoming;
  std::map<Route, std::unique_ptr<Outgoing>> outgoing;
  std::map<std::string, Route> routes;  // of identities
  std::map<Route, Target> targets;
  Route next_route = 0;
  std::vector<zmq::pollitem_t> polled;
};

ZmqPort::ZmqPort(KeyRing keys, std::function<void(const std::string&)> log)
    : state_(std::make_unique<State>(std::move(keys), std::move(log))) {}
ZmqPort::~ZmqPort() = default;

Result<std::string> ZmqPort::listen(const std::string& address) {
  State& state = *state_;
  try {
    if (!state.incoming) {
      zmq::socket_t socket(state.context, zmq::socket_type::router);
      state.prepare(socket, address);
      socket.set(zmq::sockopt::curve_server, true);
      socket.set(zmq::sockopt::zap_domain, "tiercut");
      socket.set(zmq::sockopt::router_mandatory, true);
      socket.set(zmq::sockopt::router_handover, true);
      state.incoming = std::move(socket);
    }
    state.incoming.bind(address);
    return state.incoming.get(zmq::sockopt::last_endpoint);
  } catch (const zmq::error_t& error) {
    const bool is_taken = error.num() == EADDRINUSE;
    return fail(is_taken ? "address-in-use" : "bad-address", "cannot listen at '" + address + "': " + error.what(),
                is_taken ? "another program has that port; choose one with --listen, as 0.0.0.0:7400"
                         : "give an address of this machine, as 0.0.0.0:7337");
  }
}

Result<Route> ZmqPort::open(const std::string& address, const std::string& public_key) {
  State& state = *state_;
  try {
    auto made = std::make_unique<State::Outgoing>();
    made->socket = zmq::socket_t(state.context, zmq::socket_type::dealer);
    state.prepare(made->socket, address);
    made->socket.set(zmq::sockopt::curve_serverkey, public_key);
    made->socket.set(zmq::sockopt::routing_id, random_identity(state.keys.name));
    made->socket.set(zmq::sockopt::reconnect_ivl, 50);
    made->socket.set(zmq::sockopt::reconnect_ivl_max, 1000);
    const std::string monitor = "inproc://monitor-" + std::to_string(state.next_route);
    if (zmq_socket_monitor(made->socket.handle(), monitor.c_str(),
                           ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                               ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                               ZMQ_EVENT_DISCONNECTED) != 0) {
      throw zmq::error_t();
    }
    made->monitor = zmq::socket_t(state.context, zmq::socket_type::pair);
    made->monitor.set(zmq::sockopt::linger, 0);
    made->monitor.connect(monitor);
    made->socket.connect(address);
    const Route route = state.next_route++;
    state.targets[route] = {made.get(), {}};
    state.outgoing[route] = std::move(made);
    return route;
  } catch (const zmq::error_t& error) {
    return fail("bad-address", "cannot connect to '" + address + "': " + error.what(),
                "an address is a name or number and a port, as pi.local:7337");
  }
}

void ZmqPort::close(Route route) {
  const auto found = state_->outgoing.find(route);
  if (found == state_->outgoing.end()) return;
  found->second->socket.set(zmq::sockopt::linger, 0);
  state_->targets.erase(route);
  state_->outgoing.erase(found);
}

bool ZmqPort::send(Route route, std::string frame) {
  const auto found = state_->targets.find(route);
  if (found == state_->targets.end()) return false;
  State::Target& target = found->second;
  try {
    if (target.outgoing != nullptr) {
      return target.outgoing->socket.send(message_of(std::move(frame)), zmq::send_flags::dontwait).has_value();
    }
    if (!state_->incoming.send(zmq::buffer(target.identity), zmq::send_flags::sndmore | zmq::send_flags::dontwait)) {
      return false;
    }
    return state_->incoming.send(message_of(std::move(frame)), zmq::send_flags::dontwait).has_value();
  } catch (const zmq::error_t&) {
    return false;  // nobody of that identity is connected any more
  }
}

std::optional<Port::Event> ZmqPort::receive(Nanoseconds until) {
  while (true) {
    if (auto event = state_->next_event()) return event;
    if (until <= monotonic_now() || !state_->wait(until)) return std::nullopt;
  }
}

void ZmqPort::wake() {
  const std::uint64_t one = 1;
  (void)!::write(state_->woken, &one, sizeof one);
}

std::string full_address(const std::string& address) {
  if (address.starts_with("ipc://")) return address;
  std::string full = address.find("://") == std::string::npos ? "tcp://" + address : address;
  const std::size_t host = full.find("://") + 3;
  const std::size_t bracket = full.rfind(']');
  const std::size_t colon = full.rfind(':');
  const bool has_port =
      colon != std::string::npos && colon >= host && (bracket == std::string::npos || colon > bracket);
  return has_port ? full : full + ":" + std::to_string(usual_port);
}

}  // namespace tiercut::runtime
