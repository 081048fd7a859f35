// SPDX-License-Identifier: Apache-2.0
#include "training/data/npy_array.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

namespace tiercut::training {
namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t most_header_bytes = 1u << 16, most_axes = 32;

constexpr std::pair<std::string_view, ElementType> types[] = {
    {"|u1", ElementType::uint8}, {"<u1", ElementType::uint8},   {"|i1", ElementType::int8},
    {"<i1", ElementType::int8},  {"<i2", ElementType::int16},   {"<i4", ElementType::int32},
    {"<i8", ElementType::int64}, {"<f4", ElementType::float32}, {"<f8", ElementType::float64}};

/// The header is a Python dictionary of three keys whose values are text, a truth value and a tuple; anything else is
/// not NumPy's. Values are kept as written.
class DictionaryReader {
 public:
  explicit DictionaryReader(std::string_view text) : text_(text) {}

  /// Nothing when the text is no such dictionary.
  std::optional<std::map<std::string, std::string>> read() {
    std::map<std::string, std::string> fields;
    if (!take('{')) return std::nullopt;
    while (!take('}')) {
      const auto key = quoted();
      if (!key || !take(':')) return std::nullopt;
      const auto value = next() == '(' ? tuple() : next() == '\'' || next() == '"' ? quoted() : word();
      if (!value || !fields.emplace(*key, *value).second) return std::nullopt;
      if (!take(',') && next() != '}') return std::nullopt;
    }
    skip_blanks();
    if (!text_.empty()) return std::nullopt;
    return fields;
  }

 private:
  void skip_blanks() {
    const std::size_t at = text_.find_first_not_of(" \n\t\r");
    text_.remove_prefix(at == std::string_view::npos ? text_.size() : at);
  }
  char next() {
    skip_blanks();
    return text_.empty() ? '\0' : text_.front();
  }
  bool take(char c) {
    if (next() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  std::optional<std::string> up_to(std::size_t end, std::size_t and_skip) {
    if (end == std::string_view::npos) return std::nullopt;
    std::string taken(text_.substr(0, end));
    text_.remove_prefix(end + and_skip);
    return taken;
  }
  std::optional<std::string> quoted() {
    const char quote = next();
    if (quote != '\'' && quote != '"') return std::nullopt;
    text_.remove_prefix(1);
    return up_to(text_.find(quote), 1);
  }
  std::optional<std::string> tuple() {
    text_.remove_prefix(1);
    return up_to(text_.find(')'), 1);
  }
  std::optional<std::string> word() {
    auto taken = up_to(text_.find_first_of(",} "), 0);
    return taken && !taken->empty() ? taken : std::nullopt;
  }

  std::string_view text_;
};

/// `3, 4`, `3,` or nothing.
std::optional<std::vector<std::int64_t>> extents_from(std::string_view text) {
  std::vector<std::int64_t> extents;
  const auto skip_blanks = [&] {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  };
  for (skip_blanks(); !text.empty(); skip_blanks()) {
    std::int64_t extent = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), extent);
    if (error != std::errc() || extent < 0 || extents.size() == most_axes) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    skip_blanks();
    extents.push_back(extent);
    if (text.empty()) break;
    if (text.front() != ',') return std::nullopt;
    text.remove_prefix(1);
  }
  return extents;
}

std::size_t little_endian(std::string_view bytes) {
  std::size_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

}  // namespace

Result<StoredArray> parse_npy(std::string_view bytes, const std::string& name) {
  const auto bad = [&](const std::string& what, std::string hint = "write it again with numpy.savez") {
    return fail("bad-npz", fmt::format("'{}' {}", name, what), std::move(hint), {name, 0, 0, {}});
  };
  if (!bytes.starts_with(magic) || bytes.size() < 10) return bad("is no NumPy array");
  const int version = static_cast<unsigned char>(bytes[6]);
  if (version < 1 || version > 3) return bad(fmt::format("is of NumPy's format version {}, known are 1 to 3", version));
  const std::size_t length_bytes = version == 1 ? 2 : 4, head = 8 + length_bytes;
  if (bytes.size() < head) return bad("is truncated in its header");
  const std::size_t length = little_endian(bytes.substr(8, length_bytes));
  if (length > most_header_bytes) return bad(fmt::format("claims a header of {} bytes", length));
  if (bytes.size() < head + length) return bad("is truncated in its header");

  const auto fields = DictionaryReader(bytes.substr(head, length)).read();
  if (!fields || !fields->contains("descr") || !fields->contains("fortran_order") || !fields->contains("shape"))
    return bad("has a header that is not NumPy's");
  const auto extents = extents_from(fields->at("shape"));
  if (!extents) return bad("has the shape (" + fields->at("shape") + "), which cannot be read");
  if (fields->at("fortran_order") != "False")
    return bad("is stored in Fortran order", "save numpy.ascontiguousarray(x) instead of x");
  const std::string& descr = fields->at("descr");
  const auto* const type =
      std::find_if(std::begin(types), std::end(types), [&](const auto& known) { return known.first == descr; });
  if (type == std::end(types))
    return bad("has elements of type '" + descr + "'",
               descr.starts_with(">") ? "save x.astype(x.dtype.newbyteorder('<'))"
                                      : "float32, float64, uint8, int8, int16, int32 and int64 can be read");

  StoredArray array{.file = name, .source_hash = {}, .type = type->second, .extents = *extents, .bytes = {}};
  const auto due = byte_count(array.extents, array.type);
  const std::size_t there = bytes.size() - head - length;
  if (!due || there != *due)
    return bad(fmt::format("{}: {} bytes of elements for {} of {} bytes each",
                           !due || there < *due ? "is truncated" : "is too long", there, extents_text(array.extents),
                           bytes_of(array.type)));
  array.bytes = std::string(bytes.substr(head + length));
  return array;
}

}  // namespace tiercut::training
