// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/units.hpp"

namespace tiercut::report {

/// How far a long job has come, with the time left: on a terminal one line that is rewritten ten times a second; else
/// a line whenever another 10 % or 10 s have gone by. Jobs that end within a second say nothing.
class Progress {
 public:
  enum class Style { silent, terminal, lines };
  using Clock = std::function<Seconds()>;                  ///< wall time from any origin
  using Writer = std::function<void(const std::string&)>;  ///< writes and flushes, to stderr

  Progress(std::string what, Style style, Clock clock, Writer writer);

  void update(std::int64_t done, std::int64_t total);
  /// The same with what else the line says; asked for only when a line is due.
  void update(std::int64_t done, std::int64_t total, const std::function<std::string()>& more);

  /// Removes the terminal's line, so that what follows begins on a clean one. Also done by the destructor.
  void finish();
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  bool is_due(double fraction, Seconds now) const;
  std::string what_;
  Style style_;
  Clock clock_;
  Writer writer_;
  Seconds start_;
  Seconds last_;
  double last_fraction_ = 0;
  bool is_line_open_ = false;
};

}  // namespace tiercut::report
