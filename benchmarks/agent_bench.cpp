// SPDX-License-Identifier: Apache-2.0
// What an agent adds to a hop: a tensor of 64 kB goes from one agent to another and back over loopback, through kernels
// that do next to nothing; in turns with it, a bare ZeroMQ socket with CURVE and a bare TCP socket carry as many bytes.
// The agents' overhead is what remains of the way when the kernels' and the bare socket's time are taken off.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#include <zmq.hpp>

#include "deployment/lowering.hpp"
#include "runtime/agent/agent.hpp"
#include "runtime/agent/run.hpp"
#include "runtime/agent/zmq_port.hpp"

namespace {

using namespace tiercut;
using namespace tiercut::runtime;

constexpr std::size_t tensor_bytes = 65536;
constexpr int rounds = 7, trips = 200;

struct Figures {
  std::vector<double> us;
  double at(double p) {
    std::sort(us.begin(), us.end());
    return us[static_cast<std::size_t>(p * static_cast<double>(us.size() - 1))];
  }
};

/// Both ends of a connection, an echo at the far one; `trip` carries the bytes there and back.
class BareZeroMq {
 public:
  BareZeroMq() : near_(context_, zmq::socket_type::dealer), far_(far_context_, zmq::socket_type::router) {
    const KeyPair near_keys = new_key_pair(), far_keys = new_key_pair();
    far_.set(zmq::sockopt::curve_server, true);
    far_.set(zmq::sockopt::curve_secretkey, far_keys.secret_key);
    far_.bind("tcp://127.0.0.1:*");
    near_.set(zmq::sockopt::curve_serverkey, far_keys.public_key);
    near_.set(zmq::sockopt::curve_publickey, near_keys.public_key);
    near_.set(zmq::sockopt::curve_secretkey, near_keys.secret_key);
    near_.connect(far_.get(zmq::sockopt::last_endpoint));
    echo_ = std::thread([this] {
      while (true) {
        zmq::message_t identity, body;
        (void)far_.recv(identity);
        (void)far_.recv(body);
        if (body.size() == 0) return;
        far_.send(identity, zmq::send_flags::sndmore);
        far_.send(body, zmq::send_flags::none);
      }
    });
  }
  ~BareZeroMq() {
    near_.send(zmq::message_t(), zmq::send_flags::none);
    echo_.join();
  }
  void trip() {
    zmq::message_t body(tensor_bytes);
    near_.send(body, zmq::send_flags::none);
    (void)near_.recv(body);
  }

