// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <charconv>
#include <list>

namespace tiercut::cli {

namespace {

std::string usage_hint(const Verb& verb) {
  return "`tiercut " + std::string(verb.name) + " --help` shows what it takes";
}

Diagnostic slip(std::string message, std::string hint) {
  return {Severity::error, "bad-usage", {}, std::move(message), std::move(hint)};
}

Result<std::int64_t> parse_number(const Option& option, const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc{} && end == text.data() + text.size() && value >= option.least && value <= option.most) {
    return value;
  }
  return fail("bad-usage", std::string(option.name) + " takes a whole number, not '" + text + "'",
              "from " + std::to_string(option.least) + " to " + std::to_string(option.most));
}

Diagnostic unknown_option(const Verb& verb, const std::string& word) {
  std::vector<std::string> known;
  for (const Option& option : common_options()) known.emplace_back(option.name);
  for (const Option& option : verb.options) known.emplace_back(option.name);
  const std::string guess = did_you_mean(word.substr(0, word.find('=')), known);
  return slip("`" + std::string(verb.name) + "` has no option '" + word + "'",
              guess.empty() ? usage_hint(verb) : "did you mean " + guess + "?");
}

/// The table's options as CLI11 options. Numbers are read as text first, so that our own range errors speak.
class Parser {
 public:
  explicit Parser(const Verb& verb) : verb_(verb) {
    app_.set_help_flag();
    app_.allow_extras();
    app_.add_option("files", arguments_.files);
    for (const Option& option : common_options()) add(option);
    for (const Option& option : verb.options) add(option);
  }

  Result<Arguments> parse(std::vector<std::string> words) {
    std::reverse(words.begin(), words.end());
    Diagnostics slips;
    try {
      app_.parse(words);
    } catch (const CLI::ParseError& error) {
      slips.push_back(slip(error.what(), usage_hint(verb_)));
      return tl::unexpected(std::move(slips));
    }
    if (arguments_.is_help) return arguments_;
    for (const std::string& word : app_.remaining()) {
      if (word.starts_with("-")) slips.push_back(unknown_option(verb_, word));
    }
    for (const Number& number : numbers_) {
      if (number.text.empty()) continue;
      if (auto value = parse_number(*number.option, number.text))
        arguments_.*number.target = *value;
      else
        slips.push_back(value.error().front());
    }
    if (slips.empty()) count_files(slips);
    if (!slips.empty()) return tl::unexpected(std::move(slips));
    return arguments_;
  }

 private:
  struct Number {
    const Option* option;
    std::optional<std::int64_t> Arguments::*target;
    std::string text;
  };

  void add(const Option& option) {
    const std::string name(option.name);
    std::visit([&](auto target) { bind(option, name, target); }, option.target);
  }
  void bind(const Option&, const std::string& name, bool Arguments::*target) {
    app_.add_flag(name, arguments_.*target);
  }
  void bind(const Option&, const std::string& name, std::optional<std::string> Arguments::*target) {
    app_.add_option(name, arguments_.*target);
  }
  void bind(const Option& option, const std::string& name, std::optional<std::int64_t> Arguments::*target) {
    numbers_.push_back({&option, target, {}});
    app_.add_option(name, numbers_.back().text);
  }
  void bind(const Option&, const std::string& name, std::vector<std::string> Arguments::*target) {
    app_.add_option(name, arguments_.*target)->allow_extra_args(false);
  }

  void count_files(Diagnostics& slips) const {
    const std::size_t count = arguments_.files.size();
    const std::string usage =
        "usage: tiercut " + std::string(verb_.name) + (verb_.files.empty() ? "" : " " + std::string(verb_.files));
    if (count < verb_.least_files) slips.push_back(slip(std::string(verb_.files) + " is missing", usage));
    if (count > verb_.most_files) slips.push_back(slip("'" + arguments_.files.back() + "' is one too many", usage));
  }

  const Verb& verb_;
  Arguments arguments_;
  std::list<Number> numbers_;
  CLI::App app_;
};

}  // namespace

Result<Arguments> parse(const Verb& verb, const std::vector<std::string>& words) {
  // What is to be run has options of its own.
  const auto end = verb.command.empty() ? words.end() : std::find(words.begin(), words.end(), "--");
  auto arguments = Parser(verb).parse({words.begin(), end});
  if (arguments && end != words.end()) arguments->command.assign(end + 1, words.end());
  return arguments;
}

Diagnostics unknown_verb(const std::string& word) {
  std::vector<std::string> names;
  for (const Verb& verb : all_verbs()) names.emplace_back(verb.name);
  const std::string guess = did_you_mean(word, names);
  return {slip("there is no verb '" + word + "'",
               guess.empty() ? "verbs: " + list_words(names) : "did you mean `tiercut " + guess + "`?")};
}

}  // namespace tiercut::cli
