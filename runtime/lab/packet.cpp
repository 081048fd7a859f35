// SPDX-License-Identifier: Apache-2.0
#include "runtime/lab/packet.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace tiercut::lab {
namespace {

constexpr std::size_t most_free_tails = 256;

/// As in linux/virtio_net.h, which C++ cannot include.
struct VirtioHeader {
  std::uint8_t flags = 0, gso_type = 0;
  std::uint16_t header_length = 0, gso_size = 0, checksum_start = 0, checksum_offset = 0;
};
static_assert(sizeof(VirtioHeader) == virtio_header_size);

std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

std::uint32_t read_32(const std::byte* at) {
  std::uint32_t value = 0;
  std::memcpy(&value, at, 4);
  return ntohl(value);
}

}  // namespace

std::optional<PacketFacts> facts_of(const std::byte* head, std::size_t size, Count count) {
  if (size < virtio_header_size + 20) return std::nullopt;
  VirtioHeader offload;
  std::memcpy(&offload, head, sizeof offload);
  const std::byte* ip = head + virtio_header_size;
  const std::size_t length = size - virtio_header_size;
  const std::size_t ip_header = 4 * (std::to_integer<std::size_t>(ip[0]) & 15U);
  if (std::to_integer<unsigned>(ip[0]) >> 4U != 4 || ip_header < 20 || length < ip_header) return std::nullopt;
  PacketFacts facts;
  facts.from = read_32(ip + 12);
  facts.to = read_32(ip + 16);
  const unsigned protocol = std::to_integer<unsigned>(ip[9]);
  const bool is_later_fragment = (read_32(ip + 4) & 0x1fffU) != 0;
  std::size_t headers = ip_header;
  std::uint64_t ports = 0;
  if (!is_later_fragment && protocol == IPPROTO_TCP && length >= ip_header + 20) {
    headers += 4 * (std::to_integer<std::size_t>(ip[ip_header + 12]) >> 4U);
    ports = read_32(ip + ip_header);
  } else if (!is_later_fragment && protocol == IPPROTO_UDP && length >= ip_header + 8) {
    headers += 8;
    ports = read_32(ip + ip_header);
  }
  if (headers > length) return std::nullopt;
  const std::size_t payload = length - headers;
  const std::size_t segment =
      offload.gso_type == 0 || offload.gso_size == 0 ? std::max<std::size_t>(payload, 1) : offload.gso_size;
  const std::size_t segments = std::max<std::size_t>(1, (payload + segment - 1) / segment);
  const std::size_t each = count == Count::packets ? headers : 0;
  facts.load.bytes = static_cast<double>(payload + segments * each);
  facts.load.segment_bytes = static_cast<double>(std::min(payload, segment) + each);
  facts.load.flow = mixed(mixed(std::uint64_t{facts.from} << 32 | facts.to) ^ (ports << 8 | protocol));
  return facts;
}

Packet* PacketPool::take() {
  if (free_.empty()) {
    owned_.push_back(std::make_unique_for_overwrite<Packet>());
    free_.push_back(owned_.back().get());
  }
  Packet* const packet = free_.back();
  free_.pop_back();
  return packet;
}

void PacketPool::give(Packet* packet) {
  if (packet->tail && free_tails_.size() < most_free_tails) free_tails_.push_back(std::move(packet->tail));
  packet->tail.reset();
  free_.push_back(packet);
}

std::unique_ptr<std::byte[]> PacketPool::take_tail() {
  if (free_tails_.empty()) return std::make_unique_for_overwrite<std::byte[]>(Packet::tail_size);
  auto tail = std::move(free_tails_.back());
  free_tails_.pop_back();
  return tail;
}

}  // namespace tiercut::lab
