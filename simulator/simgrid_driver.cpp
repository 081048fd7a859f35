// SPDX-License-Identifier: Apache-2.0
#include "simulator/simgrid_driver.hpp"

#include <simgrid/kernel/Timer.hpp>
#include <simgrid/s4u.hpp>

#include <simgrid/version.h>  // after s4u.hpp, which it needs

#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <map>
#include <sstream>
#include <vector>

namespace tiercut::simulator {

namespace s4u = simgrid::s4u;
using simgrid::kernel::timer::Timer;

namespace {

bool used_in_this_process = false;

// Units and fifo links are known by how long they are busy, so they work at one picosecond's worth a picosecond.
constexpr double ticks_per_second = 1e12;
// SimGrid merges what lies nearer together than this (surf/precision).
constexpr double resolution = 1e-12;
// What a cancelled activity carries in place of its copy or flow.
constexpr std::uintptr_t nobody = ~std::uintptr_t{0};

/// SimGrid takes over the handlers of SIGINT, SIGSEGV and SIGBUS; ours are put back.
class SignalGuard {
 public:
  SignalGuard() {
    for (std::size_t i = 0; i < numbers.size(); ++i) sigaction(numbers[i], nullptr, &before_[i]);
  }
  ~SignalGuard() {
    for (std::size_t i = 0; i < numbers.size(); ++i) sigaction(numbers[i], &before_[i], nullptr);
  }
  SignalGuard(const SignalGuard&) = delete;
  SignalGuard& operator=(const SignalGuard&) = delete;

 private:
  static constexpr std::array<int, 3> numbers = {SIGINT, SIGSEGV, SIGBUS};
  std::array<struct sigaction, 3> before_{};
};

std::unique_ptr<s4u::Engine> make_engine() {
  std::vector<std::string> words = {"tiercut",
                                    "--log=root.thresh:critical",
                                    "--cfg=network/model:CM02",
                                    "--cfg=network/crosstraffic:0",
                                    "--cfg=network/TCP-gamma:1e12",
                                    "--cfg=surf/precision:1e-12"};
  if (const char* more = std::getenv("TIERCUT_SIMGRID_CFG")) {
    std::istringstream items(more);
    for (std::string item; items >> item;) words.push_back("--cfg=" + item);
  }
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  int count = static_cast<int>(arguments.size());
  arguments.push_back(nullptr);
  const SignalGuard guard;
  return std::make_unique<s4u::Engine>(&count, arguments.data());
}

}  // namespace

struct SimgridDriver::Parts {
  Parts(const CompiledGraph& graph, bool with_work, Listener& to)
      : listener(to), copies(static_cast<std::size_t>(graph.workers())), is_working(with_work), engine(make_engine()) {
    hosts.resize(copies);
    is_link.resize(copies);
    running.resize(copies);
    // The largest power of two at which messages are still exact whole numbers: SimGrid takes a size as an integer, and
    // whole bytes would be too coarse for slow links.
    bytes_scale = std::exp2(std::floor(52 - std::log2(std::max(1.0, graph.largest_fair.value()))));
    build_platform(graph);
    s4u::Activity::on_completion_cb([this](const s4u::Activity& activity) { complete(activity); });
  }

  void build_platform(const CompiledGraph& graph);
  void complete(const s4u::Activity& activity);
  void cancel(std::size_t index);
  void start_comm(std::size_t index, s4u::Host* from, double size);

