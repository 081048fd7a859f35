// SPDX-License-Identifier: Apache-2.0
#include "study/cluster_script.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace tiercut::study {

namespace {

/// As one word of a POSIX shell.
std::string shell_word(const std::string& text) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-./:=,+@%").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

std::string shell_words(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += " " + shell_word(word);
  return text;
}

std::string python_text(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string extension_of(const std::string& out) { return std::filesystem::path(out).extension().string(); }

/// What is left of a name that Slurm takes.
std::string job_name(const std::string& name) {
  std::string plain;
  for (const char c : name) plain += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' ? c : '-';
  return plain;
}

}  // namespace

std::string slurm_script(const ClusterJob& job) {
  return fmt::format(R"(#!/bin/bash
# The sweep of study {name} in {shards} shards on Slurm: run `bash FILE` where sbatch is at hand.
# SBATCH_* variables choose the partition, account and time; what is interrupted goes on when it is submitted again.
set -euo pipefail
tiercut=${{TIERCUT:-{program}}}
study={study}
out={out}
parts=$out.shards

# Status 1 says that some points failed; their lines say why.
sweep() {{
  "$tiercut" sweep "$study" "$@"{options} --quiet >/dev/null || (($? == 1))
}}

case ${{1:-submit}} in
  submit)
    mkdir -p "$parts"
    shards=$(sbatch --parsable --job-name={job} --array=1-{shards} --cpus-per-task={workers} --requeue \
      --output="$parts/%a.log" "$0" shard)
    gather=$(sbatch --parsable --job-name={job}-gather --dependency="afterok:$shards" --cpus-per-task=1 \
      --output="$parts/gather.log" "$0" gather)
    echo "submitted shards as job $shards and gathering as job $gather; the results will be in $out"
    ;;
  shard)
    sweep --shard "$SLURM_ARRAY_TASK_ID/{shards}" --workers "${{SLURM_CPUS_PER_TASK:-1}}" \
      --out "$parts/$SLURM_ARRAY_TASK_ID{extension}"
    ;;
  gather)
    sweep "$parts"/*{extension} --gather --out "$out"
    ;;
esac
)",
                     fmt::arg("name", job.name), fmt::arg("job", job_name(job.name)), fmt::arg("shards", job.shards),
                     fmt::arg("program", shell_word(job.program)), fmt::arg("study", shell_word(job.study)),
                     fmt::arg("out", shell_word(job.out)), fmt::arg("options", shell_words(job.options)),
                     fmt::arg("workers", job.workers), fmt::arg("extension", extension_of(job.out)));
}

std::string snakemake_script(const ClusterJob& job) {
  // Braces are Snakemake's in its shell lines.
  std::string options = shell_words(job.options);
  for (std::size_t at = 0; (at = options.find_first_of("{}", at)) != std::string::npos; at += 2) {
    options.insert(at, 1, options[at]);
  }
  return fmt::format(R"(# The sweep of study {name} in {shards} shards: snakemake --snakefile FILE --cores all
# What is interrupted goes on when it is called again.
import os

TIERCUT = os.environ.get("TIERCUT", {program})
STUDY = {study}
OUT = {out}
SHARDS = {shards}


# Status 1 says that some points failed; their lines say why.
rule gather:
    input: expand(OUT + ".shards/{{shard}}{extension}", shard=range(1, SHARDS + 1))
    output: OUT
    params: tiercut=TIERCUT, study=STUDY
    shell:
        "{{params.tiercut:q}} sweep {{params.study:q}} {{input:q}} --gather --out {{output:q}}"
        {option_text} " --quiet >/dev/null || [ $? -eq 1 ]"


rule shard:
    output: OUT + ".shards/{{shard}}{extension}"
    params: tiercut=TIERCUT, study=STUDY, shards=SHARDS
    threads: {workers}
    shell:
        "{{params.tiercut:q}} sweep {{params.study:q}} --shard {{wildcards.shard}}/{{params.shards}}"
        " --workers {{threads}} --out {{output:q}}"
        {option_text} " --quiet >/dev/null || [ $? -eq 1 ]"
)",
                     fmt::arg("name", job.name), fmt::arg("shards", job.shards),
                     fmt::arg("program", python_text(job.program)), fmt::arg("study", python_text(job.study)),
                     fmt::arg("out", python_text(job.out)), fmt::arg("option_text", python_text(options)),
                     fmt::arg("workers", job.workers), fmt::arg("extension", extension_of(job.out)));
}

}  // namespace tiercut::study
