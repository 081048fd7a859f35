// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/diagnostic.hpp"

namespace tiercut {

/// A file that becomes visible whole or not at all: written beside its destination under a temporary name, flushed,
/// and renamed by commit(). Destroyed without commit, it leaves nothing behind. `-` is not special here.
class AtomicFile {
 public:
  /// Fails with output-unwritable when the directory is missing or forbids writing, output-is-directory.
  static Result<AtomicFile> create(const std::string& path);
  AtomicFile(AtomicFile&&) noexcept;
  AtomicFile& operator=(AtomicFile&&) noexcept;
  ~AtomicFile();

  void write(std::string_view text);  ///< buffered; a failure is remembered and reported by commit
  Result<void> commit();              ///< fails with output-failed (disk full, ...)

 private:
  AtomicFile();
  struct State;
  std::unique_ptr<State> state_;
};

/// AtomicFile in one call.
Result<void> write_file(const std::string& path, std::string_view text);

/// Any file as bytes; fails with file-not-found, file-is-directory, file-unreadable, file-too-large (found out before
/// more than `most_bytes` are read).
Result<std::string> read_file(const std::string& path,
                              std::size_t most_bytes = std::numeric_limits<std::size_t>::max());

/// Lower-case hexadecimal SHA-256 (64 characters), by libsodium.
std::string sha256(std::string_view bytes);

/// Shipped data: $TIERCUT_DATA_DIR, then ../share/tiercut beside the program, then the source tree it was built from.
/// Returns the folder that holds profiles/, scenarios/ and model/.
std::string data_directory();

/// Resolves a reference to a file: as a path relative to `beside` (the folder of the referring file), then as the
/// name of shipped data: `<data>/<category>/<name>.yaml`. Returns the path, or fails with reference-not-found naming
/// the places tried and the nearest shipped name.
Result<std::string> resolve_reference(const std::string& reference, const std::string& beside,
                                      const std::string& category, const Location& where);

/// Names (without .yaml, with sub-folders) of all shipped files of a category, sorted.
std::vector<std::string> shipped_names(const std::string& category);

}  // namespace tiercut
