// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/agent/clock.hpp"
#include "runtime/agent/fields.hpp"
#include "runtime/agent/frame.hpp"

/// Bodies of frames. Times are of the clock of whoever wrote them unless said otherwise.
namespace tiercut::runtime {

struct Hello {
  static constexpr FrameType type = FrameType::hello;
  std::string version;  ///< of the coordinator's program
  std::string run;      ///< what for, for the agent's log
  template <class Archive>
  void fields(Archive& archive) {
    archive(version, run);
  }
};

/// What an agent is. `devices` prints it, run.json keeps it.
struct Welcome {
  static constexpr FrameType type = FrameType::welcome;
  std::string name, version;
  std::uint64_t instance = 0;  ///< another one after a restart
  std::string boot;            ///< agents of one boot share a clock
  std::string host, processor, profile;
  std::vector<std::string> units, backends;
  std::int32_t threads = 1;
  std::uint64_t memory_limit = 0, memory_used = 0;
  bool is_busy = false;  ///< another coordinator's session is open; this one was not begun
  template <class Archive>
  void fields(Archive& archive) {
    archive(name, version, instance, boot, host, processor, profile, units, backends, threads, memory_limit,
            memory_used, is_busy);
  }
};

/// Indices into Program::weights.
struct Missing {
  static constexpr FrameType type = FrameType::missing;
  std::uint32_t epoch = 0;
  std::vector<std::uint32_t> weights;
  template <class Archive>
  void fields(Archive& archive) {
    archive(epoch, weights);
  }
};

/// A piece of the weights of this SHA-256; the bytes follow as the rest of the body.
struct WeightsChunk {
  static constexpr FrameType type = FrameType::weights;
  std::string hash;
  std::uint64_t offset = 0;
  template <class Archive>
  void fields(Archive& archive) {
    archive(hash, offset);
  }
};
inline constexpr std::size_t weights_chunk_bytes = 512 * 1024;

struct WeightsKept {
  static constexpr FrameType type = FrameType::weights_kept;
  std::string hash;
  std::uint64_t bytes = 0;
  template <class Archive>
  void fields(Archive& archive) {
    archive(hash, bytes);
  }
};

struct Ready {
  static constexpr FrameType type = FrameType::ready;
  std::uint32_t epoch = 0;
  std::uint64_t memory_used = 0;
  std::vector<std::string> units;  ///< `cpu: highway, eigen`
  template <class Archive>
  void fields(Archive& archive) {
    archive(epoch, memory_used, units);
  }
};

/// Whose sample, on which plan.
struct SampleId {
  std::uint32_t epoch = 0;
  std::int64_t sample = 0;
  std::int32_t member = 1;
  std::uint32_t drawn = 0;  ///< bit k: exit k is conclusive, if it is decided by drawing
  template <class Archive>
  void fields(Archive& archive) {
    archive(epoch, sample, member, drawn);
  }
};

/// The tensor (float32) follows as the rest of the body.
struct InputHead {
  static constexpr FrameType type = FrameType::input;
  SampleId sample;
  std::int16_t stage = 0;
  Nanoseconds due = 0;  ///< on the receiving agent's clock
  template <class Archive>
  void fields(Archive& archive) {
    archive(sample, stage, due);
  }
};

/// A message of the stage graph: tensor or control; the payload follows as the rest of the body.
struct MessageHead {
  SampleId sample;
  std::int16_t stage = 0;
  std::uint16_t sender = 0;    ///< endpoint
  std::int16_t deciding = -1;  ///< the input that fired last
  Nanoseconds ready = 0;       ///< when it did
  Nanoseconds waited = 0;      ///< of the time since, for a unit
  // The last two are known last: stamp() writes them.
  float scale = 1;  ///< of int8: value = scale x integer
  Nanoseconds sent = 0;
  template <class Archive>
  void fields(Archive& archive) {
    archive(sample, stage, sender, deciding, ready, waited, scale, sent);
  }
  /// `end`: where the head ends in the bytes.
  static void stamp(std::string& bytes, std::size_t end, float scale, Nanoseconds sent) {
    std::memcpy(bytes.data() + end - sizeof sent, &sent, sizeof sent);
    std::memcpy(bytes.data() + end - sizeof sent - sizeof scale, &scale, sizeof scale);
  }
};

/// What became of a stage at the agent.
struct TraceEvent {
  enum class Kind : std::uint8_t {
    fired,
    lost,     ///< could not be done
    removed,  ///< cancelled before it had started
    last = removed
  };
  Kind kind = Kind::fired;
  std::uint32_t epoch = 0;
  std::int64_t sample = 0;
  std::int16_t stage = 0;
  std::int16_t deciding = -1;   ///< the input that fired last (first-conclusive: first; join: that completed it)
  bool is_conclusive = false;   ///< decision
  std::int32_t predicted = -1;  ///< answer: class of the branch that answered
  double confidence = 0;        ///< decision
  Nanoseconds ready = 0;        ///< message: on the sender's clock
  Nanoseconds waited = 0;       ///< message: for the sender's unit
  Nanoseconds begun = 0;        ///< compute: taken by its unit; message: sent, on the sender's clock
  Nanoseconds done = 0;         ///< compute: layers run, exits not yet checked; message: received
  Nanoseconds waited_here = 0;  ///< message: for the receiver's unit
  Nanoseconds before = 0;       ///< message: when the one before on its connection was received
  Nanoseconds fired = 0;
  std::int64_t bytes = 0;  ///< message: of the payload
  std::string why;         ///< lost: a code
  template <class Archive>
  void fields(Archive& archive) {
    archive(kind, epoch, sample, stage, deciding, is_conclusive, predicted, confidence, ready, waited, begun, done,
            waited_here, before, fired, bytes, why);
  }
};
struct Trace {
  static constexpr FrameType type = FrameType::trace;
  std::vector<TraceEvent> events;
  template <class Archive>
  void fields(Archive& archive) {
    archive(events);
  }
};

struct Ping {
  static constexpr FrameType type = FrameType::ping;
  Nanoseconds sent = 0;
  template <class Archive>
  void fields(Archive& archive) {
    archive(sent);
  }
};

struct PeerRoundTrip {
  std::uint16_t endpoint = 0;
  Nanoseconds shortest = 0;
  template <class Archive>
  void fields(Archive& archive) {
    archive(endpoint, shortest);
  }
};

/// The four times of NTP: sent by the asker, received and sent here; the asker knows when this arrives.
struct Pong {
  static constexpr FrameType type = FrameType::pong;
  Nanoseconds asked = 0, received = 0, sent = 0;
  std::uint64_t instance = 0;
  std::uint64_t memory_used = 0;
  std::uint64_t refused_frames = 0;  ///< damaged or not understood
  std::uint64_t late_frames = 0;     ///< for samples or programs that are over
  std::vector<PeerRoundTrip> peers;
  template <class Archive>
  void fields(Archive& archive) {
    archive(asked, received, sent, instance, memory_used, refused_frames, late_frames, peers);
  }
};

struct Retire {
  static constexpr FrameType type = FrameType::retire;
  std::uint32_t epoch = 0;
  std::vector<std::int64_t> samples;
  template <class Archive>
  void fields(Archive& archive) {
    archive(epoch, samples);
  }
};

struct PeerLost {
  static constexpr FrameType type = FrameType::peer_lost;
  std::string name;
  template <class Archive>
  void fields(Archive& archive) {
    archive(name);
  }
};

struct Forget {
  static constexpr FrameType type = FrameType::forget;
  std::uint32_t epoch = 0;
  template <class Archive>
  void fields(Archive& archive) {
    archive(epoch);
  }
};

struct Bye {
  static constexpr FrameType type = FrameType::bye;
  template <class Archive>
  void fields(Archive&) {}
};

struct Failure {
  static constexpr FrameType type = FrameType::failure;
  std::uint32_t epoch = 0;
  std::string code, message, hint;
  template <class Archive>
  void fields(Archive& archive) {
    archive(epoch, code, message, hint);
  }
};

/// A sealed frame.
template <class Message>
std::string frame_of(const Message& message, std::uint64_t session) {
  std::string bytes = begin_frame();
  bytes += to_bytes(message);
  seal_frame(bytes, Message::type, session);
  return bytes;
}

/// The same with what follows the fields as the rest of the body.
template <class Head>
std::string frame_of(const Head& head, FrameType type, std::string_view payload, std::uint64_t session) {
  const std::string fields = to_bytes(head);
  std::string bytes = begin_frame(fields.size() + payload.size());
  bytes += fields;
  bytes += payload;
  seal_frame(bytes, type, session);
  return bytes;
}

/// The fields and the rest of a body; nothing when it is too short for them.
template <class Head>
std::optional<std::pair<Head, std::string_view>> head_of(std::string_view body) {
  FieldReader reader(body);
  Head head;
  head.fields(reader);
  if (!reader.is_sound()) return std::nullopt;
  return std::pair(std::move(head), reader.rest());
}

}  // namespace tiercut::runtime
