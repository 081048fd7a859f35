// SPDX-License-Identifier: Apache-2.0
#include "study/sweep.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "core/files.hpp"
#include "study/journal.hpp"
#include "study/own_process.hpp"
#include "study/worker_pool.hpp"

namespace tiercut::study {

namespace {

/// Lines of points by their number, of one shard.
class Lines {
 public:
  Lines(std::int64_t points, const Shard& shard) : shard_(shard) {
    count_ = points / shard.count + (points % shard.count >= shard.index ? 1 : 0);
    lines_.resize(static_cast<std::size_t>(count_));
  }
  std::int64_t count() const { return count_; }
  std::int64_t known() const { return known_; }
  bool is_whole() const { return known_ == count_; }
  std::int64_t point(std::int64_t index) const { return index * shard_.count + shard_.index - 1; }

  /// False for a point of another shard; `is_new` tells whether the line was kept.
  bool put(std::int64_t point, std::string line, bool& is_new) {
    is_new = false;
    if (!shard_.owns(point)) return false;
    std::string& place = at(point);
    if (!place.empty()) return true;
    place = std::move(line);
    ++known_;
    return is_new = true;
  }
  std::string& at(std::int64_t point) { return lines_[static_cast<std::size_t>(point / shard_.count)]; }

  std::vector<std::int64_t> missing() const {
    std::vector<std::int64_t> points;
    for (std::int64_t i = 0; i < count_; ++i) {
      if (lines_[static_cast<std::size_t>(i)].empty()) points.push_back(point(i));
    }
    return points;
  }
  SweepResult result(const PointTable& table, const std::string& head) const {
    SweepResult result;
    result.text = head;
    for (const std::string& line : lines_) {
      result.text += line + '\n';
      if (auto essence = table.parse(line)) result.points.push_back(std::move(*essence));
    }
    return result;
  }

