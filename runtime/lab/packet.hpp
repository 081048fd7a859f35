// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "runtime/lab/emulated_link.hpp"
#include "runtime/lab/layout.hpp"

/// Private to the lab: packets as a TUN device hands them over, and the memory they lie in.
namespace tiercut::lab {

/// A packet under way. Read and written in place: the head holds the virtio header and a packet of one segment; what
/// does not fit goes on in the tail, which only large packets keep.
struct Packet {
  static constexpr std::size_t head_size = 2048;
  static constexpr std::size_t tail_size = 65536;
  std::unique_ptr<std::byte[]> tail;
  std::size_t size = 0;
  Passage at;
  Load load;
  const std::vector<int>* way = nullptr;
  std::size_t hop = 0;
  std::size_t to = 0;
  std::byte head[head_size];
};

/// What the forwarder needs to know of a packet.
struct PacketFacts {
  std::uint32_t from = 0, to = 0;
  Load load;
};

/// Nothing for what is not IPv4. `size` of the whole packet with the virtio header; only its headers are looked at,
/// which lie within Packet::head.
std::optional<PacketFacts> facts_of(const std::byte* head, std::size_t size, Count count);
inline constexpr std::size_t virtio_header_size = 10;

/// Packets come and go a hundred thousand times a second; their memory stays.
class PacketPool {
 public:
  Packet* take();
  void give(Packet* packet);
  std::unique_ptr<std::byte[]> take_tail();

 private:
  std::vector<std::unique_ptr<Packet>> owned_;
  std::vector<Packet*> free_;
  std::vector<std::unique_ptr<std::byte[]>> free_tails_;
};

}  // namespace tiercut::lab
