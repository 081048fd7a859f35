// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "simulator/simgrid_simulator.hpp"

/// One process can run one simulation on SimGrid; a test that needs several runs each in a child and reads the result
/// from a pipe.
namespace tiercut::testing {

namespace forked_detail {

template <class Record, class Visit>
void for_each_record_field(Record& r, Visit visit) {
  visit(r.sample), visit(r.member), visit(r.arrival), visit(r.latency), visit(r.answered_by), visit(r.terms);
  visit(r.is_right), visit(r.ending), visit(r.cause), visit(r.is_fallback);
}

/// Values one after the other, as this very program lays them out in memory.
class Bag {
 public:
  Bag() = default;
  explicit Bag(std::string bytes) : bytes_(std::move(bytes)) {}
  const std::string& bytes() const { return bytes_; }
  std::size_t at() const { return at_; }

  template <class T>
  void put(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void put(const std::string& text) {
    put(text.size());
    bytes_ += text;
  }
  template <class T>
  void put(const std::optional<T>& value) {  // not the bytes of an empty one
    put(value.has_value());
    put(value.value_or(T{}));
  }
  void put(const simulator::Unanswered& part) {
    put(part.ending);
    put(part.why);
    put(part.samples);
  }
  void put(const simulator::Record& record) {  // not its padding
    for_each_record_field(record, [this](const auto& field) { put(field); });
  }
  template <class T>
  void put(const std::vector<T>& values) {
    put(values.size());
    for (const auto& value : values) put(value);
  }
  template <class T>
  void get(T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::memcpy(&value, bytes_.data() + at_, sizeof value);
    at_ += sizeof value;
  }
  void get(std::string& text) {
    std::size_t size = 0;
    get(size);
    text = bytes_.substr(at_, size);
    at_ += size;
  }
  template <class T>
  void get(std::optional<T>& value) {
    bool is_there = false;
    T there{};
    get(is_there);
    get(there);
    value = is_there ? std::optional(there) : std::nullopt;
  }
  void get(simulator::Unanswered& part) {
    get(part.ending);
    get(part.why);
    get(part.samples);
  }
  void get(simulator::Record& record) {
    for_each_record_field(record, [this](auto& field) { get(field); });
  }
  template <class T>
  void get(std::vector<T>& values) {
    std::size_t size = 0;
    get(size);
    values.resize(size);
    for (auto& value : values) get(value);
  }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
};

template <class Result, class Visit>
void for_each_field(Result& r, Visit visit) {
  visit(r.samples), visit(r.warm_up), visit(r.latency_s), visit(r.mean_standard_error_s), visit(r.answered_by);
  visit(r.latency_by_exit_s), visit(r.total_terms), visit(r.duration), visit(r.seed);
  visit(r.is_interrupted), visit(r.right), visit(r.percentile_error), visit(r.unanswered), visit(r.fallbacks);
}
/// What differs from engine to engine.
template <class Result, class Visit>
void for_each_name(Result& r, Visit visit) {
  visit(r.engine), visit(r.engine_version), visit(r.network_model);
}
template <class Report, class Visit>
void for_each_report_field(Report& r, Visit visit) {
  visit(r.name), visit(r.is_link), visit(r.utilisation), visit(r.busy), visit(r.served), visit(r.payload);
  visit(r.control), visit(r.lost), visit(r.dropped);
}

inline void write_all(int pipe, const std::string& bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t n = ::write(pipe, bytes.data() + done, bytes.size() - done);
    if (n <= 0) ::_exit(70);
    done += static_cast<std::size_t>(n);
  }
}

inline std::string read_all(int pipe) {
  std::string bytes;
  char block[65536];
  for (ssize_t n; (n = ::read(pipe, block, sizeof block)) > 0;) bytes.append(block, static_cast<std::size_t>(n));
  return bytes;
}

inline std::string simulate_to_bytes(const deployment::StageGraph& graph, const simulator::Options& options) {
  Bag bag;
  try {
    std::vector<simulator::Record> records;
    auto result =
        simulator::simulate_with_simgrid(graph, options, [&](const simulator::Record& r) { records.push_back(r); });
    bag.put(result.has_value());
    if (!result) {
      bag.put(result.error().front().code);
      bag.put(result.error().front().message);
      return bag.bytes();
    }
    for_each_field(*result, [&](const auto& field) { bag.put(field); });
    bag.put(result->resources.size());
    for (auto& report : result->resources) {
      for_each_report_field(report, [&](const auto& field) { bag.put(field); });
    }
    bag.put(records);
    for_each_name(*result, [&](const auto& field) { bag.put(field); });
  } catch (const std::exception& error) {
    bag.put(false);
    bag.put(std::string("broken-invariant"));
    bag.put(std::string(error.what()));
  }
  return bag.bytes();
}

struct ChildRun {
  std::string bytes;
  std::size_t names_at = 0;  // where what differs from engine to engine begins
  std::vector<simulator::Record> records;
};

inline Result<simulator::SimulationResult> simulate_in_child(const deployment::StageGraph& graph,
                                                             const simulator::Options& options, ChildRun& run) {
  int ends[2];
  if (::pipe(ends) != 0) return fail("child-died", "no pipe");
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child < 0) return fail("child-died", "no child");
  if (child == 0) {
    ::close(ends[0]);
    write_all(ends[1], simulate_to_bytes(graph, options));
    ::_exit(0);
  }
  ::close(ends[1]);
  run.bytes = read_all(ends[0]);
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (status != 0) return fail("child-died", "the child ended with status " + std::to_string(status));

