// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fstream>

#include "core/files.hpp"
#include "core/sha256.hpp"
#include "profiles/exit_trace.hpp"
#include "profiles/exit_trace_block.hpp"
#include "profiles/exit_trace_header.hpp"

namespace tiercut::profiles {
namespace {

constexpr std::string_view trace_hint = "the file is damaged: copy it again, or trace the model again";

/// The file, byte by byte into the hash.
class HashedFile {
 public:
  explicit HashedFile(std::string path) : path_(std::move(path)), stream_(path_, std::ios::binary) {}

  const std::string& path() const { return path_; }
  std::uint64_t offset() const { return offset_; }

  /// Fewer bytes at the file's end. `is_hashed`: false for the hash itself.
  std::string take(std::size_t count, bool is_hashed = true) {
    std::string bytes(count, '\0');
    stream_.read(bytes.data(), static_cast<std::streamsize>(count));
    bytes.resize(static_cast<std::size_t>(stream_.gcount()));
    offset_ += bytes.size();
    if (is_hashed) hash_.add(bytes);
    return bytes;
  }

  /// A line with its end; without one when the file or the allowance ends before it.
  std::string take_line(std::size_t most) {
    std::string line;
    for (char c = 0; line.size() < most && c != '\n' && stream_.get(c);) line += c;
    offset_ += line.size();
    hash_.add(line);
    return line;
  }

  std::array<unsigned char, 32> finish() { return hash_.finish(); }

  tl::unexpected<Diagnostics> bad(std::string message) const {
    return fail("bad-trace", fmt::format("'{}' at byte {}: {}", path_, offset_, message), std::string(trace_hint),
                {path_, 0, 0, {}});
  }

 private:
  std::string path_;
  std::ifstream stream_;
  Sha256 hash_;
  std::uint64_t offset_ = 0;
};

/// The header's text with its end line, or as much as there is.
std::string take_header(HashedFile& file) {
  std::string text;
  while (text.size() < largest_document_bytes) {
    const std::string line = file.take_line(largest_document_bytes - text.size());
    text += line;
    if (line == trace_header_end || !line.ends_with('\n')) break;
  }
  return text;
}

Result<TraceHeader> read_header(HashedFile& file) {
  const std::string first_line = fmt::format("schema: {}\n", trace_schema);
  std::string text = take_header(file);
  if (!text.starts_with(first_line)) {
    const std::string line = text.substr(0, std::min<std::size_t>(text.find('\n'), 60));
    const bool is_other_version = line.starts_with("schema: tiercut/exits/");
    return fail("bad-trace",
                is_other_version ? "'" + file.path() + "' is an exit trace of another version: `" + line + "`"
                                 : "'" + file.path() + "' is no exit trace",
                fmt::format("a trace begins with `schema: {}`; `tiercut train` writes them", trace_schema),
                {file.path(), 1, 1, {}});
  }
  if (!text.ends_with(std::string("\n").append(trace_header_end))) return file.bad("the header has no end");
  const std::string sizes = file.take(8);
  if (sizes.size() < 8) return file.bad("the file ends in its header");
  if (little_endian_from(sizes) != text.size() ||
      little_endian_from(std::string_view(sizes).substr(4)) != crc32_of(text))
    return file.bad("the header's checksum is wrong");
  return parse_header(std::move(text), file.path());
}

}  // namespace

struct ExitTraceReader::State {
  HashedFile file;
  TraceHeader header;
  std::uint64_t calibration = 0, test = 0;  // seen so far
  bool is_done = false;

  Result<void> finish(const BlockFrame& frame) {
    if (frame.compressed_bytes != 0 || frame.checksum != frame.checksum_with({})) return file.bad("the end is damaged");
    if (calibration != header.calibration || test != header.test)
      return file.bad(fmt::format("{} calibration and {} test samples, {} and {} by its header", calibration, test,
                                  header.calibration, header.test));
    const auto hash = file.finish();
    const std::string_view wanted(reinterpret_cast<const char*>(hash.data()), hash.size());
    const std::string found = file.take(hash.size(), false);
    if (found.size() < wanted.size()) return file.bad("the file ends in its SHA-256");
    if (found != wanted) return file.bad("the SHA-256 is not that of the file");
    if (!file.take(1, false).empty()) return file.bad("something follows after the trace's end");
    is_done = true;
    return {};
  }

  Result<void> read_block(const BlockFrame& frame, ExitTrace& block) {
    const std::size_t answers = header.trace.answers.size();
    if (frame.samples > samples_a_block || frame.compressed_bytes > most_compressed_bytes(answers, frame.samples))
      return file.bad("this is no block of samples");
    const std::string compressed = file.take(frame.compressed_bytes);
    if (compressed.size() < frame.compressed_bytes) return file.bad("the file ends within a block");
    if (const auto decoded = decode_block(frame, compressed, block); !decoded)
      return file.bad("the block before: " + decoded.error().front().message);
    for (const TracePart part : block.parts) ++(part == TracePart::test ? test : calibration);
    return {};
  }
};

ExitTraceReader::ExitTraceReader() = default;
ExitTraceReader::ExitTraceReader(ExitTraceReader&&) noexcept = default;
ExitTraceReader& ExitTraceReader::operator=(ExitTraceReader&&) noexcept = default;
ExitTraceReader::~ExitTraceReader() = default;

Result<ExitTraceReader> ExitTraceReader::open(const std::string& path) {
  // Core knows why a file cannot be read; one that can is merely larger than nothing.
  if (const auto probe = read_file(path, 0); !probe && probe.error().front().code != "file-too-large")
    return tl::unexpected(probe.error());
  HashedFile file(path);
  auto header = read_header(file);
  if (!header) return tl::unexpected(std::move(header.error()));
  ExitTraceReader reader;
  reader.state_ = std::make_unique<State>(State{std::move(file), std::move(*header)});
  return reader;
}

const ExitTrace& ExitTraceReader::header() const { return state_->header.trace; }
std::uint64_t ExitTraceReader::samples() const { return state_->header.samples(); }

Result<ExitTrace> ExitTraceReader::next() {
  ExitTrace block = state_->header.trace;
  if (state_->is_done) return block;
  const std::string bytes = state_->file.take(BlockFrame::size);
  if (bytes.size() < BlockFrame::size) return state_->file.bad("the file ends before its last block");
  const BlockFrame frame = BlockFrame::from(bytes);
  const auto read = frame.samples == 0 ? state_->finish(frame) : state_->read_block(frame, block);
  if (!read) return tl::unexpected(read.error());
  return block;
}

Result<std::shared_ptr<const ExitTrace>> read_exit_trace(const std::string& path) {
  auto reader = ExitTraceReader::open(path);
  if (!reader) return tl::unexpected(std::move(reader.error()));
  auto trace = std::make_shared<ExitTrace>(reader->header());
  trace->scores.resize(trace->answers.size());
  while (true) {
    const auto block = reader->next();
    if (!block) return tl::unexpected(block.error());
    if (block->size() == 0) return trace;
    trace->ids.insert(trace->ids.end(), block->ids.begin(), block->ids.end());
    trace->labels.insert(trace->labels.end(), block->labels.begin(), block->labels.end());
    trace->parts.insert(trace->parts.end(), block->parts.begin(), block->parts.end());
    for (std::size_t i = 0; i < trace->scores.size(); ++i)
      trace->scores[i].insert(trace->scores[i].end(), block->scores[i].begin(), block->scores[i].end());
  }
}

}  // namespace tiercut::profiles
