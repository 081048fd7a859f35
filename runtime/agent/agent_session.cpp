// SPDX-License-Identifier: Apache-2.0
// What the coordinator says to an agent.
#include <algorithm>

#include "core/document.hpp"
#include "kernels/kernel.hpp"
#include "runtime/agent/agent_state.hpp"
#include "runtime/agent/host.hpp"

namespace tiercut::runtime {

Welcome Agent::State::welcome() const {
  Welcome out;
  out.name = options.name;
  out.version = options.version;
  out.instance = instance;
  out.boot = boot_id();
  out.host = host_name();
  out.processor = processor_name();
  out.profile = options.profile;
  out.units = options.units;
  out.backends = kernels::backend_names();
  out.threads = options.threads;
  out.memory_limit = memory->limit();
  out.memory_used = memory->used();
  return out;
}

void Agent::State::take_hello(const Port::Event& event, const Frame& frame) {
  const auto hello = from_bytes<Hello>(frame.body);
  if (!hello) {
    ++refused_frames;
    return;
  }
  Welcome answer = welcome();
  const bool is_question = frame.session == 0;
  const bool is_repeated = coordinator >= 0 && frame.session == session;
  if (!is_question && !is_repeated) {
    answer.is_busy = coordinator >= 0 && event.route != coordinator;
    if (!answer.is_busy) {
      end_session("its coordinator began anew");
      coordinator = event.route;
      session = frame.session;
      log("session of '" + event.peer + "': " + hello->run);
    }
  }
  if (is_repeated) coordinator = event.route;
  if (coordinator == event.route) last_heard = monotonic_now();
  port.send(event.route, frame_of(answer, frame.session));
}

void Agent::State::answer_ping(const Port::Event& event, const Ping& ping, std::uint64_t of_session) {
  Pong pong;
  pong.asked = ping.sent;
  pong.received = monotonic_now();
  pong.instance = instance;
  pong.memory_used = memory->used();
  pong.refused_frames = refused_frames;
  pong.late_frames = late_frames;
  if (event.route == coordinator && of_session == session) {
    last_heard = pong.received;
    for (const auto& [id, peer] : peers) {
      if (peer.shortest != never) pong.peers.push_back({peer.endpoint, peer.shortest});
    }
  }
  pong.sent = monotonic_now();
  port.send(event.route, frame_of(pong, of_session));
  if (event.route == coordinator) ping_peers();
}

void Agent::State::refuse(std::uint32_t epoch, const Diagnostics& why) {
  for (const Diagnostic& each : why) {
    log("refused: " + each.message);
    tell(Failure{epoch, each.code, each.message, each.hint});
  }
}

void Agent::State::deploy(Route, const Frame& frame) {
  auto program = from_bytes<Program>(frame.body);
  if (!program) return refuse(0, fail("bad-program", "a program came that cannot be read").value());
  const std::uint32_t epoch = program->epoch;
  if (programs.contains(epoch)) {
    const auto& there = *programs[epoch];
    return tell(Ready{epoch, memory->used(), there.units_used()});
  }
  if (pending.contains(epoch) && pending[epoch].is_building) return;
  const Result<Document> text = parse_document(program->model, "the model of the program");
  if (!text) return refuse(epoch, text.error());
  const auto model = model::model_from(*text);
  if (!model) return refuse(epoch, model.error());
  if (const auto sound = check_program(*program, **model); !sound) return refuse(epoch, sound.error());

  Pending coming;
  coming.program = std::make_shared<DeployedProgram>(std::move(*program), *model, *this, units);
  const Program& deployed = coming.program->program();
  std::set<int> layers;
  for (const int stage : coming.program->stages_here()) {
    layers.insert(deployed.stage(stage).layers.begin(), deployed.stage(stage).layers.end());
  }
  Missing missing{epoch, {}};
  for (std::size_t i = 0; i < deployed.weights.size(); ++i) {
    const ProgramWeights& wanted = deployed.weights[i];
    if (wanted.hash.empty() || !layers.contains(wanted.layer) || weights.find(wanted.hash) != nullptr) continue;
    if (coming.missing.contains(wanted.hash)) continue;
    if (const auto room = weights.expect(wanted.hash, wanted.floats, wanted.words); !room) {
      weights.forget_unfinished();
      return refuse(epoch, room.error());
    }
    missing.weights.push_back(static_cast<std::uint32_t>(i));
    coming.missing.insert(wanted.hash);
  }
  pending[epoch] = std::move(coming);
  tell(missing);
  build_when_complete();
}

void Agent::State::take_weights(const Frame& frame) {
  const auto chunk = head_of<WeightsChunk>(frame.body);
  if (!chunk) {
    ++refused_frames;
    return;
  }
  const auto here = weights.add(chunk->first.hash, chunk->first.offset, chunk->second);
  if (!here) return refuse(0, here.error());
  tell(WeightsKept{chunk->first.hash, *here});
  if (weights.find(chunk->first.hash) == nullptr) return;
  for (auto& [epoch, coming] : pending) coming.missing.erase(chunk->first.hash);
  build_when_complete();
}

void Agent::State::build_when_complete() {
  if (is_builder_busy) return;
  for (auto& [epoch, coming] : pending) {
    if (!coming.missing.empty() || coming.is_building) continue;
    coming.is_building = is_builder_busy = true;
    std::vector<WeightsPointer> by_layer(static_cast<std::size_t>(coming.program->model()->layer_count()));
    for (const ProgramWeights& wanted : coming.program->program().weights) {
      if (!wanted.hash.empty()) by_layer[static_cast<std::size_t>(wanted.layer)] = weights.find(wanted.hash);
    }
    if (builder.joinable()) builder.join();
    // Packing weights takes long: heartbeats go on meanwhile, and so do samples of the plan before.
    builder = std::thread([this, program = coming.program, by_layer = std::move(by_layer)] {
      Result<void> result = program->compile(by_layer);
      post([this, program, result = std::move(result)] { built(program, result); });
    });
    return;
  }
}

void Agent::State::built(const std::shared_ptr<DeployedProgram>& program, const Result<void>& result) {
  is_builder_busy = false;
  const std::uint32_t epoch = program->program().epoch;
  const auto found = pending.find(epoch);
  const bool is_wanted = found != pending.end() && found->second.program == program;
  if (is_wanted) pending.erase(found);
  if (is_wanted && !result) refuse(epoch, result.error());
  if (is_wanted && result) {
    programs[epoch] = program;
    connect_peers(*program);
    tell(Ready{epoch, memory->used(), program->units_used()});
  }
  build_when_complete();
}

void Agent::State::take_input(const Frame&, std::string_view body) {
  const auto input = head_of<InputHead>(body);
  if (!input) {
    ++refused_frames;
    return;
  }
  const InputHead& head = input->first;
  const Due due{head.due, head.sample.epoch, head.sample.sample, head.stage};
  if (!programs.contains(head.sample.epoch) || inputs.contains(due)) {
    ++late_frames;
    return;
  }
  if (!memory->take(input->second.size())) {
    TraceEvent lost;
    lost.kind = TraceEvent::Kind::lost;
    lost.epoch = head.sample.epoch;
    lost.sample = head.sample.sample;
    lost.stage = head.stage;
    lost.why = "memory-exhausted";
    return report(std::move(lost));
  }
  input_bytes += input->second.size();
  inputs.emplace(due, std::pair(head, std::string(input->second)));
}

void Agent::State::retire(const Retire& over) {
  const auto found = programs.find(over.epoch);
  if (found == programs.end()) return;
  for (const std::int64_t sample : over.samples) found->second->machine().retire(sample);
}

void Agent::State::lose_peer(const std::string& name) {
  for (auto& [id, peer] : peers) {
    if (peer.name != name || peer.route < 0) continue;
    port.close(peer.route);
    peer.route = -1;
    peer.is_lost = true;
    log("sends nothing to '" + name + "' any more: it was lost");
  }
}

void Agent::State::forget(std::uint32_t epoch) {
  programs.erase(epoch);
  pending.erase(epoch);
}

void Agent::State::end_session(const std::string& why) {
  if (coordinator < 0) return;
  flush_trace();
  tell(Bye{});
  log(why.empty() ? "session over" : "session over: " + why);
  for (const auto& [id, peer] : peers) {
    if (peer.route >= 0) port.close(peer.route);
  }
  peers.clear();
  peer_of_endpoint.clear();
  programs.clear();
  pending.clear();
  inputs.clear();
  memory->give(input_bytes);
  input_bytes = 0;
  weights.forget_unfinished();
  refused_frames = late_frames = 0;
  coordinator = -1;
  session = 0;
}

}  // namespace tiercut::runtime
