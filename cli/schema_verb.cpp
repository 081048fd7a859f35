// SPDX-License-Identifier: Apache-2.0
#include "cli/console.hpp"
#include "cli/formats.hpp"
#include "cli/subject.hpp"
#include "report/format_list.hpp"

namespace tiercut::cli {

ExitStatus run_schema(const Arguments& arguments, Console& console) {
  if (const auto fine = refuse_overrides(arguments, "`schema` prints a format"); !fine) {
    return console.refuse(fine.error());
  }
  std::vector<report::FormatLine> lines;
  std::vector<std::string> names;
  for (const NamedFormat& known : all_formats()) {
    lines.push_back({std::string(known.name), known.format().id, std::string(known.meaning)});
    names.emplace_back(known.name);
  }
  if (arguments.files.empty()) {
    return console.finish(arguments.is_json ? report::format_list_json(lines) : report::format_list_text(lines),
                          ExitStatus::yes);
  }
  const std::string& name = arguments.files.front();
  const NamedFormat* known = find_format(name);
  if (known == nullptr) {
    const std::string guess = did_you_mean(name, names);
    return console.refuse({{Severity::error,
                            "bad-usage",
                            {},
                            "there is no format '" + name + "'",
                            guess.empty() ? "formats: " + list_words(names) : "did you mean " + guess + "?"}});
  }
  std::string schema = json_schema(known->format());
  if (!schema.ends_with('\n')) schema += '\n';
  return console.finish(schema, ExitStatus::yes);
}

}  // namespace tiercut::cli