 private:
  zmq::context_t context_, far_context_;
  zmq::socket_t near_, far_;
  std::thread echo_;
};

class BareTcp {
 public:
  BareTcp() {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(listener, 1);
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    near_ = ::socket(AF_INET, SOCK_STREAM, 0);
    if (::connect(near_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("no loopback connection");
    }
    far_ = ::accept(listener, nullptr, nullptr);
    ::close(listener);
    const int on = 1;
    ::setsockopt(near_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(far_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    echo_ = std::thread([this] {
      std::vector<char> bytes(tensor_bytes);
      while (read_all(far_, bytes)) write_all(far_, bytes);
    });
  }
  ~BareTcp() {
    ::shutdown(near_, SHUT_RDWR);
    echo_.join();
    ::close(near_);
    ::close(far_);
  }
  void trip() {
    write_all(near_, bytes_);
    read_all(near_, bytes_);
  }

 private:
  static bool read_all(int socket, std::vector<char>& bytes) {
    for (std::size_t done = 0; done < bytes.size();) {
      const ssize_t count = ::read(socket, bytes.data() + done, bytes.size() - done);
      if (count <= 0) return false;
      done += static_cast<std::size_t>(count);
    }
    return true;
  }
  static void write_all(int socket, const std::vector<char>& bytes) {
    for (std::size_t done = 0; done < bytes.size();) {
      const ssize_t count = ::write(socket, bytes.data() + done, bytes.size() - done);
      if (count <= 0) return;
      done += static_cast<std::size_t>(count);
    }
  }
  int near_ = -1, far_ = -1;
  std::vector<char> bytes_ = std::vector<char>(tensor_bytes);
  std::thread echo_;
};

template <class Bare>
void measure(Bare& bare, Figures& one_way) {
  for (int i = 0; i < trips; ++i) {
    const Nanoseconds begun = monotonic_now();
    bare.trip();
    one_way.us.push_back(static_cast<double>(monotonic_now() - begun) / 2e3);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

/// An agent in a thread of its own, with sockets of its own.
class RunningAgent {
 public:
  RunningAgent(const std::string& name, const KeyRing& keys) : port_(keys, [](const std::string&) {}) {
    address = port_.listen("tcp://127.0.0.1:*").value();
    AgentOptions options;
    options.name = name;
    options.version = "bench";
    agent_ = std::make_unique<Agent>(std::move(options), port_);
    thread_ = std::thread([this] { agent_->serve([this] { return is_stopping_.load(); }); });
  }
  ~RunningAgent() {
    is_stopping_ = true;
    port_.wake();
    thread_.join();
  }
  std::string address;

 private:
  ZmqPort port_;
  std::unique_ptr<Agent> agent_;
  std::atomic<bool> is_stopping_{false};
  std::thread thread_;
};

constexpr const char* model_text = R"(schema: tiercut/model/1
name: hops
description: Hardly any work on 16384 floats.
layers:
  - {name: image, type: Input, shape: [16384]}
  - {name: here, type: ReLU}
  - {name: there, type: ReLU}
  - {name: answer, type: Output}
)";
constexpr const char* scenario_text = R"(schema: tiercut/scenario/1
name: hops
description: There and back.
model: hops.yaml
devices: {a: raspberry-pi-2/tiercut, b: raspberry-pi-2/tiercut}
links:
  wire: {between: [a, b], latency: 0, bandwidth: unlimited}
workload:
  inputs: {image: a}
  arrivals: {process: periodic, period: 3 ms}
  answer: a
pins:
  - {layers: here, device: a}
  - {layers: there, device: b}
)";

/// Serialising is not priced: it is then done at once, which is the shortest way there is.
RunRequest request_of(const std::filesystem::path& folder) {
  std::ofstream(folder / "hops.yaml") << model_text;
  std::ofstream(folder / "scenario.yaml") << scenario_text;
  RunRequest request;
  const auto scenario = scenarios::read_scenario((folder / "scenario.yaml").string());
  if (!scenario) throw std::runtime_error(to_text(scenario.error()));
  request.scenario = *scenario;
  request.plan.plan = deployment::pinned(**scenario).value();
  request.plan.graph = deployment::lower(**scenario, request.plan.plan).value();
  for (deployment::Stage& stage : request.plan.graph.stages) {
    if (auto* transfer = std::get_if<deployment::Transfer>(&stage.work)) {
      transfer->message.serialise.cost = transfer->message.deserialise.cost = Span();
    }
  }
  request.input = made_up_input(*request.scenario->model, 1);
  request.version = "bench";
  request.samples = trips;
  return request;
}

}  // namespace

int main() {
  const auto folder = std::filesystem::temp_directory_path() / ("tiercut-bench-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  RunRequest request = request_of(folder);
  std::filesystem::remove_all(folder);

  std::map<std::string, KeyPair> pairs;
  KeyRing ring;
  for (const std::string name : {"a", "b", "coordinator"}) {
    pairs[name] = new_key_pair();
    ring.known[pairs[name].public_key] = name;
  }
  const auto ring_of = [&](const std::string& name) {
    KeyRing own = ring;
    own.name = name;
    own.own = pairs[name];
    return own;
  };
  RunningAgent a("a", ring_of("a")), b("b", ring_of("b"));
  request.agents = {{"a", a.address, {}, pairs["a"].public_key}, {"b", b.address, {}, pairs["b"].public_key}};

  BareZeroMq zeromq;
  BareTcp tcp;
  Figures bare_zeromq, bare_tcp, hop;
  for (int round = 0; round < rounds; ++round) {
    measure(zeromq, bare_zeromq);
    measure(tcp, bare_tcp);
    ZmqPort port(ring_of("coordinator"), [](const std::string&) {});
    const auto result = run_plan(request, port);
    if (!result) throw std::runtime_error(to_text(result.error()));
    for (const SampleRecord& record : result->records) {
      if (record.status != SampleStatus::answered || !record.terms) throw std::runtime_error("a sample failed");
      const auto compute = (*record.terms)[static_cast<std::size_t>(deployment::Term::compute)];
      hop.us.push_back(static_cast<double>(record.latency - compute) / 2e3);
    }
  }
  std::printf("a tensor of 64 kB, one way, us          p50      p90\n");
  std::printf("bare TCP socket                    %8.1f %8.1f\n", bare_tcp.at(0.5), bare_tcp.at(0.9));
  std::printf("bare ZeroMQ socket with CURVE      %8.1f %8.1f\n", bare_zeromq.at(0.5), bare_zeromq.at(0.9));
  std::printf("agent to agent, less the kernels   %8.1f %8.1f\n", hop.at(0.5), hop.at(0.9));
  std::printf("overhead of the agent, p50: %.1f us beyond ZeroMQ with CURVE, %.1f us beyond TCP\n",
              hop.at(0.5) - bare_zeromq.at(0.5), hop.at(0.5) - bare_tcp.at(0.5));
}
