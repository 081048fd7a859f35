// SPDX-License-Identifier: Apache-2.0
#include "scenarios/name_pattern.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace tiercut::scenarios {
namespace {

TEST(NamePattern, MatchesTheWholeName) {
  EXPECT_TRUE(matches("big/fc1", "big/*"));
  EXPECT_TRUE(matches("big/a/b", "big/*"));
  EXPECT_TRUE(matches("big/", "big/*"));
  EXPECT_TRUE(matches("fc1", "fc?"));
  EXPECT_TRUE(matches("", "*"));
  EXPECT_TRUE(matches("abcabd", "*ab?"));
  EXPECT_FALSE(matches("bigger/fc1", "big/*"));
  EXPECT_FALSE(matches("fc", "fc?"));
  EXPECT_FALSE(matches("fc12", "fc?"));
  EXPECT_FALSE(matches("", "?"));
}

// The definition, written down as a recursion.
bool matches_by_definition(const std::string& name, const std::string& pattern) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] == '*') {
    return matches_by_definition(name, pattern.substr(1)) ||
           (!name.empty() && matches_by_definition(name.substr(1), pattern));
  }
  return !name.empty() && (pattern[0] == '?' || pattern[0] == name[0]) &&
         matches_by_definition(name.substr(1), pattern.substr(1));
}

RC_GTEST_PROP(NamePattern, EqualsItsDefinition, ()) {
  const auto text = [](auto letters) {
    return *rc::gen::container<std::string>(*rc::gen::inRange<std::size_t>(0, 12), std::move(letters));
  };
  const std::string name = text(rc::gen::element('a', 'b'));
  const std::string pattern = text(rc::gen::element('a', 'b', '*', '?'));
  RC_ASSERT(matches(name, pattern) == matches_by_definition(name, pattern));
}

}  // namespace
}  // namespace tiercut::scenarios
