// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/diagnostic.hpp"
#include "model/model.hpp"
#include "profiles/provenance.hpp"

namespace tiercut::profiles {

/// One answer that a trace records: of an exit or of the model's output, with all devices there or some lost.
struct TracedAnswer {
  std::string exit;                    ///< name of the exit, or `final`
  std::vector<int> answers;            ///< classes of the branch that it may answer with; never empty
  std::vector<int> class_map;          ///< branch class -> model class, -1 for none
  std::vector<std::string> lost = {};  ///< input layers whose device is lost; empty: all are there
};

/// What one answer said of one sample.
struct TracedScore {
  int predicted = 0;  ///< class of the branch
  float normalized_entropy = 0, max_probability = 0, margin = 0;

  double confidence(model::Confidence measure) const;
};

/// Whether an exit is sure enough to answer, compared in float64: normalised entropy at most the threshold, the two
/// other measures at least (DDNN III-D; DESIGN.md, Exit).
bool is_confident(model::Confidence measure, double confidence, double threshold);

enum class TracePart { calibration, test };

/// What a trained model's exits said of samples whose class is known. Kept in memory column by column; a file of
/// 10,000 samples with five exits is well under 2 MB.
struct ExitTrace {
  std::string name;
  std::string model;                                                  ///< name of the model
  std::string data;                                                   ///< data set, and which part of it
  int classes = 0;                                                    ///< of the model
  model::Confidence measure = model::Confidence::normalized_entropy;  ///< what exits are asked by unless told otherwise
  std::vector<TracedAnswer> answers;  ///< exits in the order in which they are asked, then `final`; then with losses
  std::vector<std::uint32_t> ids;     ///< of samples in the data set
  std::vector<int> labels;
  std::vector<TracePart> parts;
  std::vector<std::vector<TracedScore>> scores;  ///< [answer][sample]
  Provenance provenance;                         ///< data set, seed, epochs, command

  std::size_t size() const { return labels.size(); }
  /// Index of an exit's (or `final`'s) answer with these inputs lost; -1 when it was not recorded.
  int find(std::string_view exit, std::span<const std::string> lost = {}) const;
  /// The model class that the answer gives, -1 where its class maps to none.
  int answer_of(std::size_t answer, std::size_t sample) const;
  bool is_right(std::size_t answer, std::size_t sample) const;
  /// Whether the exit may answer with the class it predicts.
  bool may_answer(std::size_t answer, std::size_t sample) const;
};

/// The file format `tiercut/exits/1` (profiles/README.md): a YAML header that people can read, then blocks of samples,
/// compressed, each with a checksum, and a SHA-256 over all. Whole or not at all.
Result<void> write_exit_trace(const std::string& path, const ExitTrace& trace);

/// Fails with file-not-found, bad-trace (another kind or version, truncated, checksum, label or class out of range).
Result<std::shared_ptr<const ExitTrace>> read_exit_trace(const std::string& path);

/// Reads the header and then blocks one by one, for traces that do not fit in memory.
class ExitTraceReader {
 public:
  static Result<ExitTraceReader> open(const std::string& path);
  ExitTraceReader(ExitTraceReader&&) noexcept;
  ExitTraceReader& operator=(ExitTraceReader&&) noexcept;
  ~ExitTraceReader();
  const ExitTrace& header() const;  ///< without samples
  std::uint64_t samples() const;
  /// The next samples, in the header's form; empty at the end.
  Result<ExitTrace> next();

 private:
  ExitTraceReader();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tiercut::profiles
