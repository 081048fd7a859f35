// SPDX-License-Identifier: Apache-2.0
// Lines with a limit, or several workers: who waits in vain, and for whom.
#include "simulator/simulation.hpp"

namespace tiercut::simulator {

void Simulation::begin_queues() {
  const auto& resources = graph_.source->resources;
  std::vector<int> visits(resources.size());  // of a sample
  const auto count = [&](int resource) {
    if (resource >= 0) ++visits[static_cast<std::size_t>(resource)];
  };
  for (const auto& compute : graph_.computes) count(compute.work.resource);
  for (const auto& message : graph_.messages) {
    count(message.serialise.resource);
    count(message.deserialise.resource);
  }
  for (const auto& hop : graph_.hops) count(hop.resource);
  for (int copy = 0; copy < graph_.copies(); ++copy) {
    const auto resource = static_cast<std::size_t>(graph_.resource_of[static_cast<std::size_t>(copy)]);
    const auto& limit = resources[resource].queue;
    if (!limit && resources[resource].workers == 1) continue;
    queues_.resize(static_cast<std::size_t>(graph_.copies()));
    served_.resize(servers_.size(), -1);
    Queue& queue = queues_[static_cast<std::size_t>(copy)];
    queue.is_special = true;
    queue.meets_itself = visits[resource] > 1;
    queue.workers = resources[resource].workers - 1;
    if (!limit) continue;
    queue.drops_oldest = limit->drop == scenarios::QueueLimit::Drop::oldest;
    if (limit->length) queue.most = static_cast<std::size_t>(*limit->length);
    if (limit->deadline) queue.deadline = Span::from(*limit->deadline);
  }
  for (int worker = graph_.workers(); worker-- > graph_.copies();)
    queues_[static_cast<std::size_t>(line_of(worker))].first_worker = worker;
}

void Simulation::take_out(int copy, Node node) {
  server(copy).line.take_out(node, [this](Node n) -> StageState& { return pool_.stage(n); });
  if (is_special(copy)) --queues_[static_cast<std::size_t>(copy)].waiting;
}

/// -1: all have work, or are out of order.
int Simulation::idle_worker(int copy) {
  if (is_out(copy)) return -1;
  if (!server(copy).is_busy) return copy;
  const Queue& queue = queues_[static_cast<std::size_t>(copy)];
  for (int i = 0; i < queue.workers; ++i) {
    if (!server(queue.first_worker + i).is_busy) return queue.first_worker + i;
  }
  return -1;
}

/// By one of the workers, at present.
bool Simulation::is_served(int copy, std::int64_t sample) {
  const Queue& queue = queues_[static_cast<std::size_t>(copy)];
  const auto serves = [&](int worker) {
    return server(worker).is_busy && served_[static_cast<std::size_t>(worker)] == sample;
  };
  if (!queue.meets_itself) return false;
  if (serves(copy)) return true;
  for (int i = 0; i < queue.workers; ++i) {
    if (serves(queue.first_worker + i)) return true;
  }
  return false;
}

/// The first in the line whom an idle worker may take.
Node Simulation::next_of(int copy) {
  Node node = server(copy).line.first;
  while (node != no_node && is_served(copy, pool_.sample_of(node).id)) node = pool_.stage(node).next;
  return node;
}

void Simulation::hand_out_from(int copy) {
  for (int worker; (worker = idle_worker(copy)) >= 0;) {
    const Node node = next_of(copy);
    if (node == no_node || is_late(copy, node)) return;
    take_out(copy, node);
    take(worker, node);
  }
}

bool Simulation::is_late(int copy, Node node) {
  return now_ - pool_.sample_of(node).arrival > queues_[static_cast<std::size_t>(copy)].deadline;
}

/// Behind the handing out of a moment. What is dropped may let a join go on, which may then wait anywhere.
void Simulation::drop_excess() {
  passed_.swap(touched_);
  for (const int copy : passed_) {
    if (is_special(copy)) drop_from(copy);
  }
  passed_.clear();
}

void Simulation::drop_from(int copy) {
  const Queue& queue = queues_[static_cast<std::size_t>(copy)];
  const Server& there = server(copy);
  const int resource = graph_.resource_of[static_cast<std::size_t>(copy)];
  const auto& graph = *graph_.source;
  if (idle_worker(copy) >= 0) {
    for (Node node; (node = next_of(copy)) != no_node && is_late(copy, node);) {
      drop(copy, node, Cause::deadline(graph, resource));
      touch(copy);
    }
  }
  while (!there.is_touched && is_too_long(copy)) {  // else somebody may be taken first
    Node node = queue.drops_oldest ? there.line.first : there.line.last;
    while (is_served(copy, pool_.sample_of(node).id))
      node = queue.drops_oldest ? pool_.stage(node).next : pool_.stage(node).previous;
    drop(copy, node, Cause::queue(graph, resource));
  }
}

/// Not counting stages of samples that are being served.
bool Simulation::is_too_long(int copy) {
  const Queue& queue = queues_[static_cast<std::size_t>(copy)];
  if (queue.waiting <= queue.most || !queue.meets_itself) return queue.waiting > queue.most;
  std::size_t others = 0;
  for (Node node = server(copy).line.first; node != no_node && others <= queue.most; node = pool_.stage(node).next)
    others += is_served(copy, pool_.sample_of(node).id) ? 0 : 1;
  return others > queue.most;
}

void Simulation::drop(int copy, Node node, Cause cause) {
  take_out(copy, node);
  measurements_.dropped(graph_.resource_of[static_cast<std::size_t>(copy)]);
  lose(pool_.sample_of(node), pool_.stage_of(node), cause);
}

}  // namespace tiercut::simulator
