// SPDX-License-Identifier: Apache-2.0
#include "runtime/agent/frame.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstring>

#include "runtime/agent/agent_program.hpp"
#include "runtime/agent/message.hpp"

namespace tiercut::runtime {
namespace {

std::string sealed(const std::string& body, FrameType type = FrameType::tensor, std::uint64_t session = 7) {
  std::string bytes = begin_frame(body.size());
  bytes += body;
  seal_frame(bytes, type, session);
  return bytes;
}

FrameError error_of(const std::string& bytes) {
  const auto frame = decode_frame(bytes);
  EXPECT_FALSE(frame.has_value());
  return frame ? FrameError::too_long : frame.error();
}

TEST(Frame, IsReadAsItWasWritten) {
  const std::string bytes = sealed("a body", FrameType::control, 0x0123456789abcdefU);
  EXPECT_EQ(bytes.size(), frame_header_bytes + 6);
  const auto frame = decode_frame(bytes);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->type, FrameType::control);
  EXPECT_EQ(frame->session, 0x0123456789abcdefU);
  EXPECT_EQ(frame->body, "a body");
}

TEST(Frame, HeaderLiesAsDocumented) {
  const std::string bytes = sealed("xyz", FrameType::pong, 5);
  EXPECT_EQ(bytes.substr(0, 4), "TCUT");
  EXPECT_EQ(bytes[4], 1);   // version
  EXPECT_EQ(bytes[6], 13);  // pong
  EXPECT_EQ(bytes[8], 3);   // length
  EXPECT_EQ(bytes[16], 5);  // session
}

TEST(Frame, EveryDefectHasItsError) {
  const std::string good = sealed("body");
  EXPECT_EQ(error_of(good.substr(0, frame_header_bytes - 1)), FrameError::too_short);
  EXPECT_EQ(error_of(""), FrameError::too_short);
  EXPECT_EQ(error_of(good.substr(0, good.size() - 1)), FrameError::bad_length);
  EXPECT_EQ(error_of(good + "x"), FrameError::bad_length);
  std::string bytes = good;
  bytes[0] = 'X';
  EXPECT_EQ(error_of(bytes), FrameError::not_a_frame);
  bytes = good;
  bytes[4] = 2;
  EXPECT_EQ(error_of(bytes), FrameError::other_version);
  bytes = good;
  bytes.back() = 'Y';
  EXPECT_EQ(error_of(bytes), FrameError::bad_checksum);
  EXPECT_EQ(error_of(sealed("body", static_cast<FrameType>(0))), FrameError::unknown_type);
  EXPECT_EQ(error_of(sealed("body", static_cast<FrameType>(last_frame_type + 1))), FrameError::unknown_type);
}

RC_GTEST_PROP(Frame, NoFlippedBitGoesUnnoticed, ()) {
  const std::string body = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
  std::string bytes = sealed(body);
  const auto bit = *rc::gen::inRange<std::size_t>(0, bytes.size() * 8);
  bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
  RC_ASSERT(!decode_frame(bytes).has_value());
}

RC_GTEST_PROP(Frame, NoTruncationGoesUnnoticed, ()) {
  const std::string bytes = sealed(*rc::gen::container<std::string>(rc::gen::arbitrary<char>()));
  const auto size = *rc::gen::inRange<std::size_t>(0, bytes.size());
  RC_ASSERT(!decode_frame(std::string_view(bytes).substr(0, size)).has_value());
}

/// All fields differ from their defaults, so that one left out would show.
TraceEvent an_event() {
  TraceEvent event;
  event.kind = TraceEvent::Kind::lost;
  event.epoch = 3;
  event.sample = -5;
  event.stage = 17;
  event.deciding = 4;
  event.is_conclusive = true;
  event.predicted = 9;
  event.confidence = 0.25;
  event.ready = 1;
  event.waited = 2;
  event.begun = 3;
  event.done = 4;
  event.waited_here = 5;
  event.before = 6;
  event.fired = 7;
  event.bytes = 8;
  event.why = "queue-full";
  return event;
}

Program a_program() {
  Program program;
  program.epoch = 2;
  program.endpoint = 1;
  program.model = "text";
  program.weights_seed = 11;
  program.are_units_emulated = true;
  program.groups = {{"pi", 0, 1}, {"cloud", 1, 1}};
  program.endpoints = {{"pi", "tcp://a:1", "key"}, {"cloud", "", ""}};
  program.units = {{"cpu", 0}};
  program.exits = {{"little", 3, ProgramExit::Rule::threshold, 0.5}};
  program.weights = {{2, "hash", 10, 3}};
  ProgramStage stage;
  stage.name = "image -> cloud";
  stage.kind = StageKind::transfer;
  stage.inputs = {{0, ProgramEdge::When::inconclusive}};
  stage.at = {0, 0};
  stage.to = {1, 0};
  stage.tensor = 0;
  stage.layers = {1, 2};
  stage.cancels = {4};
  stage.size = 99;
  stage.is_return = stage.is_networked = true;
  program.stages = {stage};
  return program;
}

TEST(Message, IsReadAsItWasWritten) {
  const Trace trace{{an_event(), TraceEvent{}}};
  const std::string bytes = to_bytes(trace);
  const auto read = from_bytes<Trace>(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->events.size(), 2u);
  EXPECT_EQ(read->events[0].why, "queue-full");
  EXPECT_EQ(read->events[0].confidence, 0.25);
  EXPECT_EQ(to_bytes(*read), bytes);

  const std::string program = to_bytes(a_program());
  const auto read_program = from_bytes<Program>(program);
  ASSERT_TRUE(read_program);
  EXPECT_EQ(read_program->stages[0].inputs[0].when, ProgramEdge::When::inconclusive);
  EXPECT_EQ(to_bytes(*read_program), program);
}

TEST(Message, APieceOfOneIsNone) {
  const std::string trace = to_bytes(Trace{{an_event()}}), program = to_bytes(a_program());
  for (std::size_t size = 0; size < trace.size(); ++size) {
    EXPECT_FALSE(from_bytes<Trace>(std::string_view(trace).substr(0, size))) << size;
  }
  for (std::size_t size = 0; size < program.size(); ++size) {
    EXPECT_FALSE(from_bytes<Program>(std::string_view(program).substr(0, size))) << size;
  }
  EXPECT_FALSE(from_bytes<Trace>(trace + "x"));
}

TEST(Message, ACountBeyondTheBytesTakesNoMemory) {
  std::string bytes(4, '\xff');  // four thousand million events, and then nothing
  EXPECT_FALSE(from_bytes<Trace>(bytes));
  bytes += std::string(100, '\0');
  EXPECT_FALSE(from_bytes<Trace>(bytes));
}

TEST(Message, WordsOutsideTheirRangeAreRefused) {
  std::string bytes = to_bytes(Trace{{an_event()}});
  bytes[4] = 3;  // the event's kind; the last is 2
  EXPECT_FALSE(from_bytes<Trace>(bytes));
}

RC_GTEST_PROP(Message, ArbitraryBytesAreReadOrRefused, (const std::string& bytes)) {
  if (const auto trace = from_bytes<Trace>(bytes)) RC_ASSERT(to_bytes(*trace) == bytes);
  if (const auto program = from_bytes<Program>(bytes)) RC_ASSERT(to_bytes(*program) == bytes);
  (void)head_of<MessageHead>(bytes);
}

TEST(MessageHead, StampWritesTheLastTwoFields) {
  MessageHead head;
  head.sample = {1, 2, 3, 4};
  head.ready = 77;
  std::string bytes = begin_frame();
  bytes += to_bytes(head);
  const std::size_t end = bytes.size();
  bytes += "payload";
  MessageHead::stamp(bytes, end, 0.5F, 123456789);
  const auto read = head_of<MessageHead>(std::string_view(bytes).substr(frame_header_bytes));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->first.scale, 0.5F);
  EXPECT_EQ(read->first.sent, 123456789);
  EXPECT_EQ(read->first.ready, 77);
  EXPECT_EQ(read->second, "payload");
}

}  // namespace
}  // namespace tiercut::runtime
