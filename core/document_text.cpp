// SPDX-License-Identifier: Apache-2.0
#include "core/document_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace tiercut {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Bytes of the well-formed character at `position`, or 0 (Unicode 15, table 3-7).
std::size_t character_length(std::string_view text, std::size_t position) {
  const auto byte = [&](std::size_t i) {
    return position + i < text.size() ? static_cast<unsigned char>(text[position + i]) : 0U;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4) return 0;
  const unsigned least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < least || byte(1) > most) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xBF) return 0;
  }
  return length;
}

std::string hexadecimal(char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto value = static_cast<unsigned char>(c);
  return {'0', 'x', digits[value >> 4U], digits[value & 15U]};
}

}  // namespace

DocumentText::DocumentText(std::string_view source) {
  if (source.starts_with(byte_order_mark)) source.remove_prefix(byte_order_mark.size());
  text_.reserve(source.size());
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i] != '\r') {
      text_ += source[i];
    } else if (i + 1 >= source.size() || source[i + 1] != '\n') {
      text_ += '\n';
    }
  }
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (is_continuation(text_[i])) continuations_.push_back(i);
  }
}

Location DocumentText::locate(const std::string& name, std::size_t position) const {
  const auto begin = text_.begin();
  const auto here = begin + static_cast<std::ptrdiff_t>(position);
  const auto line = std::count(begin, here, '\n');
  const std::size_t line_feed = position == 0 ? std::string::npos : text_.rfind('\n', position - 1);
  const std::size_t line_start = line_feed == std::string::npos ? 0 : line_feed + 1;
  const int bytes = static_cast<int>(position - line_start);
  return {name, static_cast<int>(line) + 1, column(static_cast<int>(position), bytes) + 1, {}};
}

Diagnostics DocumentText::check(const std::string& name) const {
  const auto refuse = [&](std::string code, std::size_t position, std::string message, std::string hint) {
    return fail(std::move(code), std::move(message), std::move(hint), locate(name, position)).value();
  };
  // yaml-cpp looks far ahead for the end of brackets and recurses into them; nothing sensible comes near this depth,
  // brackets in comments and texts included.
  constexpr int most_open_brackets = 500;
  int open_brackets = 0;
  for (std::size_t i = 0; i < text_.size();) {
    const char c = text_[i];
    const std::size_t length = character_length(text_, i);
    if (length == 0) {
      return refuse("not-utf8", i, "the byte " + hexadecimal(c) + " is not UTF-8", "save the file as UTF-8");
    }
    if (c == '\0') return refuse("not-utf8", i, "a zero byte: this is no text file", "save the file as UTF-8");
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n') || c == 0x7F) {
      return refuse("yaml-syntax", i, "the control character " + hexadecimal(c) + " is not allowed", "delete it");
    }
    if (c == '[' || c == '{') ++open_brackets;
    if ((c == ']' || c == '}') && open_brackets > 0) --open_brackets;
    if (open_brackets > most_open_brackets) {
      return refuse("too-deep", i, "more than " + std::to_string(most_open_brackets) + " brackets are open here",
                    "no format of tiercut needs this; check the brackets");
    }
    i += length;
  }
  return {};
}

char DocumentText::at(int position) const {
  return position >= 0 && static_cast<std::size_t>(position) < text_.size() ? text_[static_cast<std::size_t>(position)]
                                                                            : '\0';
}

bool DocumentText::is_quote_closed(int position) const {
  const char quote = at(position);
  if (quote != '"' && quote != '\'') return true;
  for (std::size_t i = static_cast<std::size_t>(position) + 1; i < text_.size(); ++i) {
    if (quote == '"' && text_[i] == '\\') {
      ++i;
    } else if (text_[i] == quote) {
      const bool is_doubled = quote == '\'' && i + 1 < text_.size() && text_[i + 1] == quote;
      if (!is_doubled) return true;
      ++i;
    }
  }
  return false;
}

bool DocumentText::is_indented_by_tab(int position, int byte_column) const {
  for (int i = position - byte_column; at(i) == ' ' || at(i) == '\t'; ++i) {
    if (at(i) == '\t') return true;
  }
  return false;
}

int DocumentText::column(int position, int byte_column) const {
  if (continuations_.empty()) return byte_column;
  const auto end = static_cast<std::size_t>(position);
  const auto first =
      std::lower_bound(continuations_.begin(), continuations_.end(), static_cast<std::size_t>(position - byte_column));
  return byte_column - static_cast<int>(std::lower_bound(first, continuations_.end(), end) - first);
}

bool has_leading_zero(std::string_view text) {
  std::size_t i = 0;
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
  if (i + 1 >= text.size() || text[i] != '0' || !is_digit(text[i + 1])) return false;
  while (i < text.size() && is_digit(text[i])) ++i;
  if (i < text.size() && text[i] == '.') ++i;
  while (i < text.size() && is_digit(text[i])) ++i;
  std::size_t power = i;
  if (power < text.size() && (text[power] == 'e' || text[power] == 'E')) {
    ++power;
    if (power < text.size() && (text[power] == '-' || text[power] == '+')) ++power;
    if (power < text.size() && is_digit(text[power])) {
      while (power < text.size() && is_digit(text[power])) ++power;
      i = power;
    }
  }
  // What follows must look like a unit; anything else makes it a name, as in 00ff31 or 01_first.
  return std::all_of(text.begin() + static_cast<std::ptrdiff_t>(i), text.end(), [](char c) {
    return is_letter(c) || c == '/' || c == '%' || c == ' ' || static_cast<unsigned char>(c) >= 0x80;
  });
}

std::string child_path(const std::string& parent, std::string_view key) {
  std::string path = parent.empty() ? parent : parent + '.';
  const bool is_plain = !key.empty() && key.find_first_of(".[]=\"' \t\n") == std::string_view::npos;
  if (is_plain) return path.append(key);
  path += '"';
  for (char c : key) {
    if (c == '"' || c == '\\') path += '\\';
    path += c;
  }
  return path + '"';
}

std::string child_path(const std::string& parent, std::size_t index) {
  return parent + '[' + std::to_string(index) + ']';
}

}  // namespace tiercut
