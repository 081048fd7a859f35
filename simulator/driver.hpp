// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "simulator/compiled_graph.hpp"

namespace tiercut::simulator {

/// What moves the clock of a simulation: activities that take time, and wake-up calls. Activities carry no latency, and
/// one unit or fifo link runs at most one at a time. The engine `fast` needs none: its clock is its next event.
class Driver {
 public:
  /// What a driver reports, always from inside run().
  struct Listener {
    virtual void on_work_done(int copy) = 0;
    virtual void on_flow_done(int flow) = 0;
    virtual void on_wake() = 0;
    virtual ~Listener() = default;
  };

  virtual ~Driver() = default;

  /// Whether units and fifo links are the driver's; else start_work is never called, and wake-up calls stand for it.
  virtual bool runs_work() const = 0;
  virtual double clock() const = 0;  ///< seconds

  /// Occupies a unit or fifo link from now until `end`; false, and nothing happens, when that is nearer than the clock
  /// can tell apart.
  virtual bool start_work(int copy, Instant end) = 0;
  /// Ends such work before its time; nothing is reported of it.
  virtual void cancel_work(int copy) = 0;
  /// Sends bytes over the links of a route of the graph, in fair shares with others. `flow`: free, chosen by the
  /// caller, small.
  virtual void start_flow(int flow, int route, Bytes size) = 0;
  /// Ends a flow before its time; nothing is reported of it.
  virtual void cancel_flow(int flow) = 0;
  /// A flow stands still, and takes no share, until it is resumed.
  virtual void hold_flow(int flow) = 0;
  virtual void resume_flow(int flow) = 0;
  /// Reports on_wake when the clock has reached `date`. An earlier call may come in its place: ask again then.
  virtual void wake_at(double date) = 0;

  /// Until nothing is under way.
  virtual void run() = 0;
};

}  // namespace tiercut::simulator
