// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "simulator/driver.hpp"

namespace tiercut::simulator {

/// SimGrid as the clock. With `runs_work`, compute is an Exec and a transmission over a fifo link a Comm, so that
/// SimGrid's energy, load and traces see them; without, only flows in fair shares are SimGrid's and all else is its
/// timers. Only one driver can ever be made in a process.
class SimgridDriver : public Driver {
 public:
  SimgridDriver(const CompiledGraph& graph, bool runs_work, Listener& listener);
  ~SimgridDriver() override;
  SimgridDriver(const SimgridDriver&) = delete;
  SimgridDriver& operator=(const SimgridDriver&) = delete;

  static bool was_used();  ///< in this process
  static std::string version();

  bool runs_work() const override;
  double clock() const override;
  bool start_work(int copy, Instant end) override;
  void cancel_work(int copy) override;
  void start_flow(int flow, int route, Bytes size) override;
  void cancel_flow(int flow) override;
  void hold_flow(int flow) override;
  void resume_flow(int flow) override;
  void wake_at(double date) override;
  void run() override;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace tiercut::simulator
