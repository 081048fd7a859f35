// SPDX-License-Identifier: Apache-2.0
#include "report/format_list.hpp"

#include <nlohmann/json.hpp>

#include "report/json_parts.hpp"
#include "report/table.hpp"
#include "report/version.hpp"

namespace tiercut::report {

std::string format_list_text(const std::vector<FormatLine>& lines) {
  Table table({{"name"}, {"schema"}, {"what it holds"}});
  for (const FormatLine& line : lines) table.add({line.name, line.id, line.meaning});
  return table.to_text();
}

std::string format_list_json(const std::vector<FormatLine>& lines) {
  Json formats = Json::array();
  for (const FormatLine& line : lines) {
    formats.push_back({{"name", line.name}, {"id", line.id}, {"meaning", line.meaning}});
  }
  return dump({{"formats", std::move(formats)}, {"version", version()}});
}

std::string written_json(const std::string& file) { return dump({{"written", file}, {"version", version()}}); }

}  // namespace tiercut::report
