// SPDX-License-Identifier: Apache-2.0
#include "profiles/exit_trace.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "core/files.hpp"
#include "core/sha256.hpp"
#include "exit_trace_samples.hpp"
#include "profiles/exit_trace_block.hpp"
#include "profiles/exit_trace_header.hpp"

namespace tiercut::profiles {
namespace {

using ::testing::HasSubstr;
using testing::six_samples;
using testing::temporary_file;

/// A file that goes with its test.
class TraceFile {
 public:
  explicit TraceFile(const std::string& name) : path_(temporary_file(name)) {}
  ~TraceFile() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

  std::string bytes() const { return read_file(path_).value(); }
  void fill(const std::string& bytes) const { std::ofstream(path_, std::ios::binary) << bytes; }
  void fill(const ExitTrace& trace) const {
    const auto written = write_exit_trace(path_, trace);
    ASSERT_TRUE(written) << to_text(written.error());
  }

  /// The one diagnostic's message; empty when the trace is read after all.
  std::string defect() const {
    const auto read = read_exit_trace(path_);
    if (read) return {};
    EXPECT_EQ(read.error().front().code, "bad-trace");
    EXPECT_EQ(read.error().front().where.file, path_);
    return read.error().front().message;
  }

 private:
  std::string path_;
};

/// Header text and blocks sealed with right checksums, as a hostile writer would.
std::string sealed(const std::string& header, const std::string& blocks) {
  BlockFrame end;
  end.checksum = end.checksum_with({});
  std::string bytes = header + little_endian(static_cast<std::uint32_t>(header.size())) +
                      little_endian(crc32_of(header)) + blocks + end.bytes();
  Sha256 hash;
  hash.add(bytes);
  const auto digest = hash.finish();
  return bytes.append(reinterpret_cast<const char*>(digest.data()), digest.size());
}

std::string header_of(const ExitTrace& trace) {
  TraceHeader header{trace, 0, 0};
  for (const TracePart part : trace.parts) ++(part == TracePart::test ? header.test : header.calibration);
  return header_text(header);
}

bool is_same_bits(float a, float b) { return std::memcmp(&a, &b, sizeof a) == 0; }

void expect_same(const ExitTrace& a, const ExitTrace& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.model, b.model);
  EXPECT_EQ(a.data, b.data);
  EXPECT_EQ(a.classes, b.classes);
  EXPECT_EQ(a.measure, b.measure);
  EXPECT_EQ(a.provenance.how, b.provenance.how);
  EXPECT_EQ(a.provenance.origin, b.provenance.origin);
  EXPECT_EQ(a.provenance.error_factor, b.provenance.error_factor);
  ASSERT_EQ(a.answers.size(), b.answers.size());
  for (std::size_t i = 0; i < a.answers.size(); ++i) {
    EXPECT_EQ(a.answers[i].exit, b.answers[i].exit);
    EXPECT_EQ(a.answers[i].answers, b.answers[i].answers);
    EXPECT_EQ(a.answers[i].class_map, b.answers[i].class_map);
    EXPECT_EQ(a.answers[i].lost, b.answers[i].lost);
  }
  EXPECT_EQ(a.ids, b.ids);
  EXPECT_EQ(a.labels, b.labels);
  EXPECT_EQ(a.parts, b.parts);
  ASSERT_EQ(a.scores.size(), b.scores.size());
  for (std::size_t i = 0; i < a.scores.size(); ++i) {
    ASSERT_EQ(a.scores[i].size(), b.scores[i].size());
    for (std::size_t s = 0; s < a.scores[i].size(); ++s) {
      EXPECT_EQ(a.scores[i][s].predicted, b.scores[i][s].predicted);
      EXPECT_TRUE(is_same_bits(a.scores[i][s].normalized_entropy, b.scores[i][s].normalized_entropy));
      EXPECT_TRUE(is_same_bits(a.scores[i][s].max_probability, b.scores[i][s].max_probability));
      EXPECT_TRUE(is_same_bits(a.scores[i][s].margin, b.scores[i][s].margin));
    }
  }
}

/// Samples, with confidences that do not compress: the worst case for the size.
ExitTrace random_trace(std::size_t samples, int exits) {
  ExitTrace trace = six_samples();
  trace.answers.clear();
  trace.scores.clear();
  std::uint64_t state = 1;
  const auto next = [&] { return state = state * 6364136223846793005u + 1442695040888963407u; };
  const auto unit = [&] { return static_cast<float>(static_cast<double>(next() >> 11) * 0x1p-53); };
  trace.ids.resize(samples);
  trace.labels.resize(samples);
  trace.parts.resize(samples);
  for (std::size_t i = 0; i < samples; ++i) {
    trace.ids[i] = static_cast<std::uint32_t>(next() >> 32);
    trace.labels[i] = static_cast<int>((next() >> 33) % 3);
    trace.parts[i] = static_cast<TracePart>((next() >> 33) % 2);
  }
  for (int k = 0; k <= exits; ++k) {
    trace.answers.push_back(
        {.exit = k == exits ? "final" : "exit" + std::to_string(k), .answers = {0, 1, 2}, .class_map = {0, 1, 2}});
    auto& scores = trace.scores.emplace_back(samples);
    for (TracedScore& score : scores) score = {static_cast<int>((next() >> 33) % 3), unit(), unit(), unit()};
  }
  return trace;
}

TEST(ExitTrace, ReadsWhatWasWritten) {
  const TraceFile file("written.trace");
  ExitTrace trace = six_samples();
  trace.name = "quotes \" and \\ and a\nline, ....\n...\n# end";
  trace.provenance = {Origin::estimated, "ümläüt \t tab", 1.25};
  trace.measure = model::Confidence::margin;
  file.fill(trace);
  const auto read = read_exit_trace(file.path());
  ASSERT_TRUE(read) << to_text(read.error());
  expect_same(**read, trace);
}

TEST(ExitTrace, BeginsWithAHeaderForPeople) {
  const TraceFile file("header.trace");
  file.fill(six_samples());
  EXPECT_EQ(file.bytes().substr(0, file.bytes().find("\n...\n") + 5),
            "schema: tiercut/exits/1\n"
            "name: \"tests/six\"\n"
            "model: \"tests/three-exits\"\n"
            "data: \"made by hand\"\n"
            "classes: 3\n"
            "measure: normalized_entropy\n"
            "answers_where: at_most\n"
            "samples: {calibration: 2, test: 4}\n"
            "answers:\n"
            "  - {exit: \"little\", answers: [1], class_map: [none, 2]}\n"
            "  - {exit: \"local\", answers: [0, 1, 2], class_map: [0, 1, 2]}\n"
            "  - {exit: \"final\", answers: [0, 1, 2], class_map: [0, 1, 2]}\n"
            "  - {exit: \"local\", answers: [0, 1, 2], class_map: [0, 1, 2], lost: [\"camera1\"]}\n"
            "provenance:\n"
            "  origin: measured\n"
            "  how: \"written down by hand\"\n"
            "...\n");
}

TEST(ExitTrace, KnowsItsAnswers) {
  const ExitTrace trace = six_samples();
  EXPECT_EQ(trace.find("local"), 1);
  EXPECT_EQ(trace.find("local", std::vector<std::string>{"camera1"}), 3);
  EXPECT_EQ(trace.find("local", std::vector<std::string>{"camera2"}), -1);
  EXPECT_EQ(trace.find("final", std::vector<std::string>{"camera1"}), -1);
  EXPECT_EQ(trace.answer_of(0, 0), 2);   // branch class 1 is the model's 2
  EXPECT_EQ(trace.answer_of(0, 1), -1);  // the rest has no class
  EXPECT_TRUE(trace.is_right(0, 0));
  EXPECT_FALSE(trace.is_right(0, 1));
  EXPECT_TRUE(trace.may_answer(0, 0));
  EXPECT_FALSE(trace.may_answer(0, 1));
  EXPECT_EQ(trace.scores[0][3].confidence(model::Confidence::max_probability), 1 - 0.4f);
}

TEST(ExitTrace, AnyChangedByteIsAnError) {
  const TraceFile file("changed.trace");
  file.fill(six_samples());
  const std::string whole = file.bytes();
  ASSERT_LT(whole.size(), 2000u);
  std::fstream stream(file.path(), std::ios::binary | std::ios::in | std::ios::out);
  const auto set = [&](std::size_t at, char byte) {
    stream.seekp(static_cast<std::streamoff>(at));
    stream.put(byte);
    stream.flush();
  };
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const unsigned flip : {0x01u, 0x20u, 0x80u, 0xffu}) {
      set(at, static_cast<char>(static_cast<unsigned char>(whole[at]) ^ flip));
      EXPECT_NE(file.defect(), "") << "byte " << at << " ^ " << flip;
    }
    set(at, whole[at]);
  }
  EXPECT_EQ(file.defect(), "");
}

