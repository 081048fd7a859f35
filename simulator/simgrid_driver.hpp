// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "simulator/compiled_graph.hpp"

namespace tiercut::simulator {

/// SimGrid under a narrow interface: a clock that moves by activities and wake-up calls. Activities carry no latency
/// and one unit or fifo link runs at most one at a time. Only one driver can ever be made in a process.
class SimgridDriver {
 public:
  /// What SimGrid reports, always from inside run().
  struct Listener {
    virtual void on_work_done(int copy) = 0;
    virtual void on_flow_done(int flow) = 0;
    virtual void on_wake() = 0;
    virtual ~Listener() = default;
  };

  SimgridDriver(const CompiledGraph& graph, Listener& listener);
  ~SimgridDriver();
  SimgridDriver(const SimgridDriver&) = delete;
  SimgridDriver& operator=(const SimgridDriver&) = delete;

  static bool was_used();  ///< in this process

  double clock() const;  ///< seconds

  /// Occupies a unit (an Exec) or fifo link (a Comm) from now until `end`; false, and nothing happens, when that is
  /// nearer than the clock can tell apart.
  bool start_work(int copy, Instant end);
  /// Sends bytes over the links of a route of the graph, in fair shares with others. `flow`: free, chosen by the
  /// caller, small.
  void start_flow(int flow, int route, Bytes size);
  /// Reports on_wake when the clock has reached `date`. An earlier call may come in its place: ask again then.
  void wake_at(double date);

  /// Until nothing is under way.
  void run();

  static std::string version();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace tiercut::simulator
