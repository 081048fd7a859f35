// SPDX-License-Identifier: Apache-2.0
#include "runtime/lab/emulated_link.hpp"

#include <algorithm>
#include <cmath>

namespace tiercut::lab {
namespace {
constexpr std::size_t flow_places = 1024;
constexpr std::size_t most_tags = 4096;
}  // namespace

EmulatedLink::EmulatedLink(LinkSettings settings, std::uint64_t seed)
    : settings_(std::move(settings)),
      seed_(seed),
      jitter_entity_(entity_id("lab/jitter/" + settings_.name)),
      loss_entity_(entity_id("lab/loss/" + settings_.name)) {
  counts_.name = settings_.name;
  if (settings_.jitter.kind != scenarios::Jitter::Kind::none || settings_.overhead > 0) flows_.resize(flow_places);
}

std::int64_t EmulatedLink::transmission(double bytes) const {
  return settings_.bytes_per_ns > 0 ? std::llround(bytes / settings_.bytes_per_ns) : 0;
}

// The same laws as the simulator draws from (scenarios/platform.hpp).
std::int64_t EmulatedLink::draw_jitter() {
  using Kind = scenarios::Jitter::Kind;
  const double mean = settings_.jitter.mean.value(), deviation = settings_.jitter.deviation.value();
  RandomStream stream(seed_, jitter_entity_, draws_++);
  double drawn = mean;
  if (deviation > 0) {
    switch (settings_.jitter.kind) {
      case Kind::none:
        break;
      case Kind::normal:
        drawn = stream.normal(mean, deviation);
        break;
      case Kind::lognormal:
        drawn = mean > 0 ? stream.lognormal_with(mean, deviation / mean) : 0;
        break;
      case Kind::gamma:
        drawn = mean > 0 ? stream.gamma(mean * mean / (deviation * deviation), deviation * deviation / mean) : 0;
        break;
      case Kind::uniform:
        drawn = mean + (2 * stream.uniform() - 1) * std::sqrt(3.0) * deviation;
        break;
      case Kind::measured:
        drawn = mean + settings_.jitter.shape->at(stream.uniform()) * deviation;
        break;
    }
  }
  return std::llround(drawn * 1e9);
}

EmulatedLink::Flow* EmulatedLink::message_of(Passage at, const Load& load, bool& is_new) {
  is_new = true;
  if (flows_.empty()) return nullptr;
  Flow& flow = flows_[load.flow % flow_places];
  is_new = at.first > flow.last_arrival + message_gap;
  flow.last_arrival = std::max(flow.last_arrival, at.last);
  if (is_new && settings_.jitter.kind != scenarios::Jitter::Kind::none) flow.jitter = draw_jitter();
  return &flow;
}

std::optional<Passage> EmulatedLink::propagate(Passage end, Flow* flow) {
  if (settings_.loss > 0 && RandomStream(seed_, loss_entity_, fates_++).uniform() < settings_.loss) {
    ++counts_.lost;
    return std::nullopt;
  }
  const std::int64_t delay = std::max<std::int64_t>(0, settings_.latency + (flow != nullptr ? flow->jitter : 0));
  Passage out{end.first + delay, end.last + delay};
  if (flow != nullptr) {  // a connection stays in order
    out.last = std::max(out.last, flow->last_out);
    out.first = std::max(out.first, flow->last_out);
    flow->last_out = out.last;
  }
  return out;
}

std::optional<Passage> EmulatedLink::carry(Passage at, const Load& load) {
  const double backlog =
      static_cast<double>(std::max<std::int64_t>(0, busy_until_ - at.first)) * settings_.bytes_per_ns;
  if (backlog > settings_.buffer) {
    ++counts_.full;
    return std::nullopt;
  }
  ++counts_.packets;
  counts_.bytes += static_cast<std::uint64_t>(load.bytes);
  bool is_new = false;
  Flow* const flow = message_of(at, load, is_new);
  std::int64_t start = std::max(at.first, busy_until_);
  if (is_new) start += settings_.overhead;
  // The last segment cannot leave before it has come.
  const std::int64_t segment = transmission(std::min(load.bytes, load.segment_bytes));
  const std::int64_t end = std::max(start + transmission(load.bytes), at.last + segment);
  busy_until_ = end;
  return propagate({std::min(start + segment, end), end}, flow);
}

bool EmulatedLink::enqueue(Passage at, const Load& load, void* ticket) {
  if (waiting_bytes_ > settings_.buffer) {
    ++counts_.full;
    return false;
  }
  ++counts_.packets;
  counts_.bytes += static_cast<std::uint64_t>(load.bytes);
  waiting_bytes_ += load.bytes;
  if (finish_tags_.size() > most_tags) {
    std::erase_if(finish_tags_, [&](const auto& entry) { return entry.second <= virtual_time_; });
  }
  double& finish = finish_tags_[load.flow];
  const double tag = std::max(virtual_time_, finish);
  finish = tag + std::max(1.0, load.bytes);
  waiting_.push({tag, order_++, at, load, ticket});
  return true;
}

std::optional<EmulatedLink::Sending> EmulatedLink::send_next(std::int64_t now) {
  if (waiting_.empty()) return std::nullopt;
  const Waiting next = waiting_.top();
  waiting_.pop();
  virtual_time_ = next.tag;
  waiting_bytes_ -= next.load.bytes;
  is_sending_ = true;
  bool is_new = false;
  Flow* const flow = message_of(next.at, next.load, is_new);
  const std::int64_t start = std::max({now, busy_until_, next.at.first}) + (is_new ? settings_.overhead : 0);
  const std::int64_t segment = transmission(std::min(next.load.bytes, next.load.segment_bytes));
  busy_until_ = std::max(start + transmission(next.load.bytes), next.at.last + segment);
  return Sending{next.ticket, busy_until_, propagate({std::min(start + segment, busy_until_), busy_until_}, flow)};
}

}  // namespace tiercut::lab
