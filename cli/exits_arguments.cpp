// SPDX-License-Identifier: Apache-2.0
#include "cli/exits_arguments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/schema.hpp"

namespace tiercut::cli {

namespace {

constexpr std::size_t most_thresholds = 10'000;
constexpr const char* grid_hint = "as 0.1,0.2,0.5, or from:to:step as 0:1:0.05";

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  for (std::size_t at = text.find(separator); at != std::string::npos; at = text.find(separator, from)) {
    parts.push_back(text.substr(from, at - from));
    from = at + 1;
  }
  parts.push_back(text.substr(from));
  return parts;
}

class RequestReader {
 public:
  RequestReader(const Arguments& arguments, const profiles::ExitTrace& trace) : arguments_(arguments), trace_(trace) {
    for (const profiles::TracedAnswer& answer : trace.answers)
      if (answer.lost.empty()) names_.push_back(answer.exit);
  }

  Result<ExitsRequest> read() {
    request_.measure = trace_.measure;
    read_measure();
    read_part();
    for (const std::string& words : arguments_.lost)
      for (std::string& word : split(words, ',')) request_.lost.push_back(std::move(word));
    read_class();
    if (arguments_.grid) read_grid(*arguments_.grid);
    request_.own.resize(names_.size() - 1);
    for (const std::string& words : arguments_.own_thresholds) read_own(words);
    if (arguments_.costs) read_costs(*arguments_.costs);
    if (!slips_.empty()) return tl::unexpected(std::move(slips_));
    return std::move(request_);
  }

 private:
  void report(std::string code, std::string message, std::string hint) {
    slips_.push_back({Severity::error, std::move(code), {}, std::move(message), std::move(hint)});
  }

  double number(const std::string& text, const std::string& option, double least, double most) {
    const auto value = parse_quantity(text, Dimension::ratio);
    if (!value) {
      report("not-a-number", fmt::format("{}: '{}' is no number", option, text),
             option == "--thresholds" ? grid_hint : "");
      return least;
    }
    if (*value >= least && *value <= most) return *value;
    report("out-of-range", fmt::format("{}: {} is out of range", option, text),
           std::isfinite(most) ? fmt::format("from {} to {}", least, most) : fmt::format("at least {}", least));
    return least;
  }

  void read_measure() {
    if (!arguments_.measure) return;
    using model::Confidence;
    if (*arguments_.measure == "entropy" || *arguments_.measure == "normalized_entropy")
      request_.measure = Confidence::normalized_entropy;
    else if (*arguments_.measure == "max-probability" || *arguments_.measure == "max_probability")
      request_.measure = Confidence::max_probability;
    else if (*arguments_.measure == "margin")
      request_.measure = Confidence::margin;
    else
      report("unknown-word", "'" + *arguments_.measure + "' is no measure of confidence",
             "entropy, max-probability or margin");
  }

  void read_part() {
    request_.part_name = arguments_.part.value_or("test");
    if (request_.part_name == "calibration")
      request_.part = profiles::TracePart::calibration;
    else if (request_.part_name == "test")
      request_.part = profiles::TracePart::test;
    else if (request_.part_name != "all")
      report("unknown-word", "'" + request_.part_name + "' is no part of a trace", "calibration, test or all");
  }

  void read_class() {
    if (!arguments_.positive_class) return;
    if (*arguments_.positive_class < trace_.classes)
      request_.positive = static_cast<int>(*arguments_.positive_class);
    else
      report("out-of-range", fmt::format("--class: the model has no class {}", *arguments_.positive_class),
             fmt::format("from 0 to {}", trace_.classes - 1));
  }

  void read_grid(const std::string& text) {
    const auto ends = split(text, ':');
    if (ends.size() == 1) {
      for (const std::string& word : split(text, ',')) request_.grid.push_back(number(word, "--thresholds", 0, 1));
    } else if (ends.size() == 3) {
      const double from = number(ends[0], "--thresholds", 0, 1), to = number(ends[1], "--thresholds", 0, 1);
      const double step = number(ends[2], "--thresholds", 0, 1);
      // A last step that rounding puts a little beyond the end still counts.
      const double count = step > 0 ? std::floor((to - from) / step + 1e-9) + 1 : 0;
      if (count < 1 || count > static_cast<double>(most_thresholds)) {
        report("bad-usage", "--thresholds: '" + text + "' is no grid", grid_hint);
        return;
      }
      for (double i = 0; i < count; ++i) request_.grid.push_back(std::min(from + i * step, 1.0));
    } else {
      report("bad-usage", "--thresholds: '" + text + "' is no list and no grid", grid_hint);
    }
  }

  void read_own(const std::string& words) {
    const std::size_t at = words.rfind('=');
    if (at == std::string::npos) {
      report("bad-usage", "--threshold takes EXIT=T, not '" + words + "'", "as --threshold " + names_.front() + "=0.5");
      return;
    }
    const std::string name = words.substr(0, at);
    const auto exits = std::vector(names_.begin(), names_.end() - 1);
    const auto found = std::find(exits.begin(), exits.end(), name);
    if (found == exits.end()) {
      const std::string guess = did_you_mean(name, exits);
      report("unknown-exit", "the trace has no exit '" + name + "'",
             !guess.empty()  ? "did you mean '" + guess + "'?"
             : exits.empty() ? "it has the final answer only"
                             : "exits: " + list_words(exits));
      return;
    }
    request_.own[static_cast<std::size_t>(found - exits.begin())] = number(words.substr(at + 1), "--threshold", 0, 1);
  }

  /// `1,2,4`, or `little=1,final=20` in any order.
  void read_costs(const std::string& text) {
    const auto words = split(text, ',');
    std::vector<std::optional<double>> costs(names_.size());
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::size_t at = words[i].rfind('=');
      const auto found = at == std::string::npos
                             ? names_.begin() + static_cast<std::ptrdiff_t>(std::min(i, names_.size()))
                             : std::find(names_.begin(), names_.end(), words[i].substr(0, at));
      if (found == names_.end()) continue;
      costs[static_cast<std::size_t>(found - names_.begin())] =
          number(at == std::string::npos ? words[i] : words[i].substr(at + 1), "--costs", 0, HUGE_VAL);
    }
    const bool is_whole = words.size() == names_.size() &&
                          std::all_of(costs.begin(), costs.end(), [](const auto& cost) { return cost.has_value(); });
    if (!is_whole) {
      report("bad-usage", fmt::format("--costs takes one for each of {} answers, not '{}'", names_.size(), text),
             "what a sample costs in all that is answered by " + list_words(names_));
      return;
    }
    for (const auto& cost : costs) request_.costs.push_back(*cost);
  }

  const Arguments& arguments_;
  const profiles::ExitTrace& trace_;
  std::vector<std::string> names_;  // exits in the order of asking, then `final`
  ExitsRequest request_;
  Diagnostics slips_;
};

}  // namespace

Result<ExitsRequest> exits_request(const Arguments& arguments, const profiles::ExitTrace& trace) {
  return RequestReader(arguments, trace).read();
}

}  // namespace tiercut::cli
