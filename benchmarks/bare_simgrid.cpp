// SPDX-License-Identifier: Apache-2.0
#include "benchmarks/bare_simgrid.hpp"

#include <algorithm>
#include <simgrid/kernel/Timer.hpp>
#include <simgrid/s4u.hpp>
#include <string>
#include <vector>

namespace tiercut::benchmarks {

namespace s4u = simgrid::s4u;
using simgrid::kernel::timer::Timer;

namespace {

struct Sample {
  double arrival = 0;
  int step = 0;  // activities completed
  s4u::ActivityPtr current;
};

class BareActivities {
 public:
  BareActivities(std::int64_t samples, double period) : count_(samples), period_(period) {
    auto* zone = s4u::create_full_zone("platform");
    device_ = zone->create_host("device", 1e9);
    server_ = zone->create_host("server", 1e9);
    auto* up = zone->create_link("up", 12.5e6)->set_latency(0.015);
    auto* down = zone->create_link("down", 12.5e6)->set_latency(0.015);
    zone->add_route(device_->get_netpoint(), server_->get_netpoint(), nullptr, nullptr, {s4u::LinkInRoute(up)}, false);
    zone->add_route(server_->get_netpoint(), device_->get_netpoint(), nullptr, nullptr, {s4u::LinkInRoute(down)},
                    false);
    zone->seal();
    s4u::Activity::on_completion_cb([this](const s4u::Activity& activity) { complete(activity.get_data<Sample>()); });
  }

  double run(const s4u::Engine& engine) {
    Timer::set(0, [this] { arrive(); });
    engine.run();
    return sum_ / static_cast<double>(count_);
  }

 private:
  void arrive() {
    if (free_.empty()) free_.push_back(new Sample);
    Sample* sample = free_.back();
    free_.pop_back();
    sample->arrival = s4u::Engine::get_clock();
    sample->step = 0;
    start_exec(sample, device_, 2e6);
    if (++arrived_ < count_) Timer::set(static_cast<double>(arrived_) * period_, [this] { arrive(); });
  }

  void complete(Sample* sample) {
    finished_ = std::move(sample->current);  // SimGrid still uses it while it reports its completion
    switch (++sample->step) {
      case 1:
        return start_comm(sample, device_, server_, 4096);
      case 2:
        return start_exec(sample, server_, 1e6);
      case 3:
        return start_comm(sample, server_, device_, 100);
      default:
        sum_ += s4u::Engine::get_clock() - sample->arrival;
        free_.push_back(sample);
    }
  }

  static void start_exec(Sample* sample, s4u::Host* host, double work) {
    auto exec = s4u::Exec::init();
    exec->set_host(host)->set_flops_amount(work);
    exec->set_data(sample);
    sample->current = exec;
    exec->start();
  }

  static void start_comm(Sample* sample, s4u::Host* from, s4u::Host* to, std::uint64_t size) {
    auto comm = s4u::Comm::sendto_init(from, to);
    comm->set_payload_size(size);
    comm->set_data(sample);
    sample->current = comm;
    comm->start();
  }

  std::int64_t count_, arrived_ = 0;
  double period_, sum_ = 0;
  s4u::Host* device_ = nullptr;
  s4u::Host* server_ = nullptr;
  std::vector<Sample*> free_;
  s4u::ActivityPtr finished_;
};

class BareTimers {
 public:
  BareTimers(std::int64_t samples, double period) : count_(samples), period_(period) {}

  double run(const s4u::Engine& engine) {
    create_platform();
    Timer::set(0, [this] { arrive(); });
    engine.run();
    return sum_ / static_cast<double>(count_);
  }

 private:
  enum Place { device, up, server, down, places };

  static void create_platform() {
    auto* zone = s4u::create_full_zone("platform");
    zone->create_host("host", 1e9);
    zone->seal();
  }

  void arrive() {
    const double now = s4u::Engine::get_clock();
    step(now, device);
    if (++arrived_ < count_) Timer::set(static_cast<double>(arrived_) * period_, [this] { arrive(); });
  }

  void step(double arrival, int place) {
    const double now = s4u::Engine::get_clock();
    if (place == places) {
      sum_ += now - arrival;
      return;
    }
    static constexpr double work[places] = {0.002, 0.00032768, 0.001, 0.000008};
    static constexpr double flight[places] = {0, 0.015, 0, 0.015};
    free_[place] = std::max(free_[place], now) + work[place];
    Timer::set(free_[place] + flight[place], [this, arrival, place] { step(arrival, place + 1); });
  }

  std::int64_t count_, arrived_ = 0;
  double period_, sum_ = 0;
  double free_[places] = {};
};

s4u::Engine make_engine() {
  std::vector<std::string> words = {"bare",
                                    "--log=root.thresh:critical",
                                    "--cfg=network/model:CM02",
                                    "--cfg=network/crosstraffic:0",
                                    "--cfg=network/TCP-gamma:1e12",
                                    "--cfg=surf/precision:1e-12"};
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  int count = static_cast<int>(arguments.size());
  arguments.push_back(nullptr);
  return s4u::Engine(&count, arguments.data());
}

}  // namespace

double run_bare_activities(std::int64_t samples, double period_s) {
  const s4u::Engine engine = make_engine();
  return BareActivities(samples, period_s).run(engine);
}

double run_bare_timers(std::int64_t samples, double period_s) {
  const s4u::Engine engine = make_engine();
  return BareTimers(samples, period_s).run(engine);
}

}  // namespace tiercut::benchmarks
