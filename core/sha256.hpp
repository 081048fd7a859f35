// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

namespace tiercut {

/// SHA-256 of bytes that come piece by piece; sha256() of core/files.hpp does it in one call.
class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();
  void add(std::string_view bytes);
  /// The 32 bytes of the hash; once, after which nothing may be added.
  std::array<unsigned char, 32> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tiercut
