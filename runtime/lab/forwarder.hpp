// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "runtime/lab/forwarder_report.hpp"
#include "runtime/lab/layout.hpp"
#include "runtime/lab/owned_fd.hpp"

/// Private to the lab.
namespace tiercut::lab {

/// Carries packets between TUN devices on a thread of its own: read, keep until its time, write. It sleeps until
/// 60 us before a departure and watches the clock for the rest, under real-time priority where that is allowed.
class Forwarder {
 public:
  /// `tuns`: one a node of the layout, non-blocking, with virtio headers.
  Forwarder(const Layout& layout, std::vector<OwnedFd> tuns, const Options& options);
  ~Forwarder();
  Forwarder(const Forwarder&) = delete;
  Forwarder& operator=(const Forwarder&) = delete;
  ForwarderReport report() const;

 private:
  class Worker;
  std::unique_ptr<Worker> worker_;
};

}  // namespace tiercut::lab
