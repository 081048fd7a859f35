// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <tuple>
#include <utility>

#include "core/files.hpp"
#include "scenarios/read_context.hpp"
#include "scenarios/study.hpp"
#include "scenarios/study_axis.hpp"

namespace tiercut::scenarios {
namespace {

/// Columns that every table of points has besides its axes and measures.
const std::vector<std::string> own_columns = {"point", "verdict", "reason"};

/// What a point's reading says when a path leads nowhere, whatever the value.
bool is_about_path(const Diagnostic& diagnostic) {
  static const std::vector<std::string> codes = {"unknown-key", "set-path", "unknown-exit", "invalid-name",
                                                 "conflicting-keys"};
  return std::find(codes.begin(), codes.end(), diagnostic.code) != codes.end();
}

class StudyReader {
 public:
  StudyReader(const Document& document, const std::vector<std::string>& overrides)
      : document_(document), root_(document.root), overrides_(overrides) {}

  Result<Study> read() {
    if (!check(document_, study_format(), errors_)) return tl::unexpected(std::move(errors_));
    read_axes();
    read_zip();
    auto series = open_series();
    if (!series) return tl::unexpected(sorted(std::move(errors_)));
    put_fixed(*series);
    Study study = plain_parts(std::move(*series));
    if (errors_.empty()) read_base(study);
    if (errors_.empty()) try_paths(study);
    if (!errors_.empty()) return tl::unexpected(sorted(std::move(errors_)));
    study.source_hash = hash_of(study);
    return study;
  }

 private:
  void error(std::string code, const Location& where, std::string message, std::string hint) {
    errors_.push_back({Severity::error, std::move(code), where, std::move(message), std::move(hint)});
  }
  void append(Diagnostics found) {
    for (Diagnostic& diagnostic : found) errors_.push_back(std::move(diagnostic));
  }
  /// The study's own complaints in the order of its lines, then others.
  Diagnostics sorted(Diagnostics found) const {
    std::stable_sort(found.begin(), found.end(), [&](const Diagnostic& a, const Diagnostic& b) {
      const auto rank = [&](const Diagnostic& diagnostic) {
        const bool is_own = diagnostic.where.file == document_.file;
        return std::tuple(!is_own, is_own ? diagnostic.where.line : 0, is_own ? diagnostic.where.column : 0);
      };
      return rank(a) < rank(b);
    });
    return found;
  }
  std::string folder() const { return std::filesystem::path(document_.file).parent_path().string(); }

  void read_axes() {
    for (const auto& [name, node] : at(root_, "axes").fields) {
      std::vector<std::string> taken = study_measures();
      taken.insert(taken.end(), own_columns.begin(), own_columns.end());
      if (std::find(taken.begin(), taken.end(), name) != taken.end() || name.starts_with("share_")) {
        error("bad-axis", node.key_where, "an axis cannot be called `" + name + "`, as a column of results is",
              "call it otherwise");
      }
      axes_.push_back(axis_from(name, node, errors_));
    }
  }

  void read_zip() {
    std::vector<int> group_of(axes_.size(), -1);
    const Node* zip = root_.find("zip");
    for (std::size_t group = 0; zip != nullptr && group < zip->items.size(); ++group) {
      for (const Node& text : zip->items[group].items) join_group(text, static_cast<int>(group), group_of);
    }
    std::map<int, std::size_t> seen;
    for (std::size_t axis = 0; axis < axes_.size(); ++axis) {
      const auto known = group_of[axis] < 0 ? seen.end() : seen.find(group_of[axis]);
      if (known == seen.end()) {
        if (group_of[axis] >= 0) seen.emplace(group_of[axis], dimensions_.size());
        dimensions_.push_back({axis});
        continue;
      }
      const StudyAxis& first = axes_[dimensions_[known->second].front()];
      if (first.values.size() != axes_[axis].values.size()) {
        error("bad-zip", zip->items[static_cast<std::size_t>(group_of[axis])].where,
              fmt::format("axis `{}` has {} values and axis `{}` has {}", first.name, first.values.size(),
                          axes_[axis].name, axes_[axis].values.size()),
              "axes that run together are as long as one another");
      }
      dimensions_[known->second].push_back(axis);
    }
    double points = 1;
    for (const auto& dimension : dimensions_) points *= static_cast<double>(axes_[dimension.front()].values.size());
    if (points > static_cast<double>(most_study_points)) {
      error("too-many-points", at(root_, "axes").where, fmt::format("the axes make {:.0f} points", points),
            fmt::format("at most {} are possible", most_study_points));
    }
  }