  Listener& listener;
  std::size_t copies;  // and further workers
  bool is_working;     // units and fifo links are on the platform
  double bytes_scale = 1;
  std::unique_ptr<s4u::Engine> engine;
  s4u::Host* sink = nullptr;
  std::vector<s4u::Host*> hosts;          // by copy; of a link, where its Comms come from
  std::vector<bool> is_link;              // by copy
  std::vector<s4u::Host*> route_hosts;    // by route of the graph
  std::vector<s4u::ActivityPtr> running;  // by copy, then by flow
  struct HeldFlow {
    s4u::Host* from = nullptr;
    double left = 0;  // while it stands still
  };
  std::vector<HeldFlow> flows;
  // SimGrid handles what was cancelled some steps later, and uses it then: kept for two more moments with a cancelling.
  std::array<std::vector<s4u::ActivityPtr>, 3> cancelled;
  double cancelled_at = -1;
  s4u::ActivityPtr finished;     // SimGrid still uses it while its completion is reported
  std::vector<double> wake_ups;  // set and still to come; each earlier than the one before
};

/// Each link stands between a host of its own and one sink, so that a platform of n links needs n routes, not n
/// squared; a fair route has such a host of its own, with all its links behind it.
void SimgridDriver::Parts::build_platform(const CompiledGraph& graph) {
  auto* zone = s4u::create_star_zone("platform");
  sink = zone->create_host("sink", ticks_per_second);
  zone->add_route(nullptr, sink->get_netpoint(), nullptr, nullptr, {}, false);
  const auto leads_to_sink = [zone](const s4u::Host* host, const std::vector<s4u::LinkInRoute>& links) {
    zone->add_route(host->get_netpoint(), nullptr, nullptr, nullptr, links, false);
  };
  std::vector<s4u::Link*> links(copies);
  for (std::size_t c = 0; c < copies; ++c) {
    const auto r = static_cast<std::size_t>(graph.resource_of[c]);
    const auto& resource = graph.source->resources[r];
    const std::size_t member = c - static_cast<std::size_t>(graph.first_copy[r]) + 1;
    std::string name = resource.name;
    if (resource.copies > 1 || resource.workers > 1) name += '.' + std::to_string(member);
    is_link[c] = resource.kind == deployment::Resource::Kind::link;
    const bool is_fair = resource.discipline == scenarios::Discipline::fair;
    if (!is_working && !(is_link[c] && is_fair)) continue;
    if (!is_link[c]) {
      hosts[c] = zone->create_host("unit/" + name, ticks_per_second);
      leads_to_sink(hosts[c], {});
      continue;
    }
    if (is_fair && !resource.bandwidth.is_finite()) continue;
    links[c] = zone->create_link("link/" + name, is_fair ? resource.bandwidth.value() * bytes_scale : ticks_per_second);
    links[c]->set_latency(0);
    if (is_fair) continue;
    hosts[c] = zone->create_host("at/" + name, ticks_per_second);
    leads_to_sink(hosts[c], {s4u::LinkInRoute(links[c])});
  }
  std::map<std::vector<int>, s4u::Host*> known;
  for (const auto& route : graph.routes) {
    auto& host = known[route];
    if (host == nullptr) {
      host = zone->create_host("route/" + std::to_string(known.size()), ticks_per_second);
      std::vector<s4u::LinkInRoute> on_the_way;
      for (int link : route) on_the_way.emplace_back(links[static_cast<std::size_t>(link)]);
      leads_to_sink(host, on_the_way);
    }
    route_hosts.push_back(host);
  }
  zone->seal();
}

void SimgridDriver::Parts::complete(const s4u::Activity& activity) {
  const auto index = reinterpret_cast<std::uintptr_t>(activity.get_data<void>());
  if (index == nobody) return;
  finished = std::move(running[index]);
  if (index < copies) {
    listener.on_work_done(static_cast<int>(index));
  } else {
    listener.on_flow_done(static_cast<int>(index - copies));
  }
}

void SimgridDriver::Parts::cancel(std::size_t index) {
  if (s4u::Engine::get_clock() > cancelled_at) {
    cancelled_at = s4u::Engine::get_clock();
    std::rotate(cancelled.begin(), cancelled.end() - 1, cancelled.end());
    cancelled.front().clear();
  }
  cancelled.front().push_back(std::move(running[index]));
  s4u::Activity* const activity = cancelled.front().back().get();
  // The data of an Exec and of a Comm are set by types of their own.
  if (auto* exec = dynamic_cast<s4u::Exec*>(activity)) exec->set_data(reinterpret_cast<void*>(nobody));
  if (auto* comm = dynamic_cast<s4u::Comm*>(activity)) comm->set_data(reinterpret_cast<void*>(nobody));
  activity->cancel();
}

void SimgridDriver::Parts::start_comm(std::size_t index, s4u::Host* from, double size) {
  auto comm = s4u::Comm::sendto_init(from, sink);
  comm->set_payload_size(static_cast<std::uint64_t>(std::llround(size)));
  comm->set_data(reinterpret_cast<void*>(index));
  running[index] = comm;
  comm->start();
}

SimgridDriver::SimgridDriver(const CompiledGraph& graph, bool runs_work, Listener& listener) {
  used_in_this_process = true;
  parts_ = std::make_unique<Parts>(graph, runs_work, listener);
}

SimgridDriver::~SimgridDriver() = default;

bool SimgridDriver::was_used() { return used_in_this_process; }

bool SimgridDriver::runs_work() const { return parts_->is_working; }

double SimgridDriver::clock() const { return s4u::Engine::get_clock(); }

bool SimgridDriver::start_work(int copy, Instant end) {
  const double now = clock();
  const double left = end.since_start().value() - now;
  if (left < 10 * resolution + 4 * now * std::numeric_limits<double>::epsilon()) return false;
  const auto index = static_cast<std::size_t>(copy);
  if (parts_->is_link[index]) {
    parts_->start_comm(index, parts_->hosts[index], left * ticks_per_second);
    return true;
  }
  auto exec = s4u::Exec::init();
  exec->set_host(parts_->hosts[index])->set_flops_amount(left * ticks_per_second);
  exec->set_data(reinterpret_cast<void*>(index));
  parts_->running[index] = exec;
  exec->start();
  return true;
}

void SimgridDriver::cancel_work(int copy) { parts_->cancel(static_cast<std::size_t>(copy)); }

void SimgridDriver::cancel_flow(int flow) {
  const std::size_t index = parts_->copies + static_cast<std::size_t>(flow);
  if (parts_->running[index]) parts_->cancel(index);  // else it is held
}

/// Ended, and started anew with what is left: SimGrid's own suspension does not survive all that can happen meanwhile.
void SimgridDriver::hold_flow(int flow) {
  const std::size_t index = parts_->copies + static_cast<std::size_t>(flow);
  parts_->flows[static_cast<std::size_t>(flow)].left = parts_->running[index]->get_remaining();
  parts_->cancel(index);
}

void SimgridDriver::resume_flow(int flow) {
  const Parts::HeldFlow& held = parts_->flows[static_cast<std::size_t>(flow)];
  parts_->start_comm(parts_->copies + static_cast<std::size_t>(flow), held.from, held.left);
}

void SimgridDriver::start_flow(int flow, int route, Bytes size) {
  const std::size_t index = parts_->copies + static_cast<std::size_t>(flow);
  if (parts_->running.size() <= index) parts_->running.resize(index + 1);
  auto& flows = parts_->flows;
  if (flows.size() <= static_cast<std::size_t>(flow)) flows.resize(static_cast<std::size_t>(flow) + 1);
  flows[static_cast<std::size_t>(flow)] = {parts_->route_hosts[static_cast<std::size_t>(route)], 0};
  parts_->start_comm(index, parts_->route_hosts[static_cast<std::size_t>(route)], size.value() * parts_->bytes_scale);
}

void SimgridDriver::wake_at(double date) {
  auto& wake_ups = parts_->wake_ups;
  if (!wake_ups.empty() && wake_ups.back() <= date) return;
  wake_ups.push_back(date);
  Timer::set(date, [parts = parts_.get()] {
    parts->wake_ups.pop_back();
    parts->listener.on_wake();
  });
}

void SimgridDriver::run() { parts_->engine->run(); }

std::string SimgridDriver::version() {
  return std::to_string(SIMGRID_VERSION_MAJOR) + "." + std::to_string(SIMGRID_VERSION_MINOR) + "." +
         std::to_string(SIMGRID_VERSION_PATCH);
}

}  // namespace tiercut::simulator
