// SPDX-License-Identifier: Apache-2.0
#include "profiles/exit_trace_header.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "core/schema.hpp"
#include "profiles/law_reader.hpp"

namespace tiercut::profiles {
namespace {

constexpr std::string_view final_answer = "final";

const Format& format() {
  static const Format made = [] {
    const auto samples = shape::integer(0, 1e15);
    const auto classes = shape::list(shape::integer(0, most_trace_classes - 1), 1);
    const auto answer = shape::record({
        {"exit", shape::text(), true, "Name of the exit, or `final`."},
        {"answers", classes, true, "Branch classes it may answer with."},
        {"class_map", shape::list(shape::any(), 1), true, "By branch class: the model's class, or `none`."},
        {"lost", shape::list(shape::text(), 1), false, "Input layers whose device is lost."},
    });
    const auto provenance = shape::record({
        {"origin", shape::word({"measured", "published", "estimated"}), true, "What kind of numbers these are."},
        {"how", shape::text(), true, "Data set, seed, epochs, command."},
        {"error_factor", shape::number(1, 1e6), false, "Estimated: the true value is within this factor."},
    });
    return make_format(
        std::string(trace_schema), "tiercut exit trace",
        {
            {"name", shape::text(), true, "Name of the trace."},
            {"model", shape::text(), true, "Name of the model."},
            {"data", shape::text(), true, "Data set, and which part of it."},
            {"classes", shape::integer(1, most_trace_classes), true, "Classes of the model."},
            {"measure", shape::word({"normalized_entropy", "max_probability", "margin"}), true, "Asked by default."},
            {"answers_where", shape::word({"at_most", "at_least"}), true, "Direction of the measure."},
            {"samples",
             shape::record({{"calibration", samples, true, "How many."}, {"test", samples, true, "How many."}}), true,
             "Of each part."},
            {"answers", shape::list(answer, 1), true, "What was recorded, in the order of the blocks' columns."},
            {"provenance", provenance, true, "Where the trace comes from."},
        });
  }();
  return made;
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      result += c;
    }
  }
  return result + '"';
}

template <class T, class ToText>
std::string list_of(const std::vector<T>& items, ToText to_text) {
  std::string text = "[";
  for (const T& item : items) {
    if (text.size() > 1) text += ", ";
    text += to_text(item);
  }
  return text + "]";
}

std::string class_text(int value) { return value < 0 ? "none" : std::to_string(value); }

/// -1 for `none`, nothing for what is no class.
std::optional<int> class_from(const Node& node) {
  if (node.kind != NodeKind::scalar) return std::nullopt;
  if (node.text == "none") return -1;
  int value = 0;
  const char* const last = node.text.data() + node.text.size();
  const auto [end, error] = std::from_chars(node.text.data(), last, value);
  if (error != std::errc() || end != last || value < 0) return std::nullopt;
  return value;
}

TracedAnswer answer_from(const Node& node, Diagnostics& diagnostics) {
  TracedAnswer answer{.exit = at(node, "exit").text, .answers = {}, .class_map = {}, .lost = {}};
  for (const Node& one : at(node, "answers").items) answer.answers.push_back(static_cast<int>(as_integer(one)));
  for (const Node& one : at(node, "class_map").items) {
    const auto value = class_from(one);
    if (!value)
      diagnostics.push_back({Severity::error, "bad-trace", one.where, "a class map names something that is no class",
                             "a number from 0, or `none`"});
    answer.class_map.push_back(value.value_or(-1));
  }
  if (const Node* lost = node.find("lost")) {
    for (const Node& one : lost->items) answer.lost.push_back(one.text);
  }
  return answer;
}

model::Confidence measure_from(const std::string& word) {
  for (const auto known : {model::Confidence::max_probability, model::Confidence::margin})
    if (word == to_text(known)) return known;
  return model::Confidence::normalized_entropy;
}

/// As a header's text is damaged or of another kind, all that is wrong with it makes a bad trace.
tl::unexpected<Diagnostics> as_bad_trace(Diagnostics diagnostics) {
  for (Diagnostic& one : diagnostics) {
    one.code = "bad-trace";
    one.message = "the header of the trace: " + one.message;
  }
  return tl::unexpected(std::move(diagnostics));
}

class HeaderCheck {
 public:
  HeaderCheck(const ExitTrace& trace, std::string file) : trace_(trace), file_(std::move(file)) {}

  Diagnostics run() {
    if (trace_.classes < 1 || trace_.classes > most_trace_classes)
      report("classes", fmt::format("a trace has 1 to {} classes, not {}", most_trace_classes, trace_.classes));
    if (trace_.answers.empty()) report("answers", "a trace records at least one answer");
    if (trace_.answers.size() > most_traced_answers)
      report("answers", fmt::format("a trace records at most {} answers", most_traced_answers));
    for (std::size_t i = 0; i < trace_.answers.size(); ++i) check(i);
    check_order();
    return std::move(found_);
  }

 private:
  void report(std::string path, std::string message) {
    found_.push_back({Severity::error, "bad-trace", {file_, 0, 0, std::move(path)}, std::move(message), {}});
  }

