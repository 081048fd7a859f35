// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/verb.hpp"
#include "core/diagnostic.hpp"

namespace tiercut::cli {

/// What follows the verb on the command line. Fails with bad-usage (every slip at once), with did-you-mean.
Result<Arguments> parse(const Verb& verb, const std::vector<std::string>& words);

/// bad-usage for a word that is no verb.
Diagnostics unknown_verb(const std::string& word);

}  // namespace tiercut::cli
