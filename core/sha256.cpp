// SPDX-License-Identifier: Apache-2.0
#include "core/sha256.hpp"

#include <sodium.h>

namespace tiercut {

struct Sha256::State {
  crypto_hash_sha256_state value;
};

Sha256::Sha256() : state_(std::make_unique<State>()) { crypto_hash_sha256_init(&state_->value); }
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::add(std::string_view bytes) {
  crypto_hash_sha256_update(&state_->value, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

std::array<unsigned char, 32> Sha256::finish() {
  static_assert(crypto_hash_sha256_BYTES == 32);
  std::array<unsigned char, 32> hash{};
  crypto_hash_sha256_final(&state_->value, hash.data());
  return hash;
}

}  // namespace tiercut