TEST(ExitTrace, AnyTruncationIsAnError) {
  const TraceFile file("truncated.trace");
  file.fill(six_samples());
  const std::string whole = file.bytes();
  file.fill(whole + '\0');
  EXPECT_THAT(file.defect(), HasSubstr("something follows"));
  for (std::size_t size = whole.size(); size-- > 0;) {
    std::filesystem::resize_file(file.path(), size);
    EXPECT_NE(file.defect(), "") << "cut to " << size << " bytes";
  }
}

TEST(ExitTrace, NamesWhatIsWrong) {
  const TraceFile file("named.trace");
  file.fill("P5 28 28");
  EXPECT_THAT(file.defect(), HasSubstr("is no exit trace"));
  file.fill("schema: tiercut/exits/2\nname: x\n...\n");
  EXPECT_THAT(file.defect(), HasSubstr("another version"));
  const auto missing = read_exit_trace(file.path() + ".absent");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().front().code, "file-not-found");
  const auto folder = read_exit_trace(std::filesystem::temp_directory_path().string());
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().front().code, "file-is-directory");
}

TEST(ExitTrace, RightChecksumsDoNotExcuseWrongContents) {
  const TraceFile file("sealed.trace");
  const ExitTrace trace = six_samples();
  const std::string blocks = encode_block(trace, 0, 6), header = header_of(trace);
  file.fill(sealed(header, blocks));
  EXPECT_EQ(file.defect(), "");

  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = header;
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    file.fill(sealed(text.replace(at, from.size(), to), blocks));
    return file.defect();
  };
  EXPECT_THAT(with("test: 4", "test: 5"), HasSubstr("4 test samples"));
  EXPECT_THAT(with("classes: 3", "classes: 2"), HasSubstr("maps to class 2"));
  EXPECT_THAT(with("answers: [1], class_map: [none, 2]", "answers: [0], class_map: [none, 2]"),
              HasSubstr("maps to none"));
  EXPECT_THAT(with("answers: [1], class_map: [none, 2]", "answers: [0], class_map: [2]"),
              HasSubstr("predicts class 1"));
  EXPECT_THAT(with("exit: \"final\"", "exit: \"last\""), HasSubstr("`final` is the last"));
  EXPECT_THAT(with("exit: \"little\"", "exit: \"local\""), HasSubstr("recorded twice"));
  EXPECT_THAT(with("at_most", "at_least"), HasSubstr("at or below"));
  EXPECT_THAT(with("classes: 3", "klasses: 3"), HasSubstr("`classes` is missing"));
  EXPECT_THAT(with("  - {exit: \"local\", answers: [0, 1, 2], class_map: [0, 1, 2], lost: [\"camera1\"]}\n", ""),
              HasSubstr("does not unpack"));
  file.fill(sealed(header, blocks + blocks));
  EXPECT_THAT(file.defect(), HasSubstr("4 calibration and 8 test samples"));
  file.fill(sealed(header, BlockFrame{70000, 0, 0}.bytes()));
  EXPECT_THAT(file.defect(), HasSubstr("no block of samples"));
}

