// SPDX-License-Identifier: Apache-2.0
#include "runtime/agent/zmq_authenticator.hpp"

#include <string_view>
#include <thread>
#include <vector>
#include <zmq.hpp>

namespace tiercut::runtime {
namespace {

constexpr std::size_t key_bytes = 32;

}  // namespace

struct ZmqAuthenticator::State {
  State(zmq::context_t& context, std::map<std::string, std::string> keys,
        std::function<void(const std::string&)> logger)
      : known(std::move(keys)),
        log(std::move(logger)),
        requests(context, zmq::socket_type::rep),
        stop_here(context, zmq::socket_type::pair),
        stop_there(context, zmq::socket_type::pair) {
    requests.set(zmq::sockopt::linger, 0);
    requests.bind("inproc://zeromq.zap.01");
    stop_here.bind("inproc://authenticator-stop");
    stop_there.connect("inproc://authenticator-stop");
    thread = std::thread([this] { serve(); });
  }

  void serve() {
    std::vector<zmq::pollitem_t> items{{requests.handle(), 0, ZMQ_POLLIN, 0}, {stop_there.handle(), 0, ZMQ_POLLIN, 0}};
    while (true) {
      zmq::poll(items, std::chrono::milliseconds(-1));
      if ((items[1].revents & ZMQ_POLLIN) != 0) return;
      if ((items[0].revents & ZMQ_POLLIN) != 0) answer();
    }
  }

  void answer() {
    std::vector<std::string> request;
    bool is_more = true;
    while (is_more) {
      zmq::message_t part;
      (void)requests.recv(part);
      request.push_back(part.to_string());
      is_more = part.more();
    }
    std::string name, key;
    // version, request, domain, address, identity, mechanism, public key
    const bool is_curve = request.size() == 7 && request[5] == "CURVE" && request[6].size() == key_bytes;
    if (is_curve) {
      char text[41] = {};
      zmq_z85_encode(text, reinterpret_cast<const std::uint8_t*>(request[6].data()), key_bytes);
      key = text;
      if (const auto found = known.find(key); found != known.end()) name = found->second;
    }
    if (name.empty() && log) {
      log("refused a peer at " + (request.size() > 3 ? request[3] : std::string("?")) + ": " +
          (is_curve ? "its key " + key + " is not known here" : std::string("it has no key")));
    }
    const std::string id = request.size() > 1 ? request[1] : std::string();
    const std::string_view parts[] = {"1.0", id, name.empty() ? "400" : "200", name.empty() ? "unknown key" : "OK",
                                      name,  ""};
    for (std::size_t i = 0; i < std::size(parts); ++i) {
      requests.send(zmq::buffer(parts[i]), i + 1 < std::size(parts) ? zmq::send_flags::sndmore : zmq::send_flags::none);
    }
  }

  std::map<std::string, std::string> known;
  std::function<void(const std::string&)> log;
  zmq::socket_t requests, stop_here, stop_there;
  std::thread thread;
};

ZmqAuthenticator::ZmqAuthenticator(zmq::context_t& context, const KeyRing& keys,
                                   std::function<void(const std::string&)> log)
    : state_(std::make_unique<State>(context, keys.known, std::move(log))) {}

ZmqAuthenticator::~ZmqAuthenticator() { stop(); }

void ZmqAuthenticator::stop() {
  if (state_ == nullptr) return;
  state_->stop_here.send(zmq::str_buffer("stop"), zmq::send_flags::none);
  state_->thread.join();
  state_.reset();
}

}  // namespace tiercut::runtime
