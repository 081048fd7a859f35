// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "core/document.hpp"

namespace {

void require(bool is_true, const char* claim) {
  if (is_true) return;
  std::fprintf(stderr, "broken: %s\n", claim);
  std::abort();
}

void check_node(const tiercut::Node& node, std::size_t depth) {
  require(depth <= 64, "nesting is limited");
  require(node.where.line >= 1 && node.where.column >= 1, "every node knows its place");
  for (const tiercut::Node& item : node.items) check_node(item, depth + 1);
  for (const auto& [key, value] : node.fields) {
    require(node.find(key) == &value, "keys are unique");
    check_node(value, depth + 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto document = tiercut::parse_document(std::string(reinterpret_cast<const char*>(data), size), "fuzzed.yaml");
  if (document) {
    check_node(document->root, 0);
  } else {
    require(tiercut::has_errors(document.error()), "a refusal has a reason");
  }
  return 0;
}