 private:
  Shard shard_;
  std::int64_t count_ = 0, known_ = 0;
  std::vector<std::string> lines_;
};

/// The lines of a results file behind its head of two lines (CSV) or one.
std::vector<std::string> lines_behind(const std::string& text, std::size_t head) {
  std::vector<std::string> lines;
  for (std::size_t at = head; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

class Sweep {
 public:
  Sweep(const scenarios::Study& study, const SweepOptions& options)
      : study_(study),
        options_(options),
        table_(study, options.form),
        head_(table_.head(options.shard)),
        lines_(study.points(), options.shard) {}

  Result<SweepResult> run() {
    if (is_complete_already()) {
      auto result = lines_.result(table_, head_);
      result.known = lines_.count();
      return result;
    }
    auto evaluator = Evaluator::create(study_);
    if (!evaluator) return tl::unexpected(std::move(evaluator.error()));
    if (auto opened = open_journal(); !opened) return tl::unexpected(std::move(opened.error()));
    const std::int64_t known = lines_.known();
    const auto is_done = compute(*evaluator);
    if (!is_done) return tl::unexpected(is_done.error());
    SweepResult result;
    if (*is_done) {
      result = lines_.result(table_, head_);
      if (options_.out) {
        if (auto written = write_file(*options_.out, result.text); !written) return tl::unexpected(written.error());
        journal_->remove();
      }
    }
    result.is_interrupted = !*is_done;
    result.known = known;
    return result;
  }

 private:
  bool is_complete_already() {
    std::error_code ignored;
    if (!options_.out || options_.is_afresh || !std::filesystem::is_regular_file(*options_.out, ignored)) return false;
    const auto text = read_file(*options_.out);
    if (!text || !text->starts_with(head_)) return false;
    Lines found(study_.points(), options_.shard);
    for (std::string& line : lines_behind(*text, head_.size())) {
      const auto essence = table_.parse(line);
      bool is_new = false;
      if (!essence || !found.put(essence->point, std::move(line), is_new)) return false;
    }
    if (!found.is_whole()) return false;
    lines_ = std::move(found);
    return true;
  }

  Result<void> open_journal() {
    if (!options_.out) return {};
    std::error_code ignored;
    if (std::filesystem::is_directory(*options_.out, ignored)) {
      return fail("output-is-directory", "'" + *options_.out + "' is a directory", "name a file in it");
    }
    const std::string path = *options_.out + ".partial";
    if (options_.is_afresh) std::filesystem::remove(path, ignored);
    std::vector<std::string> found;
    auto journal = Journal::open(path, head_, found);
    if (!journal) return tl::unexpected(std::move(journal.error()));
    journal_ = std::move(*journal);
    for (std::string& line : found) {
      bool is_new = false;
      if (const auto essence = table_.parse(line)) lines_.put(essence->point, std::move(line), is_new);
    }
    if (lines_.known() > 0 && options_.note) {
      options_.note(fmt::format("{} of {} points are in '{}' already; going on from there", lines_.known(),
                                lines_.count(), path));
    }
    return {};
  }

  std::optional<std::string> line_of(const Evaluator& evaluator, std::int64_t point, const volatile bool* stop) const {
    try {
      auto prepared = evaluator.prepare(point);
      if (!prepared.needs_simgrid) {
        const auto result = Evaluator::simulate(std::move(prepared), options_.simulate, stop);
        return result ? std::optional(table_.line(*result)) : std::nullopt;
      }
      std::string why;
      const auto line = in_own_process(
          [&] {
            const auto result = Evaluator::simulate(std::move(prepared), options_.simulate, stop);
            return result ? table_.line(*result) : std::string();
          },
          why);
      if (line) return line->empty() ? std::nullopt : line;
      return died(point, why);
    } catch (const std::exception& fault) {
      return table_.line(failed_point(point, std::string("internal-fault: ") + fault.what()));
    }
  }

  std::string died(std::int64_t point, const std::string& how) const {
    return table_.line(failed_point(point, "worker-died: the process that computed this point " + how));
  }

  /// False when it was stopped.
  Result<bool> compute(const Evaluator& evaluator) {
    PoolRequest request;
    request.jobs = lines_.missing();
    request.workers = options_.workers;
    request.stop = options_.stop;
    request.work = [&](std::int64_t point, const volatile bool* stop) { return line_of(evaluator, point, stop); };
    request.died = [&](std::int64_t point, const std::string& how) { return died(point, how); };
    request.done = [&](const std::vector<std::pair<std::int64_t, std::string>>& done) -> Result<void> {
      std::vector<std::string> fresh;
      for (const auto& [point, line] : done) {
        bool is_new = false;
        lines_.put(point, line, is_new);
        if (is_new) fresh.push_back(line);
      }
      if (options_.progress) options_.progress(lines_.known(), lines_.count());
      return journal_ ? journal_->append(fresh) : Result<void>();
    };
    return run_pool(request);
  }

  const scenarios::Study& study_;
  const SweepOptions& options_;
  PointTable table_;
  std::string head_;
  Lines lines_;
  std::optional<Journal> journal_;
};

}  // namespace

Result<SweepResult> sweep(const scenarios::Study& study, const SweepOptions& options) {
  return Sweep(study, options).run();
}

Result<SweepResult> gather(const scenarios::Study& study, PointTable::Form form,
                           const std::vector<std::string>& files) {
  const PointTable table(study, form);
  Lines lines(study.points(), {});
  Diagnostics errors;
  const auto refuse = [&](const std::string& code, const std::string& file, const std::string& what,
                          const std::string& hint) {
    errors.push_back({Severity::error, code, {file, 0, 0, {}}, "'" + file + "' " + what, hint});
  };
  for (const std::string& file : files) {
    const auto text = read_file(file);
    if (!text) {
      errors.insert(errors.end(), text.error().begin(), text.error().end());
      continue;
    }
    const std::string head = table.head(shard_in_head(*text));
    if (!text->starts_with(head)) {
      refuse("not-results", file, "does not hold results of this study, or of this version of tiercut",
             "give the files that `tiercut sweep --shard` wrote for it, with the same options");
      continue;
    }
    for (std::string& line : lines_behind(*text, head.size())) {
      const auto essence = table.parse(line);
      bool is_new = false;
      if (!essence) {
        refuse("not-results", file, "has a line that is no point: " + line.substr(0, 60), "compute it anew");
        break;
      }
      const std::string copy = line;
      lines.put(essence->point, std::move(line), is_new);
      if (!is_new && lines.at(essence->point) != copy) {
        refuse("differing-points", file,
               fmt::format("says something else of point {} than another file", essence->point),
               "compute the shards with the same version, on machines of one kind");
        break;
      }
    }
  }
  if (errors.empty() && !lines.is_whole()) {
    const auto missing = lines.missing();
    errors.push_back({Severity::error,
                      "missing-points",
                      {},
                      fmt::format("{} of {} points are in none of the files, the first is {}", missing.size(),
                                  lines.count(), missing.front()),
                      "give the files of all shards"});
  }
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return lines.result(table, table.head());
}

}  // namespace tiercut::study
