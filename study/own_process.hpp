// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace tiercut::study {

/// Writes all of it to a pipe; false when nobody reads any more.
bool write_all(int pipe, std::string_view bytes);

/// A child that dies with its parent, ignores SIGINT and SIGTERM (its parent tells it to stop), and ends with the
/// status that `work` returns; -1 when there can be none. Only from a process of one thread.
pid_t fork_worker(const std::function<int()>& work);

/// What a child makes, or nothing when it died before it was done; `why` then says how.
std::optional<std::string> in_own_process(const std::function<std::string()>& work, std::string& why);

/// Processors that this process may use, which a batch system may have limited.
int processors();

/// `ended by signal 9 (Killed)`, `ended with status 3`.
std::string end_text(int wait_status);

}  // namespace tiercut::study
