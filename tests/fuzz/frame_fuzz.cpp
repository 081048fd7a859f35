// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "runtime/agent/agent_program.hpp"
#include "runtime/agent/message.hpp"

namespace {

using namespace tiercut::runtime;

template <class Message>
void read_and_write(std::string_view body) {
  const auto message = from_bytes<Message>(body);
  // What is read is written as it was: nothing is passed over, nothing made up.
  if (message && to_bytes(*message) != body) std::abort();
}

void read_body(std::string_view body) {
  read_and_write<Hello>(body);
  read_and_write<Welcome>(body);
  read_and_write<Program>(body);
  read_and_write<Missing>(body);
  read_and_write<WeightsKept>(body);
  read_and_write<Ready>(body);
  read_and_write<Trace>(body);
  read_and_write<Ping>(body);
  read_and_write<Pong>(body);
  read_and_write<Retire>(body);
  read_and_write<PeerLost>(body);
  read_and_write<Forget>(body);
  read_and_write<Bye>(body);
  read_and_write<Failure>(body);
  (void)head_of<WeightsChunk>(body);
  (void)head_of<InputHead>(body);
  (void)head_of<MessageHead>(body);
}

}  // namespace

// Any bytes are a frame that somebody sealed, or refused; any body is a message or none.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto frame = decode_frame(bytes);
  if (frame) {
    std::string again = begin_frame();
    again += frame->body;
    seal_frame(again, frame->type, frame->session);
    if (decode_frame(again)->body != frame->body) std::abort();
    read_body(frame->body);
  } else if (to_text(frame.error()).empty()) {
    std::abort();
  }
  read_body(bytes);  // past the checksum, which no fuzzer would find
  return 0;
}
