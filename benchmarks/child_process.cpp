// SPDX-License-Identifier: Apache-2.0
#include "benchmarks/child_process.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <ctime>

namespace tiercut::benchmarks {

namespace {

/// Of this process, which has one thread: unlike wall time it hardly minds what else the machine does.
double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

}  // namespace

Outcome in_child(const std::function<double()>& work) {
  int ends[2];
  Outcome outcome;
  if (pipe(ends) != 0) return outcome;
  const pid_t child = fork();
  if (child == 0) {
    const double start = cpu_seconds();
    outcome.value = work();
    outcome.seconds = cpu_seconds() - start;
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    outcome.peak_mebibytes = static_cast<double>(usage.ru_maxrss) / 1024;
    const ssize_t written = write(ends[1], &outcome, sizeof outcome);
    _exit(written == sizeof outcome ? 0 : 1);
  }
  close(ends[1]);
  if (read(ends[0], &outcome, sizeof outcome) != sizeof outcome) outcome = {};
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return outcome;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

bool is_right(benchmark::State& state, const Outcome& outcome, double expected) {
  if (std::fabs(outcome.value - expected) < 1e-9) return true;
  state.SkipWithError("the mean latency is wrong");
  return false;
}

}  // namespace tiercut::benchmarks
