// SPDX-License-Identifier: Apache-2.0
#include "runtime/lab/forwarder.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <mutex>
#include <queue>
#include <thread>

#include "runtime/lab/emulated_link.hpp"
#include "runtime/lab/packet.hpp"

namespace tiercut::lab {
namespace {

/// Timers of this class of machine come 30 us late, 99 % of them within 60 us (under real-time priority).
constexpr std::int64_t spin_ns = 60'000;
constexpr std::size_t most_under_way = std::size_t{512} << 20;
constexpr int reads_in_a_row = 16;  // of one device, before the clock and the others have their turn
constexpr int priority = 10;

std::int64_t now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

struct Event {
  enum class Kind { enter, deliver, sent };
  std::int64_t at = 0;
  std::uint64_t order = 0;
  Kind kind = Kind::deliver;
  Packet* packet = nullptr;
  int link = -1;
  bool operator>(const Event& other) const { return at != other.at ? at > other.at : order > other.order; }
};

}  // namespace

class Forwarder::Worker {
 public:
  Worker(const Layout& layout, std::vector<OwnedFd> tuns, const Options& options)
      : layout_(layout), tuns_(std::move(tuns)), count_(options.count), processor_(options.forwarder_processor) {
    for (const LinkSettings& link : layout_.links) links_.emplace_back(link, options.seed);
    poll_.reset(epoll_create1(EPOLL_CLOEXEC));
    timer_.reset(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
    stop_.reset(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    watch(timer_.get(), timer_mark);
    watch(stop_.get(), stop_mark);
    for (std::size_t i = 0; i < tuns_.size(); ++i) watch(tuns_[i].get(), i);
    thread_ = std::thread([this] { run(); });
  }

  ~Worker() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(stop_.get(), &one, sizeof one);
    thread_.join();
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  ForwarderReport report() const {
    const std::lock_guard lock(mutex_);
    ForwarderReport report = counts_;
    for (const EmulatedLink& link : links_) report.links.push_back(link.report());
    return report;
  }

 private:
  static constexpr std::uint64_t timer_mark = 1u << 30, stop_mark = timer_mark + 1;

  void watch(int fd, std::uint64_t mark) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = mark;
    epoll_ctl(poll_.get(), EPOLL_CTL_ADD, fd, &event);
  }

  void gain_priority() {
    pthread_setname_np(pthread_self(), "lab-forwarder");
    prctl(PR_SET_TIMERSLACK, 1);
    sched_param wanted{};
    wanted.sched_priority = priority;
    counts_.is_real_time = pthread_setschedparam(pthread_self(), SCHED_FIFO, &wanted) == 0;
    if (!counts_.is_real_time) setpriority(PRIO_PROCESS, 0, -20);  // of this thread only
    if (processor_) {
      cpu_set_t set;
      CPU_ZERO(&set);
      CPU_SET(static_cast<unsigned>(*processor_), &set);
      pthread_setaffinity_np(pthread_self(), sizeof set, &set);
    }
  }

  void run() {
    gain_priority();
    std::array<epoll_event, 64> ready{};
    while (true) {
      const std::int64_t due = events_.empty() ? INT64_MAX : events_.top().at;
      const bool is_near = due != INT64_MAX && due - now_ns() < spin_ns;
      if (!is_near) set_timer(due);
      const int count = epoll_wait(poll_.get(), ready.data(), static_cast<int>(ready.size()), is_near ? 0 : -1);
      const std::lock_guard lock(mutex_);
      for (int i = 0; i < count; ++i) {
        const std::uint64_t mark = ready[static_cast<std::size_t>(i)].data.u64;
        if (mark == stop_mark) return;
        if (mark == timer_mark) {
          std::uint64_t ticks = 0;
          [[maybe_unused]] const auto got = ::read(timer_.get(), &ticks, sizeof ticks);
          continue;
        }
        take_from(mark);
      }
      serve_due();
    }
  }

  void set_timer(std::int64_t due) {
    const std::int64_t at = due == INT64_MAX ? 0 : due - spin_ns;
    if (at == timer_at_) return;
    timer_at_ = at;
    itimerspec when{};
    when.it_value.tv_sec = at / 1'000'000'000;
    when.it_value.tv_nsec = at % 1'000'000'000;
    timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
  }

  void take_from(std::size_t node) {
    for (int i = 0; i < reads_in_a_row; ++i) {
      Packet* const packet = spare_ != nullptr ? std::exchange(spare_, nullptr) : pool_.take();
      if (!packet->tail) packet->tail = pool_.take_tail();
      const std::array<iovec, 2> parts = {{{packet->head, Packet::head_size}, {packet->tail.get(), Packet::tail_size}}};
      const ssize_t got = ::readv(tuns_[node].get(), parts.data(), 2);
      if (got <= 0) {
        spare_ = packet;
        return;
      }
      packet->size = static_cast<std::size_t>(got);
      if (packet->size <= Packet::head_size) {  // the tail serves the next one
        Packet* const next = pool_.take();
        next->tail = std::move(packet->tail);
        spare_ = next;
      }
      send_off(packet, node);
    }
  }

  void send_off(Packet* packet, std::size_t node) {
    const auto facts = facts_of(packet->head, packet->size, count_);
    if (!facts) return refuse(packet, counts_.refused);
    packet->load = facts->load;
    packet->to = facts->to - layout_.base - 1;
    if (packet->to >= layout_.nodes.size() || packet->to == node || !layout_.paths[node][packet->to]) {
      return refuse(packet, counts_.refused);
    }
    if (under_way_ + packet->size > most_under_way) return refuse(packet, counts_.crowded);
    under_way_ += packet->size;
    const std::int64_t now = now_ns();
    packet->at = {now, now};
    packet->way = &layout_.paths[node][packet->to]->links;
    packet->hop = 0;
    enter(packet);
  }

  void enter(Packet* packet) {
    if (packet->hop == packet->way->size()) return add_event(packet->at.last, Event::Kind::deliver, packet);
    const int index = (*packet->way)[packet->hop];
    EmulatedLink& link = links_[static_cast<std::size_t>(index)];
    if (!link.is_fair()) {
      const auto out = link.carry(packet->at, packet->load);
      return out ? move_on(packet, *out) : drop(packet);
    }
    if (!link.enqueue(packet->at, packet->load, packet)) return drop(packet);
    if (!link.is_busy()) send_fairly(index, packet->at.first);
  }

  void send_fairly(int index, std::int64_t now) {
    const auto sending = links_[static_cast<std::size_t>(index)].send_next(now);
    if (!sending) return;
    add_event(sending->end, Event::Kind::sent, nullptr, index);
    Packet* const packet = static_cast<Packet*>(sending->ticket);
    sending->out ? move_on(packet, *sending->out) : drop(packet);
  }

  void move_on(Packet* packet, Passage out) {
    packet->at = out;
    ++packet->hop;
    const bool is_there = packet->hop == packet->way->size();
    add_event(is_there ? out.last : out.first, is_there ? Event::Kind::deliver : Event::Kind::enter, packet);
  }

  void add_event(std::int64_t at, Event::Kind kind, Packet* packet, int link = -1) {
    events_.push({at, next_order_++, kind, packet, link});
  }

  void serve_due() {
    for (int served = 0; !events_.empty() && served < 64; ++served) {
      const Event event = events_.top();
      const std::int64_t now = now_ns();
      if (event.at > now) return;
      events_.pop();
      if (event.kind == Event::Kind::enter) {
        enter(event.packet);
      } else if (event.kind == Event::Kind::sent) {
        links_[static_cast<std::size_t>(event.link)].sent();
        send_fairly(event.link, event.at);
      } else {
        deliver(event.packet, now - event.at);
      }
    }
  }

  void deliver(Packet* packet, std::int64_t late) {
    const auto late_ns = static_cast<std::uint64_t>(late);
    ++counts_.error.packets[std::min<std::size_t>(late_ns / 1000, ErrorHistogram::size - 1)];
    counts_.error.longest_ns = std::max(counts_.error.longest_ns, late_ns);
    const std::size_t in_head = std::min(packet->size, Packet::head_size);
    const std::array<iovec, 2> parts = {{{packet->head, in_head}, {packet->tail.get(), packet->size - in_head}}};
    const ssize_t written = ::writev(tuns_[packet->to].get(), parts.data(), packet->size > in_head ? 2 : 1);
    ++(written < 0 ? counts_.refused : counts_.delivered);
    drop(packet);
  }

  void drop(Packet* packet) {
    under_way_ -= packet->size;
    pool_.give(packet);
  }
  void refuse(Packet* packet, std::uint64_t& count) {
    ++count;
    pool_.give(packet);
  }

  const Layout& layout_;
  std::vector<OwnedFd> tuns_;
  Count count_;
  std::optional<int> processor_;
  std::vector<EmulatedLink> links_;
  OwnedFd poll_, timer_, stop_;
  std::int64_t timer_at_ = 0;
  PacketPool pool_;
  Packet* spare_ = nullptr;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::uint64_t next_order_ = 0;
  std::size_t under_way_ = 0;
  ForwarderReport counts_;
  mutable std::mutex mutex_;
  std::thread thread_;
};

Forwarder::Forwarder(const Layout& layout, std::vector<OwnedFd> tuns, const Options& options)
    : worker_(std::make_unique<Worker>(layout, std::move(tuns), options)) {}
Forwarder::~Forwarder() = default;
ForwarderReport Forwarder::report() const { return worker_->report(); }

}  // namespace tiercut::lab
