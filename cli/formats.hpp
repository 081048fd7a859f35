// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "core/diagnostic.hpp"
#include "core/document.hpp"
#include "core/schema.hpp"

namespace tiercut::cli {

/// A file format by the name that `schema` knows it by.
struct NamedFormat {
  std::string_view name;  ///< `scenario`
  std::string_view meaning;
  const Format& (*format)();
};
std::span<const NamedFormat> all_formats();

/// Null when there is none of this name.
const NamedFormat* find_format(std::string_view name);

/// The format whose id the document's `schema:` line names. Fails with missing-schema, wrong-schema.
Result<const NamedFormat*> format_of(const Document& document);

}  // namespace tiercut::cli
