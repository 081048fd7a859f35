// SPDX-License-Identifier: Apache-2.0
#include "core/files.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace tiercut {

namespace fs = std::filesystem;

namespace {

std::string reason(int error) { return std::generic_category().message(error); }

Location place(const std::string& path) { return {path, 0, 0, {}}; }

class FileDescriptor {
 public:
  explicit FileDescriptor(int number = -1) : number_(number) {}
  FileDescriptor(FileDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~FileDescriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }
  int close() { return ::close(std::exchange(number_, -1)); }

 private:
  int number_;
};

// There is no way to read the mask but to set it; done once, before threads matter.
mode_t file_mode() {
  static const mode_t mode = [] {
    const mode_t mask = ::umask(0);
    ::umask(mask);
    return static_cast<mode_t>(0644 & ~mask);
  }();
  return mode;
}

std::string nearest_neighbour(const std::string& path) {
  const fs::path wanted(path);
  std::vector<std::string> names;
  std::error_code error;
  const fs::path folder = wanted.has_parent_path() ? wanted.parent_path() : fs::path(".");
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    names.push_back(it->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  const std::string name = did_you_mean(wanted.filename().string(), names);
  return name.empty() ? name : (wanted.parent_path() / name).string();
}

}  // namespace

struct AtomicFile::State {
  std::string path;
  std::string temporary;  // empty when writing straight through to a device or a pipe
  FileDescriptor file;
  std::string buffer;
  int error = 0;  // errno of the first failure

  ~State() {
    if (!temporary.empty()) ::unlink(temporary.c_str());
  }

  void flush() {
    std::string_view rest = buffer;
    while (error == 0 && !rest.empty()) {
      const ssize_t written = ::write(file.number(), rest.data(), rest.size());
      if (written >= 0) {
        rest.remove_prefix(static_cast<std::size_t>(written));
      } else if (errno != EINTR) {
        error = errno;
      }
    }
    buffer.clear();
  }
};

AtomicFile::AtomicFile() : state_(std::make_unique<State>()) {}
AtomicFile::AtomicFile(AtomicFile&&) noexcept = default;
AtomicFile& AtomicFile::operator=(AtomicFile&&) noexcept = default;
AtomicFile::~AtomicFile() = default;

Result<AtomicFile> AtomicFile::create(const std::string& path) {
  AtomicFile result;
  State& state = *result.state_;
  state.path = path;
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (path.empty()) return fail("output-unwritable", "the output file has no name", "give the name of a file");
  if (fs::is_directory(status)) {
    return fail("output-is-directory", "cannot write to '" + path + "': it is a directory", "name a file in it",
                place(path));
  }
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    state.file = FileDescriptor(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (state.file.number() < 0) {
      return fail("output-unwritable", "cannot write to '" + path + "': " + reason(errno), {}, place(path));
    }
    return result;
  }
  // Renaming onto a symbolic link would replace the link instead of the file that it names.
  if (fs::exists(status)) {
    const fs::path target = fs::canonical(path, error);
    if (!error) state.path = target.string();
  }
  const fs::path folder = fs::path(state.path).parent_path();
  std::string name =
      (folder / std::string(".").append(fs::path(state.path).filename().string()).append(".XXXXXX")).string();
  state.file = FileDescriptor(::mkostemp(name.data(), O_CLOEXEC));
  if (state.file.number() < 0) {
    const int cause = errno;
    return fail("output-unwritable", "cannot write '" + path + "': " + reason(cause),
                cause == ENOENT || cause == ENOTDIR ? "create the directory first" : "choose another directory",
                place(path));
  }
  state.temporary = std::move(name);
  if (::fchmod(state.file.number(), file_mode()) != 0) state.error = errno;
  return result;
}

void AtomicFile::write(std::string_view text) {
  constexpr std::size_t flush_at = 1u << 16;
  state_->buffer += text;
  if (state_->buffer.size() >= flush_at) state_->flush();
}

Result<void> AtomicFile::commit() {
  State& state = *state_;
  state.flush();
  const bool is_whole = !state.temporary.empty();
  if (state.error == 0 && is_whole && ::fsync(state.file.number()) != 0) state.error = errno;
  if (state.file.close() != 0 && state.error == 0) state.error = errno;
  if (state.error == 0 && is_whole) {
    if (::rename(state.temporary.c_str(), state.path.c_str()) != 0) {
      state.error = errno;
    } else {
      state.temporary.clear();
    }
  }
  if (state.error != 0) {
    return fail("output-failed", "writing '" + state.path + "' failed: " + reason(state.error),
                is_whole ? "the file was left as it was" : "", place(state.path));
  }
  return {};
}

Result<void> write_file(const std::string& path, std::string_view text) {
  Result<AtomicFile> file = AtomicFile::create(path);
  if (!file) return tl::unexpected(std::move(file.error()));
  file->write(text);
  return file->commit();
}

Result<std::string> read_file(const std::string& path, std::size_t most_bytes) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0) {
    const int cause = errno;
    if (cause == ENOENT || cause == ENOTDIR) {
      const std::string near = nearest_neighbour(path);
      return fail("file-not-found", "there is no file '" + path + "'",
                  near.empty() ? "check the path" : "did you mean '" + near + "'?", place(path));
    }
    return fail("file-unreadable", "cannot read '" + path + "': " + reason(cause), {}, place(path));
  }
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) {
    return fail("file-unreadable", "cannot read '" + path + "': " + reason(errno), {}, place(path));
  }
  if (S_ISDIR(status.st_mode)) {
    return fail("file-is-directory", "'" + path + "' is a directory, not a file", "name a file in it", place(path));
  }
  const auto too_large = [&] {
    return fail("file-too-large", "'" + path + "' is larger than " + std::to_string(most_bytes) + " bytes",
                "split it, or check that this is the file you meant", place(path));
  };
  std::string text;
  if (S_ISREG(status.st_mode)) {
    if (static_cast<std::size_t>(status.st_size) > most_bytes) return too_large();
    text.reserve(static_cast<std::size_t>(status.st_size));
  }
  std::array<char, 1u << 16> chunk;
  while (true) {
    const ssize_t count = ::read(file.number(), chunk.data(), chunk.size());
    if (count == 0) return text;
    if (count < 0) {
      if (errno == EINTR) continue;
      return fail("file-unreadable", "cannot read '" + path + "': " + reason(errno), {}, place(path));
    }
    text.append(chunk.data(), static_cast<std::size_t>(count));
    if (text.size() > most_bytes) return too_large();
  }
}

std::string sha256(std::string_view bytes) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
  crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  std::array<char, 2 * crypto_hash_sha256_BYTES + 1> text{};
  sodium_bin2hex(text.data(), text.size(), hash.data(), hash.size());
  return text.data();
}

}  // namespace tiercut