  void join_group(const Node& text, int group, std::vector<int>& group_of) {
    const auto found =
        std::find_if(axes_.begin(), axes_.end(), [&](const auto& axis) { return axis.name == text.text; });
    if (found == axes_.end()) {
      std::vector<std::string> names;
      for (const StudyAxis& axis : axes_) names.push_back(axis.name);
      return error("bad-zip", text.where, "there is no axis `" + text.text + "`", suggest(text.text, names));
    }
    int& known = group_of[static_cast<std::size_t>(found - axes_.begin())];
    if (known >= 0) error("bad-zip", text.where, "axis `" + text.text + "` is zipped twice", "name it once");
    known = group;
  }

  std::optional<ScenarioSeries> open_series() {
    const Node& reference = at(root_, "scenario");
    const auto path = resolve_reference(reference.text, folder(), "scenarios", reference.where);
    if (!path) {
      append(path.error());
      return std::nullopt;
    }
    auto series = ScenarioSeries::open(*path, overrides_);
    if (series) return std::move(*series);
    append(std::move(series.error()));
    return std::nullopt;
  }

  void put_fixed(ScenarioSeries& series) {
    const Node* fixed = root_.find("fixed");
    if (fixed == nullptr) return;
    for (const auto& [text, value] : fixed->fields) {
      auto path = parse_path(text, value.key_where);
      if (!path) {
        append(std::move(path.error()));
      } else if (auto put = series.put({std::move(*path), value}); !put) {
        append(std::move(put.error()));
      }
    }
  }

  Study plain_parts(ScenarioSeries series) {
    Study study{.name = at(root_, "name").text,
                .description = text_or(root_, "description", ""),
                .file = document_.file,
                .series = std::move(series),
                .base = nullptr,
                .axes = std::move(axes_),
                .dimensions = std::move(dimensions_)};
    study.samples = integer_or(root_, "samples", study.samples);
    if (const Node* warm_up = root_.find("warm_up")) study.warm_up = as_integer(*warm_up);
    study.seed = static_cast<std::uint64_t>(integer_or(root_, "seed", 1));
    if (const Node* engine = root_.find("engine")) study.engine = engine->text;
    const Node* measures = root_.find("measures");
    for (const std::string& known : study_measures()) {
      const bool is_wanted = measures == nullptr || std::any_of(measures->items.begin(), measures->items.end(),
                                                                [&](const Node& node) { return node.text == known; });
      if (is_wanted) study.measures.push_back(known);
    }
    read_plan_choice(study);
    return study;
  }

  void read_plan_choice(Study& study) {
    const Node* plan = root_.find("plan");
    if (plan == nullptr || plan->text == "each") return;
    if (plan->text == "fixed") {
      study.plan = StudyPlan::fixed;
      return;
    }
    study.plan = StudyPlan::given;
    study.plan_file = (std::filesystem::path(folder()) / plan->text).lexically_normal().string();
    std::error_code ignored;
    if (std::filesystem::is_regular_file(study.plan_file, ignored)) return;
    const std::string guess = did_you_mean(plan->text, {"each", "fixed"});
    error("reference-not-found", plan->where, "there is no plan '" + study.plan_file + "'",
          guess.empty() ? "write each, fixed, or the name of a plan file" : "did you mean " + guess + "?");
  }

  void read_base(Study& study) {
    auto base = study.series.read({});
    if (!base) return append(std::move(base.error()));
    study.base = std::move(*base);
  }

