// SPDX-License-Identifier: Apache-2.0
#include "cli/interrupt.hpp"

#include <signal.h>
#include <unistd.h>

#include "cli/verb.hpp"

namespace tiercut::cli {

namespace {

// What a signal handler may touch: a flag each, written with single stores.
volatile bool is_stop_asked = false;
volatile bool is_interruptible = false;

extern "C" void on_interrupt(int) {
  if (is_interruptible && !is_stop_asked) {
    is_stop_asked = true;
    return;
  }
  ::_exit(static_cast<int>(ExitStatus::interrupted));
}

}  // namespace

void handle_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

Interruptible::Interruptible() { is_interruptible = true; }
Interruptible::~Interruptible() { is_interruptible = false; }
const volatile bool* Interruptible::stop() const { return &is_stop_asked; }

}  // namespace tiercut::cli