  Bag bag(run.bytes);
  bool is_there = false;
  bag.get(is_there);
  if (!is_there) {
    std::string code, message;
    bag.get(code);
    bag.get(message);
    return fail(code, message);
  }
  simulator::SimulationResult result;
  for_each_field(result, [&](auto& field) { bag.get(field); });
  std::size_t resources = 0;
  bag.get(resources);
  for (std::size_t i = 0; i < resources; ++i) {
    for_each_report_field(result.resources.emplace_back(), [&](auto& field) { bag.get(field); });
  }
  bag.get(run.records);
  run.names_at = bag.at();
  for_each_name(result, [&](auto& field) { bag.get(field); });
  return result;
}

/// Where two runs part, in words.
inline std::string difference(const ChildRun& a, const ChildRun& b) {
  for (std::size_t i = 0; i < std::min(a.records.size(), b.records.size()); ++i) {
    const auto &x = a.records[i], &y = b.records[i];
    Bag bag_of_x, bag_of_y;
    bag_of_x.put(x);
    bag_of_y.put(y);
    if (bag_of_x.bytes() == bag_of_y.bytes()) continue;
    return "record " + std::to_string(i) + " is of sample " + std::to_string(x.sample) + ", " +
           std::to_string(x.latency.picoseconds()) + " ps, against sample " + std::to_string(y.sample) + ", " +
           std::to_string(y.latency.picoseconds()) + " ps";
  }
  if (a.records.size() != b.records.size()) {
    return std::to_string(a.records.size()) + " records against " + std::to_string(b.records.size());
  }
  return "the records are the same, the figures are not";
}

}  // namespace forked_detail

/// A simulation in a child, on the engine of the options. Where they leave that open: on simgrid, and unless links are
/// shared fairly the other two engines must measure exactly the same, each record, term and figure (else
/// engines-differ). Its first diagnostic comes back; an exception as `broken-invariant`, a child that died as
/// `child-died`. `bytes` (may be null): everything measured, to compare runs.
inline Result<simulator::SimulationResult> simulate_forked(const deployment::StageGraph& graph,
                                                           simulator::Options options,
                                                           std::vector<simulator::Record>* records = nullptr,
                                                           std::string* bytes = nullptr) {
  namespace detail = forked_detail;
  using simulator::Engine;
  const bool is_open = options.engine == Engine::automatic;
  if (is_open) options.engine = Engine::simgrid;
  detail::ChildRun run;
  auto result = detail::simulate_in_child(graph, options, run);
  if (is_open && result && *simulator::engine_for(graph, Engine::automatic) == Engine::fast) {
    for (const Engine other : {Engine::simgrid_timers, Engine::fast}) {
      detail::ChildRun other_run;
      options.engine = other;
      const auto other_result = detail::simulate_in_child(graph, options, other_run);
      if (!other_result) return other_result;
      if (other_run.bytes.substr(0, other_run.names_at) == run.bytes.substr(0, run.names_at)) continue;
      return fail("engines-differ", "simgrid and " + other_result->engine + ": " + detail::difference(run, other_run));
    }
  }
  if (records != nullptr) *records = std::move(run.records);
  if (bytes != nullptr) *bytes = std::move(run.bytes);
  return result;
}

/// Runs a test's checks in a child, which may use SimGrid up; failed checks there fail here.
inline void expect_in_child(const std::function<void()>& checks) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    checks();
    std::fflush(nullptr);
    ::_exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0) << "checks failed in a child";
}

}  // namespace tiercut::testing
