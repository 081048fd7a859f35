// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tiercut::study {

/// What the shards of a sweep on a cluster share. All paths are absolute, on a file system that all nodes see.
struct ClusterJob {
  std::string name;                    ///< of the study
  std::string program;                 ///< tiercut; the environment variable TIERCUT goes before it
  std::string study;                   ///< the file
  std::string out;                     ///< where the results go
  std::vector<std::string> options{};  ///< of the sweep: --seed, 7, ...
  std::int64_t shards = 8;
  std::int64_t workers = 1;  ///< processors a shard gets
};

/// A bash script that submits itself to Slurm: an array of one job a shard, and a job that gathers them when all are
/// done. A shard that is requeued goes on where it was.
std::string slurm_script(const ClusterJob& job);

/// A Snakefile: one rule for the shards, one that gathers them.
std::string snakemake_script(const ClusterJob& job);

}  // namespace tiercut::study
