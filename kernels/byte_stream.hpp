// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace tiercut::kernels {

static_assert(std::endian::native == std::endian::little, "files are little-endian and written as memory lies");

/// Appends little-endian values to a text.
class ByteWriter {
 public:
  template <class Number>
  void put(Number value) {
    static_assert(std::is_arithmetic_v<Number>);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  /// Length (32 bits), then the bytes.
  void put_text(std::string_view text) {
    put(static_cast<std::uint32_t>(text.size()));
    bytes_ += text;
  }
  template <class Number>
  void put_values(std::span<const Number> values) {
    bytes_.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  }
  void put_raw(std::string_view bytes) { bytes_ += bytes; }
  /// Zeros up to a multiple of `alignment`.
  void pad_to(std::size_t alignment) { bytes_.append((alignment - bytes_.size() % alignment) % alignment, '\0'); }
  std::size_t size() const { return bytes_.size(); }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Takes values from the front of bytes. Past the end everything reads as zero or empty, and is_sound() turns false.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}
  template <class Number>
  Number take() {
    static_assert(std::is_arithmetic_v<Number>);
    Number value{};
    const std::string_view from = take_raw(sizeof value);
    if (!from.empty()) std::memcpy(&value, from.data(), sizeof value);
    return value;
  }
  std::string_view take_text() { return take_raw(take<std::uint32_t>()); }
  std::string_view take_raw(std::uint64_t count) {
    if (count > rest_.size()) {
      is_sound_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view taken = rest_.substr(0, static_cast<std::size_t>(count));
    rest_.remove_prefix(taken.size());
    return taken;
  }
  bool is_sound() const { return is_sound_; }
  std::size_t left() const { return rest_.size(); }

 private:
  std::string_view rest_;
  bool is_sound_ = true;
};

}  // namespace tiercut::kernels
