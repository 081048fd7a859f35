// SPDX-License-Identifier: Apache-2.0
#include "runtime/agent/announcement.hpp"

namespace tiercut::runtime {

struct Announcement::State {};

Announcement::Announcement(const std::string&, int, std::function<void(const std::string&)>) {}
Announcement::~Announcement() = default;

}  // namespace tiercut::runtime