TEST(ExitTrace, RefusesToWriteWhatItCouldNotRead) {
  const TraceFile file("refused.trace");
  const auto defect_when = [&](auto change) {
    ExitTrace trace = six_samples();
    change(trace);
    const auto written = write_exit_trace(file.path(), trace);
    EXPECT_FALSE(std::filesystem::exists(file.path()));
    return written ? std::string() : written.error().front().message;
  };
  EXPECT_THAT(defect_when([](ExitTrace& t) { t.labels[3] = 3; }), HasSubstr("sample 40: label 3"));
  EXPECT_THAT(defect_when([](ExitTrace& t) { t.scores[1][0].predicted = -1; }),
              HasSubstr("sample 10: `local` predicts class -1"));
  EXPECT_THAT(defect_when([](ExitTrace& t) { t.scores[2][5].margin = std::nanf(""); }),
              HasSubstr("sample 7: `final` has confidence nan"));
  EXPECT_THAT(defect_when([](ExitTrace& t) { t.scores[2].pop_back(); }), HasSubstr("different lengths"));
  EXPECT_THAT(defect_when([](ExitTrace& t) { t.name = "\xff"; }), HasSubstr("UTF-8"));
  EXPECT_THAT(defect_when([](ExitTrace& t) { t.answers[0].answers.clear(); }), HasSubstr("header"));
}

