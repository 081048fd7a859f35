// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace tiercut::report {

/// A file format as `schema` lists it.
struct FormatLine {
  std::string name, id, meaning;
};

std::string format_list_text(const std::vector<FormatLine>& lines);
std::string format_list_json(const std::vector<FormatLine>& lines);  ///< {formats: [{name, id, meaning}], version}

/// What `init` says of the file it wrote.
std::string written_json(const std::string& file);

}  // namespace tiercut::report
