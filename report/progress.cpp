// SPDX-License-Identifier: Apache-2.0
#include "report/progress.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "report/human.hpp"

namespace tiercut::report {

namespace {

constexpr Seconds first_after{1.0};
constexpr Seconds between_rewrites{0.1};
constexpr Seconds between_lines{10.0};
constexpr double fraction_between_lines = 0.1;

std::string time_left(Seconds time) {
  const auto seconds = static_cast<std::int64_t>(std::ceil(time.value()));
  if (seconds < 60) return fmt::format("{} s left", seconds);
  if (seconds < 3600) return fmt::format("{} min {:02} s left", seconds / 60, seconds % 60);
  return fmt::format("{} h {:02} min left", seconds / 3600, seconds / 60 % 60);
}

}  // namespace

Progress::Progress(std::string what, Style style, Clock clock, Writer writer)
    : what_(std::move(what)), style_(style), clock_(std::move(clock)), writer_(std::move(writer)) {
  if (style_ != Style::silent) start_ = last_ = clock_();
}

Progress::~Progress() { finish(); }

bool Progress::is_due(double fraction, Seconds now) const {
  if (now - start_ < first_after) return false;
  if (style_ == Style::terminal) return now - last_ >= between_rewrites;
  return now - last_ >= between_lines || fraction - last_fraction_ >= fraction_between_lines;
}

void Progress::update(std::int64_t done, std::int64_t total) { update(done, total, {}); }

void Progress::update(std::int64_t done, std::int64_t total, const std::function<std::string()>& more) {
  if (style_ == Style::silent || done <= 0 || total <= 0) return;
  const double fraction = static_cast<double>(done) / static_cast<double>(total);
  const Seconds now = clock_();
  if (!is_due(fraction, now)) return;
  const Seconds left = (now - start_) * ((1 - fraction) / fraction);
  std::string line = fmt::format("{}: {} of {} ({:.0f} %), {}", what_, format_count(done), format_count(total),
                                 fraction * 100, time_left(left));
  if (more) line += ", " + more();
  last_ = now;
  last_fraction_ = fraction;
  is_line_open_ = style_ == Style::terminal;
  writer_(is_line_open_ ? "\r\x1b[K" + line : line + "\n");
}

void Progress::finish() {
  if (std::exchange(is_line_open_, false)) writer_("\r\x1b[K");
}

}  // namespace tiercut::report