  /// A path with a slip in it would spoil every point. Values may be bad one by one.
  void try_paths(const Study& study) {
    for (const StudyAxis& axis : study.axes) {
      for (const ValuePath& path : axis.paths) {
        if (auto known = study.series.check_path(path, axis.values.front().where); !known) {
          append(std::move(known.error()));
        }
      }
    }
    if (!errors_.empty()) return;
    if (auto first = study.scenario_at(0); !first) {
      std::erase_if(first.error(), [](const Diagnostic& diagnostic) { return !is_about_path(diagnostic); });
      append(std::move(first.error()));
    }
  }

  /// Over everything that figures depend on but samples, seed and engine, which the command line may change.
  std::string hash_of(const Study& study) const {
    std::string text = study_format().id + '\n' + study.name + '\n' + study.base->hash;
    for (std::size_t axis = 0; axis < study.axes.size(); ++axis) {
      text += "\naxis " + study.axes[axis].name;
      for (const ValuePath& path : study.axes[axis].paths) text += "\npath " + to_text(path);
      for (const std::string& value : study.axes[axis].texts) text += '\n' + std::to_string(value.size()) + ':' + value;
      append_files(study, study.axes[axis], text);
    }
    for (const auto& dimension : study.dimensions) {
      text += "\nalong";
      for (const std::size_t axis : dimension) text += ' ' + std::to_string(axis);
    }
    text += fmt::format("\nplan {}\n", static_cast<int>(study.plan));
    if (study.plan == StudyPlan::given) text += read_file(study.plan_file).value_or("");
    return "sha256:" + sha256(text);
  }

  static std::string to_text(const ValuePath& path) {
    std::string text;
    for (const PathStep& step : path) text += step.index ? fmt::format("[{}]", *step.index) : "." + step.key;
    return text;
  }

  /// Where values may name files, what these hold.
  static void append_files(const Study& study, const StudyAxis& axis, std::string& text) {
    const bool may_name_files = std::any_of(axis.paths.begin(), axis.paths.end(), [](const ValuePath& path) {
      const std::string& root = path.front().key;
      return root == "model" || root == "devices" || root == "exit_trace";
    });
    if (!may_name_files || axis.dimension) return;
    for (const Node& value : axis.values) {
      std::vector<Assignment> assignments;
      for (const ValuePath& path : axis.paths) assignments.push_back({path, value});
      const auto scenario = study.series.read(assignments);
      text += '\n' + (scenario ? (*scenario)->hash : std::string("unreadable"));
    }
  }

  const Document& document_;
  const Node& root_;
  const std::vector<std::string>& overrides_;
  Diagnostics errors_;
  std::vector<StudyAxis> axes_;
  std::vector<std::vector<std::size_t>> dimensions_;
};

}  // namespace

std::int64_t Study::points() const {
  std::int64_t count = 1;
  for (std::size_t dimension = 0; dimension < dimensions.size(); ++dimension) {
    count *= static_cast<std::int64_t>(length_of(dimension));
  }
  return count;
}

std::vector<std::size_t> Study::values_at(std::int64_t point) const {
  std::vector<std::size_t> chosen(axes.size());
  for (std::size_t dimension = dimensions.size(); dimension-- > 0;) {
    const auto length = static_cast<std::int64_t>(length_of(dimension));
    for (const std::size_t axis : dimensions[dimension]) chosen[axis] = static_cast<std::size_t>(point % length);
    point /= length;
  }
  return chosen;
}

Result<ScenarioPointer> Study::scenario_at(std::int64_t point) const {
  const auto chosen = values_at(point);
  std::vector<Assignment> assignments;
  for (std::size_t axis = 0; axis < axes.size(); ++axis) {
    for (const ValuePath& path : axes[axis].paths) assignments.push_back({path, axes[axis].values[chosen[axis]]});
  }
  return series.read_unhashed(assignments);
}

Result<Study> read_study(const std::string& path, const std::vector<std::string>& overrides) {
  std::string file = path;
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    auto shipped = resolve_reference(path, "", "study", {path, 0, 0, {}});
    if (!shipped) return tl::unexpected(std::move(shipped.error()));
    file = std::move(*shipped);
  }
  const auto document = read_document(file, Defects::keep);
  if (!document) return tl::unexpected(document.error());
  return StudyReader(*document, overrides).read();
}

}  // namespace tiercut::scenarios
