// SPDX-License-Identifier: Apache-2.0
#include "runtime/agent/weights_store.hpp"

#include <cstring>

#include "core/files.hpp"
#include "core/sha256.hpp"

namespace tiercut::runtime {
namespace {

std::string_view bytes_of_floats(const kernels::LayerWeights& weights) {
  return {reinterpret_cast<const char*>(weights.floats.data()), weights.floats.size() * sizeof(float)};
}
std::string_view bytes_of_words(const kernels::LayerWeights& weights) {
  return {reinterpret_cast<const char*>(weights.bits.data()), weights.bits.size() * sizeof(std::uint64_t)};
}

}  // namespace

std::string bytes_of(const kernels::LayerWeights& weights) {
  std::string bytes(bytes_of_floats(weights));
  bytes += bytes_of_words(weights);
  return bytes;
}

std::string hash_of(const kernels::LayerWeights& weights) {
  Sha256 hash;
  hash.add(bytes_of_floats(weights));
  hash.add(bytes_of_words(weights));
  std::string text;
  for (const unsigned char byte : hash.finish()) {
    constexpr std::string_view digits = "0123456789abcdef";
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

WeightsPointer WeightsStore::find(const std::string& hash) const {
  const auto found = kept_.find(hash);
  return found == kept_.end() ? nullptr : found->second;
}

Result<void> WeightsStore::expect(const std::string& hash, std::uint64_t floats, std::uint64_t words) {
  const Coming coming{floats, words, {}};
  const auto found = coming_.find(hash);
  if (found != coming_.end()) {
    budget_->give(found->second.size());
    coming_.erase(found);
  }
  if (!budget_->take(coming.size())) {
    return fail("memory-exhausted",
                "weights of " + std::to_string(coming.size()) + " B do not fit: " + std::to_string(budget_->used()) +
                    " of " + std::to_string(budget_->limit()) + " B are in use",
                "give the agent more with --memory, or place less there");
  }
  coming_.emplace(hash, coming);
  return {};
}

Result<std::uint64_t> WeightsStore::add(const std::string& hash, std::uint64_t offset, std::string_view bytes) {
  const auto found = coming_.find(hash);
  if (found == coming_.end()) {
    if (const WeightsPointer whole = find(hash)) return whole->floats.size() * 4 + whole->bits.size() * 8;
    return fail("weights-unexpected", "weights came that no program asked for");
  }
  Coming& coming = found->second;
  if (offset != coming.bytes.size() || bytes.size() > coming.size() - coming.bytes.size()) return coming.bytes.size();
  if (coming.bytes.empty()) coming.bytes.reserve(coming.size());
  coming.bytes += bytes;
  const std::uint64_t here = coming.bytes.size();
  if (here < coming.size()) return here;
  if (sha256(coming.bytes) != hash) {
    budget_->give(coming.size());
    coming_.erase(found);
    return fail("weights-damaged", "weights came that do not have the SHA-256 " + hash);
  }
  auto whole = std::make_shared<kernels::LayerWeights>();
  whole->floats.resize(coming.floats);
  whole->bits.resize(coming.words);
  std::memcpy(whole->floats.data(), coming.bytes.data(), coming.floats * 4);
  if (coming.words > 0) std::memcpy(whole->bits.data(), coming.bytes.data() + coming.floats * 4, coming.words * 8);
  kept_[hash] = std::move(whole);
  coming_.erase(found);
  return here;
}

void WeightsStore::forget_unfinished() {
  for (const auto& [hash, coming] : coming_) budget_->give(coming.size());
  coming_.clear();
}

}  // namespace tiercut::runtime
