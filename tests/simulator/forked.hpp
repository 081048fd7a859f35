// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <type_traits>
#include <vector>

#include "simulator/simulator.hpp"

/// One process can run one simulation; a test that needs several runs each in a child and reads the result from a pipe.
namespace tiercut::testing {

namespace forked_detail {

/// Values one after the other, as this very program lays them out in memory.
class Bag {
 public:
  Bag() = default;
  explicit Bag(std::string bytes) : bytes_(std::move(bytes)) {}
  const std::string& bytes() const { return bytes_; }

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
  visit(r.latency_by_exit_s), visit(r.total_terms), visit(r.duration), visit(r.engine), visit(r.engine_version);
  visit(r.network_model), visit(r.seed), visit(r.is_interrupted);
}
template <class Report, class Visit>
void for_each_report_field(Report& r, Visit visit) {
  visit(r.name), visit(r.is_link), visit(r.utilisation), visit(r.busy), visit(r.served), visit(r.payload);
  visit(r.control), visit(r.lost);
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
    auto result = simulator::simulate(graph, options, [&](const simulator::Record& r) { records.push_back(r); });
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
  } catch (const std::exception& error) {
    bag.put(false);
    bag.put(std::string("broken-invariant"));
    bag.put(std::string(error.what()));
  }
  return bag.bytes();
}

}  // namespace forked_detail

/// simulate() in a child. Its first diagnostic comes back; an exception as `broken-invariant`, a child that died as
/// `child-died`. `bytes` (may be null): everything measured, to compare runs.
inline Result<simulator::SimulationResult> simulate_forked(const deployment::StageGraph& graph,
                                                           const simulator::Options& options,
                                                           std::vector<simulator::Record>* records = nullptr,
                                                           std::string* bytes = nullptr) {
  namespace detail = forked_detail;
  int ends[2];
  if (::pipe(ends) != 0) return fail("child-died", "no pipe");
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child < 0) return fail("child-died", "no child");
  if (child == 0) {
    ::close(ends[0]);
    detail::write_all(ends[1], detail::simulate_to_bytes(graph, options));
    ::_exit(0);
  }
  ::close(ends[1]);
  detail::Bag bag(detail::read_all(ends[0]));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (status != 0) return fail("child-died", "the child ended with status " + std::to_string(status));
  if (bytes != nullptr) *bytes = bag.bytes();

  bool is_there = false;
  bag.get(is_there);
  if (!is_there) {
    std::string code, message;
    bag.get(code);
    bag.get(message);
    return fail(code, message);
  }
  simulator::SimulationResult result;
  detail::for_each_field(result, [&](auto& field) { bag.get(field); });
  std::size_t resources = 0;
  bag.get(resources);
  for (std::size_t i = 0; i < resources; ++i) {
    detail::for_each_report_field(result.resources.emplace_back(), [&](auto& field) { bag.get(field); });
  }
  std::vector<simulator::Record> read;
  bag.get(read);
  if (records != nullptr) *records = std::move(read);
  return result;
}

}  // namespace tiercut::testing
