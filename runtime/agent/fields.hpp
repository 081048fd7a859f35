// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "kernels/byte_stream.hpp"

/// How structs become bytes and back (internal to the folder): a struct names its fields once, in
/// `template <class Archive> void fields(Archive& archive)`, and both directions follow.
namespace tiercut::runtime {

template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};

class FieldWriter {
 public:
  template <class... Fields>
  void operator()(Fields&... fields) {
    (put(fields), ...);
  }
  std::string take() { return out_.take(); }

 private:
  template <class T>
  void put(T& value) {
    if constexpr (std::is_enum_v<T>) {
      out_.put(static_cast<std::uint8_t>(value));
    } else if constexpr (std::is_same_v<T, bool>) {
      out_.put(static_cast<std::uint8_t>(value));
    } else if constexpr (std::is_arithmetic_v<T>) {
      out_.put(value);
    } else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view>) {
      out_.put_text(value);
    } else if constexpr (IsVector<T>::value) {
      out_.put(static_cast<std::uint32_t>(value.size()));
      for (auto& item : value) put(item);
    } else {
      value.fields(*this);
    }
  }
  kernels::ByteWriter out_;
};

/// Never takes more memory than a small multiple of the bytes that are there.
class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes) : in_(bytes) {}
  template <class... Fields>
  void operator()(Fields&... fields) {
    (take(fields), ...);
  }
  /// All fields were there.
  bool is_sound() const { return is_sound_ && in_.is_sound(); }
  /// Everything was there, and nothing is left.
  bool is_whole() const { return is_sound() && in_.left() == 0; }
  std::string_view rest() { return in_.take_raw(in_.left()); }

 private:
  template <class T>
  void take(T& value) {
    if constexpr (std::is_enum_v<T>) {
      const auto number = in_.take<std::uint8_t>();
      if (number > static_cast<std::uint8_t>(T::last)) is_sound_ = false;
      value = is_sound_ ? static_cast<T>(number) : T{};
    } else if constexpr (std::is_same_v<T, bool>) {
      const auto number = in_.take<std::uint8_t>();
      if (number > 1) is_sound_ = false;
      value = number == 1;
    } else if constexpr (std::is_arithmetic_v<T>) {
      value = in_.take<T>();
    } else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view>) {
      value = T(in_.take_text());
    } else if constexpr (IsVector<T>::value) {
      take_items(value);
    } else {
      value.fields(*this);
    }
  }
  template <class T>
  void take_items(std::vector<T>& items) {
    const auto count = in_.take<std::uint32_t>();
    items.clear();
    // An item takes at least a byte, so a count that cannot be met ends with the bytes.
    for (std::uint32_t i = 0; i < count && is_sound_ && in_.is_sound(); ++i) {
      if (in_.left() == 0) {
        is_sound_ = false;
        break;
      }
      items.emplace_back();
      take(items.back());
    }
  }
  kernels::ByteReader in_;
  bool is_sound_ = true;
};

template <class T>
std::string to_bytes(const T& value) {
  FieldWriter writer;
  const_cast<T&>(value).fields(writer);  // fields() serves both directions; a writer changes nothing
  return writer.take();
}

template <class T>
std::optional<T> from_bytes(std::string_view bytes) {
  FieldReader reader(bytes);
  T value;
  value.fields(reader);
  if (!reader.is_whole()) return std::nullopt;
  return value;
}

}  // namespace tiercut::runtime
