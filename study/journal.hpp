// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/diagnostic.hpp"

namespace tiercut::study {

/// Finished lines of a results file on their way there, in any order: `NAME.partial`, appended to while points finish,
/// so that a process killed at any moment loses none of them but those under way. Each line carries a checksum; what
/// follows the first damaged one is cut off.
class Journal {
 public:
  /// Creates the file, or opens one that was left behind. `head` is that of the results: a journal of others is
  /// refused (partial-misfit). Fails also with output-unwritable, file-unreadable. `found` gets the lines in it.
  static Result<Journal> open(const std::string& path, const std::string& head, std::vector<std::string>& found);
  Journal(Journal&& other) noexcept;
  Journal& operator=(Journal&& other) noexcept;
  ~Journal();

  /// Hands lines to the system at once; fails with output-failed.
  Result<void> append(const std::vector<std::string>& lines);
  /// When the results are written.
  void remove();

 private:
  Journal(std::string path, int file) : path_(std::move(path)), file_(file) {}
  std::string path_;
  int file_ = -1;
};

}  // namespace tiercut::study
