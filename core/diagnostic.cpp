// SPDX-License-Identifier: Apache-2.0
#include "core/diagnostic.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <utility>

namespace tiercut {

namespace {

std::string_view word_for(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::note:
      return "note";
  }
  return "error";
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

// Edit distance in which swapping two neighbouring letters counts once: that is how fingers slip.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), current(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      current[j] = std::min({substitution, last[j] + 1, current[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        current[j] = std::min(current[j], before[j - 2] + 1);
      }
    }
    std::swap(before, last);
    std::swap(last, current);
  }
  return last[b.size()];
}

}  // namespace

bool has_errors(const Diagnostics& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const Diagnostic& d) { return d.severity == Severity::error; });
}

std::string to_text(const Diagnostic& diagnostic) {
  std::string text;
  const Location& where = diagnostic.where;
  if (!where.file.empty()) {
    text += where.file + ':';
    if (where.line > 0) text += std::to_string(where.line) + ':';
    if (where.line > 0 && where.column > 0) text += std::to_string(where.column) + ':';
    text += ' ';
  }
  text += word_for(diagnostic.severity);
  if (!diagnostic.code.empty()) text += '[' + diagnostic.code + ']';
  text += ": " + diagnostic.message + '\n';
  if (!where.path.empty()) text += "  at " + where.path + '\n';
  if (!diagnostic.hint.empty()) text += "  hint: " + diagnostic.hint + '\n';
  return text;
}

std::string to_text(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) text += to_text(diagnostic);
  return text;
}

tl::unexpected<Diagnostics> fail(std::string code, std::string message, std::string hint, Location where) {
  Diagnostics diagnostics;
  diagnostics.push_back({Severity::error, std::move(code), std::move(where), std::move(message), std::move(hint)});
  return tl::unexpected<Diagnostics>(std::move(diagnostics));
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  // Longer words are not searched: nobody slips in them, and the distance costs time quadratic in the length.
  constexpr std::size_t longest_word = 200;
  if (word.empty() || word.size() > longest_word) return {};
  const std::string wanted = lower_case(word);
  const std::size_t tolerance = std::max<std::size_t>(1, wanted.size() / 3);
  std::size_t nearest = tolerance + 1;
  std::string best;
  for (const std::string& candidate : candidates) {
    const std::size_t longer = std::max(candidate.size(), wanted.size());
    const std::size_t shorter = std::min(candidate.size(), wanted.size());
    if (longer - shorter >= nearest) continue;
    const std::size_t distance = edit_distance(wanted, lower_case(candidate));
    if (distance < nearest && distance < longer) {
      nearest = distance;
      best = candidate;
    }
  }
  return best;
}

std::string list_words(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " and " : ", ";
    text += words[i];
  }
  return text;
}

}  // namespace tiercut