TEST(ExitTrace, StreamsBlockByBlock) {
  const TraceFile file("streamed.trace");
  const ExitTrace trace = random_trace(10'000, 2);
  file.fill(trace);
  auto reader = ExitTraceReader::open(file.path());
  ASSERT_TRUE(reader) << to_text(reader.error());
  EXPECT_EQ(reader->samples(), 10'000u);
  EXPECT_EQ(reader->header().size(), 0u);
  EXPECT_EQ(reader->header().model, trace.model);
  std::vector<std::size_t> sizes;
  std::size_t first = 0;
  while (true) {
    const auto block = reader->next();
    ASSERT_TRUE(block) << to_text(block.error());
    sizes.push_back(block->size());
    if (block->size() == 0) break;
    EXPECT_EQ(block->ids.back(), trace.ids[first + block->size() - 1]);
    first += block->size();
  }
  EXPECT_EQ(sizes, (std::vector<std::size_t>{4096, 4096, 1808, 0}));
  ASSERT_TRUE(reader->next());
}

TEST(ExitTrace, TenThousandSamplesOfFiveExitsStaySmall) {
  const TraceFile file("small.trace");
  const ExitTrace trace = random_trace(10'000, 5);
  file.fill(trace);
  // 7 bytes a sample and 14 an answer, uncompressed: 910 kB; random confidences hardly get smaller.
  EXPECT_LT(std::filesystem::file_size(file.path()), 920'000u);
  expect_same(**read_exit_trace(file.path()), trace);
}

RC_GTEST_PROP(ExitTrace, KeepsEveryBit, ()) {
  const auto samples = *rc::gen::inRange<std::size_t>(1, 40);
  ExitTrace trace = six_samples();
  trace.classes = *rc::gen::inRange(3, 65537);
  const auto draw = [&](int least, int most) { return *rc::gen::inRange(least, most); };
  const auto unit = [&] { return static_cast<float>(*rc::gen::inRange(0, (1 << 24) + 1)) * 0x1p-24f; };
  trace.ids.clear();
  trace.labels.clear();
  trace.parts.clear();
  for (auto& scores : trace.scores) scores.clear();
  for (std::size_t i = 0; i < samples; ++i) {
    trace.ids.push_back(*rc::gen::arbitrary<std::uint32_t>());
    trace.labels.push_back(draw(0, trace.classes));
    trace.parts.push_back(static_cast<TracePart>(draw(0, 2)));
    for (std::size_t a = 0; a < trace.answers.size(); ++a)
      trace.scores[a].push_back({draw(0, static_cast<int>(trace.answers[a].class_map.size())), unit(), unit(), -0.0f});
  }
  const TraceFile file("property.trace");
  file.fill(trace);
  const auto read = read_exit_trace(file.path());
  RC_ASSERT(read.has_value());
  expect_same(**read, trace);
}

}  // namespace
}  // namespace tiercut::profiles
