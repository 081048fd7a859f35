// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tiercut::cli {

/// From here on an interrupt (SIGINT, SIGTERM) ends the process with status 130 at once, as no output is ever half
/// written; within the life of an Interruptible it only asks to stop, and a second one ends at once.
void handle_interrupts();

/// A piece of work that ends early when asked to, so that it can clean up.
class Interruptible {
 public:
  Interruptible();
  ~Interruptible();
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;

  const volatile bool* stop() const;
  bool is_interrupted() const { return *stop(); }
};

}  // namespace tiercut::cli
