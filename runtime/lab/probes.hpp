// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/diagnostic.hpp"
#include "core/units.hpp"
#include "runtime/lab/lab.hpp"

/// Measurements from one device of a lab to another with plain sockets: what the lab's links really do.
namespace tiercut::lab {

struct OneWay {
  std::vector<double> seconds;  ///< of the datagrams that came, by the kernel's clock at arrival
  std::size_t sent = 0;
};
/// Datagrams with `payload` bytes at equal intervals. Fails with lab-probe-failed, as all here.
Result<OneWay> measure_one_way(const Lab& lab, std::size_t from, std::size_t to, std::size_t count, Seconds interval,
                               std::size_t payload = 64);

/// Datagrams sent back at once; seconds, of those that returned.
Result<std::vector<double>> measure_round_trips(const Lab& lab, std::size_t from, std::size_t to, std::size_t count,
                                                Seconds interval);

/// Bytes a second that a TCP connection delivers, after `warm_up`.
Result<BytesPerSecond> measure_bulk(const Lab& lab, std::size_t from, std::size_t to, Seconds warm_up,
                                    Seconds duration);

/// A request of so many bytes, an answer of 100: seconds from send to answer, TCP_NODELAY.
enum class Connection {
  first,      ///< the first message of its connection, a connection each
  busy,       ///< one after another on one connection, after eight to warm up
  after_idle  ///< on one connection, a second of silence before each
};
Result<std::vector<double>> measure_exchange(const Lab& lab, std::size_t from, std::size_t to, std::size_t bytes,
                                             std::size_t count, Connection connection);

}  // namespace tiercut::lab
