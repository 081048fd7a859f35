// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

namespace tiercut::runtime {

/// Announces an agent as long as it lives. Where no daemon runs it says so once and does nothing.
class Announcement {
 public:
  Announcement(const std::string& name, int port, std::function<void(const std::string&)> log);
  ~Announcement();
  Announcement(const Announcement&) = delete;
  Announcement& operator=(const Announcement&) = delete;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tiercut::runtime
