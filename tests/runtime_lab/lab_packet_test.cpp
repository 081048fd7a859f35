// SPDX-License-Identifier: Apache-2.0
#include "runtime/lab/packet.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstring>
#include <vector>

namespace tiercut::lab {
namespace {

/// virtio header, IPv4 header of 20 bytes, `protocol` header, payload.
std::vector<std::byte> packet(unsigned char protocol, std::size_t header, std::size_t payload, std::uint16_t segment) {
  std::vector<std::byte> bytes(virtio_header_size + 20 + header + payload);
  if (segment > 0) bytes[1] = std::byte{1};
  std::memcpy(&bytes[4], &segment, 2);
  std::byte* ip = bytes.data() + virtio_header_size;
  ip[0] = std::byte{0x45};
  ip[9] = std::byte{protocol};
  const unsigned char addresses[8] = {10, 77, 0, 1, 10, 77, 0, 2};
  std::memcpy(ip + 12, addresses, 8);
  if (protocol == 6) ip[20 + 12] = static_cast<std::byte>(header / 4 << 4);
  return bytes;
}

TEST(PacketFacts, MessagesAreCountedWithoutHeaders) {
  const auto tcp = packet(6, 32, 1448, 0);
  const auto facts = facts_of(tcp.data(), tcp.size(), Count::payload);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->from, 0x0A4D0001u);
  EXPECT_EQ(facts->to, 0x0A4D0002u);
  EXPECT_EQ(facts->load.bytes, 1448);
  EXPECT_EQ(facts_of(tcp.data(), tcp.size(), Count::packets)->load.bytes, 1500);
  const auto acknowledgement = packet(6, 32, 0, 0);
  EXPECT_EQ(facts_of(acknowledgement.data(), acknowledgement.size(), Count::payload)->load.bytes, 0);
  const auto udp = packet(17, 8, 64, 0);
  EXPECT_EQ(facts_of(udp.data(), udp.size(), Count::payload)->load.bytes, 64);
}

TEST(PacketFacts, EverySegmentOfALargePacketHasItsHeaders) {
  const auto large = packet(6, 32, 3 * 1448 + 10, 1448);
  EXPECT_EQ(facts_of(large.data(), large.size(), Count::payload)->load.bytes, 3 * 1448 + 10);
  // Four segments of 52 bytes of headers.
  EXPECT_EQ(facts_of(large.data(), large.size(), Count::packets)->load.bytes, 3 * 1448 + 10 + 4 * 52);
  EXPECT_EQ(facts_of(large.data(), large.size(), Count::packets)->load.segment_bytes, 1500);
}

TEST(PacketFacts, FlowsDifferByPortAndDirection) {
  auto one = packet(6, 32, 10, 0), other = one;
  other[virtio_header_size + 20] = std::byte{9};
  EXPECT_NE(facts_of(one.data(), one.size(), Count::payload)->load.flow,
            facts_of(other.data(), other.size(), Count::payload)->load.flow);
}

TEST(PacketFacts, WhatIsNotIpIsRefused) {
  auto six = packet(6, 32, 10, 0);
  six[virtio_header_size] = std::byte{0x60};
  EXPECT_FALSE(facts_of(six.data(), six.size(), Count::payload));
  EXPECT_FALSE(facts_of(six.data(), virtio_header_size + 19, Count::payload));
}

RC_GTEST_PROP(PacketFacts, AnyBytesAreReadWithinTheirBounds, (std::vector<unsigned char> noise)) {
  // The sanitizers watch; whatever is accepted counts no more than one packet's bytes and headers.
  std::vector<std::byte> bytes(noise.size());
  std::memcpy(bytes.data(), noise.data(), noise.size());
  if (bytes.size() > virtio_header_size) bytes[virtio_header_size] = std::byte{0x45};
  const auto facts = facts_of(bytes.data(), bytes.size(), Count::payload);
  if (facts) RC_ASSERT(facts->load.bytes <= static_cast<double>(bytes.size()));
}

TEST(PacketPool, MemoryComesBack) {
  PacketPool pool;
  Packet* const first = pool.take();
  first->tail = pool.take_tail();
  const std::byte* const tail = first->tail.get();
  pool.give(first);
  EXPECT_EQ(pool.take(), first);
  EXPECT_EQ(pool.take_tail().get(), tail);
}

}  // namespace
}  // namespace tiercut::lab
