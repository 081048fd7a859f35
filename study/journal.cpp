// SPDX-License-Identifier: Apache-2.0
#include "study/journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

#include "core/files.hpp"
#include "core/random.hpp"

namespace tiercut::study {

namespace {

std::string checked(std::string_view line) { return fmt::format("{:016x} {}\n", entity_id(line), line); }

/// The line behind the checksum of a whole record; nothing when they do not agree.
std::optional<std::string> unchecked(std::string_view record) {
  if (record.size() < 18 || record.back() != '\n' || record[16] != ' ') return std::nullopt;
  const std::string_view line = record.substr(17, record.size() - 18);
  return checked(line) == record ? std::optional<std::string>(line) : std::nullopt;
}

tl::unexpected<Diagnostics> cannot_write(const std::string& path) {
  return fail("output-failed", "cannot write '" + path + "': " + std::strerror(errno));
}

}  // namespace

Journal::Journal(Journal&& other) noexcept : path_(std::move(other.path_)), file_(std::exchange(other.file_, -1)) {}

Journal& Journal::operator=(Journal&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(file_, other.file_);
  return *this;
}

Journal::~Journal() {
  if (file_ >= 0) ::close(file_);
}

Result<Journal> Journal::open(const std::string& path, const std::string& head, std::vector<std::string>& found) {
  std::string first = head;
  for (char& c : first) c = c == '\n' ? ' ' : c;
  const std::string begin = checked(first);

  std::string known;
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored)) {
    auto text = read_file(path);
    if (!text) return tl::unexpected(std::move(text.error()));
    known = std::move(*text);
  }
  const bool is_new = known.size() < begin.size() && begin.starts_with(known);  // or killed while it began
  if (!is_new && !known.starts_with(begin)) {
    return fail("partial-misfit", "'" + path + "' holds finished points of another study, version or shard",
                "remove it, or choose another --out", {path, 0, 0, {}});
  }
  std::size_t whole = is_new ? 0 : begin.size();
  while (!is_new && whole < known.size()) {
    const std::size_t end = known.find('\n', whole);
    if (end == std::string::npos) break;
    auto line = unchecked(std::string_view(known).substr(whole, end + 1 - whole));
    if (!line) break;
    found.push_back(std::move(*line));
    whole = end + 1;
  }

  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (file < 0) {
    return fail("output-unwritable", "cannot write '" + path + "': " + std::strerror(errno), "choose another --out");
  }
  Journal journal(path, file);
  if (::ftruncate(file, static_cast<off_t>(whole)) != 0) return cannot_write(path);
  if (is_new && ::write(file, begin.data(), begin.size()) != static_cast<ssize_t>(begin.size())) {
    return cannot_write(path);
  }
  return journal;
}

Result<void> Journal::append(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += checked(line);
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t n = ::write(file_, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return cannot_write(path_);
    done += static_cast<std::size_t>(n);
  }
  return {};
}

void Journal::remove() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

}  // namespace tiercut::study