  void check(std::size_t index) {
    const TracedAnswer& answer = trace_.answers[index];
    const std::string path = fmt::format("answers[{}]", index);
    const int branch_classes = static_cast<int>(answer.class_map.size());
    if (branch_classes < 1 || branch_classes > most_trace_classes)
      report(path, fmt::format("answer `{}` has {} classes", answer.exit, answer.class_map.size()));
    for (const int to : answer.class_map)
      if (to < -1 || to >= trace_.classes)
        report(path, fmt::format("answer `{}` maps to class {}, the model has {}", answer.exit, to, trace_.classes));
    if (answer.answers.empty()) report(path, "answer `" + answer.exit + "` may answer with no class");
    for (const int one : answer.answers) {
      if (one < 0 || one >= branch_classes)
        report(path, fmt::format("answer `{}` may answer with class {}, its branch has {}", answer.exit, one,
                                 branch_classes));
      else if (answer.class_map[static_cast<std::size_t>(one)] < 0)
        report(path, fmt::format("answer `{}` may answer with class {}, which maps to none", answer.exit, one));
    }
    if (std::set(answer.answers.begin(), answer.answers.end()).size() != answer.answers.size())
      report(path, "answer `" + answer.exit + "` names a class twice");
    const std::set<std::string> lost(answer.lost.begin(), answer.lost.end());
    if (lost.size() != answer.lost.size()) report(path, "an input is lost twice");
    if (!seen_.emplace(answer.exit, lost).second)
      report(path, "answer `" + answer.exit + "` is recorded twice with the same inputs lost");
  }

  void check_order() {
    std::size_t complete = 0;
    while (complete < trace_.answers.size() && trace_.answers[complete].lost.empty()) ++complete;
    for (std::size_t i = complete; i < trace_.answers.size(); ++i)
      if (trace_.answers[i].lost.empty())
        report(fmt::format("answers[{}]", i), "answers with all inputs there come before those with losses");
    for (std::size_t i = 0; i < complete; ++i) {
      const bool is_final = trace_.answers[i].exit == final_answer;
      if (is_final != (i + 1 == complete))
        report(fmt::format("answers[{}]", i), "`final` is the last answer with all inputs there");
    }
    if (complete == 0 && !trace_.answers.empty()) report("answers", "no answer is recorded with all inputs there");
  }

  const ExitTrace& trace_;
  std::string file_;
  Diagnostics found_;
  std::set<std::pair<std::string, std::set<std::string>>> seen_;
};

}  // namespace

std::string_view direction_of(model::Confidence measure) {
  return measure == model::Confidence::normalized_entropy ? "at_most" : "at_least";
}

Diagnostics check_header(const TraceHeader& header, const std::string& file) {
  Diagnostics found = HeaderCheck(header.trace, file).run();
  if (header.samples() == 0)
    found.push_back({Severity::error, "bad-trace", {file, 0, 0, "samples"}, "a trace holds at least one sample", {}});
  return found;
}

std::string header_text(const TraceHeader& header) {
  const ExitTrace& trace = header.trace;
  std::string text = fmt::format(
      "schema: {}\nname: {}\nmodel: {}\ndata: {}\nclasses: {}\nmeasure: {}\nanswers_where: {}\n"
      "samples: {{calibration: {}, test: {}}}\nanswers:\n",
      trace_schema, quoted(trace.name), quoted(trace.model), quoted(trace.data), trace.classes, to_text(trace.measure),
      direction_of(trace.measure), header.calibration, header.test);
  for (const TracedAnswer& answer : trace.answers) {
    text += fmt::format("  - {{exit: {}, answers: {}, class_map: {}", quoted(answer.exit),
                        list_of(answer.answers, [](int value) { return std::to_string(value); }),
                        list_of(answer.class_map, class_text));
    if (!answer.lost.empty()) text += ", lost: " + list_of(answer.lost, quoted);
    text += "}\n";
  }
  text += fmt::format("provenance:\n  origin: {}\n  how: {}\n", to_text(trace.provenance.origin),
                      quoted(trace.provenance.how));
  if (trace.provenance.error_factor != 1) text += fmt::format("  error_factor: {}\n", trace.provenance.error_factor);
  return text += trace_header_end;
}

Result<TraceHeader> parse_header(std::string text, const std::string& file) {
  if (text.ends_with(trace_header_end)) text.resize(text.size() - trace_header_end.size());
  auto document = parse_document(std::move(text), file);
  if (!document) return as_bad_trace(std::move(document.error()));
  Diagnostics diagnostics;
  if (!check(*document, format(), diagnostics)) return as_bad_trace(std::move(diagnostics));

  const Node& root = document->root;
  TraceHeader header;
  ExitTrace& trace = header.trace;
  trace.name = at(root, "name").text;
  trace.model = at(root, "model").text;
  trace.data = at(root, "data").text;
  trace.classes = static_cast<int>(as_integer(at(root, "classes")));
  trace.measure = measure_from(at(root, "measure").text);
  const Node& samples = at(root, "samples");
  header.calibration = static_cast<std::uint64_t>(as_integer(at(samples, "calibration")));
  header.test = static_cast<std::uint64_t>(as_integer(at(samples, "test")));
  for (const Node& node : at(root, "answers").items) trace.answers.push_back(answer_from(node, diagnostics));
  trace.provenance = provenance_of(root);
  const Node& direction = at(root, "answers_where");
  if (direction.text != direction_of(trace.measure))
    diagnostics.push_back(
        {Severity::error,
         "bad-trace",
         direction.where,
         fmt::format("by {} an exit answers {} its threshold", to_text(trace.measure),
                     trace.measure == model::Confidence::normalized_entropy ? "at or below" : "at or above"),
         {}});
  const Diagnostics unfit = check_header(header, file);
  diagnostics.insert(diagnostics.end(), unfit.begin(), unfit.end());
  if (!diagnostics.empty()) return as_bad_trace(std::move(diagnostics));
  return header;
}

}  // namespace tiercut::profiles
