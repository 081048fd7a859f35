// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <thread>

#include "runtime/lab/owned_fd.hpp"

/// Private to the lab.
namespace tiercut::lab {

/// Tells whoever asks (root on this machine only) how to get in: a socket without a file, named after this process.
class Door {
 public:
  /// `plan`: what is told, one JSON text. A door that cannot be opened is none: the lab works without.
  explicit Door(std::string plan);
  ~Door();
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;

 private:
  void serve();
  std::string plan_;
  OwnedFd socket_, stop_;
  std::thread thread_;
};

}  // namespace tiercut::lab
