// SPDX-License-Identifier: Apache-2.0
#include "kernels/weights_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <cstring>
#include <filesystem>

#include "core/files.hpp"
#include "kernels/weights.hpp"

namespace tiercut::kernels {
namespace {

namespace fs = std::filesystem;
using model::ModelPointer;

ModelPointer model_of(const std::string& layers) {
  auto document = parse_document("schema: tiercut/model/1\nname: small\nlayers:\n" + layers, "small.yaml");
  EXPECT_TRUE(document);
  auto model = model::model_from(*document);
  EXPECT_TRUE(model) << to_text(model.error());
  return *model;
}

const std::string every_kind_of_weights = R"(
  - {name: image, type: Input, shape: [3, 6, 6], encoding: int8}
  - {name: block, type: BinaryConvP, outputs: 5, kernel: 3, padding: 1, pool: {kernel: 3, stride: 2, padding: 1}}
  - {name: conv, type: Convolution, outputs: 4, kernel: 2}
  - {name: norm, type: BatchNormalization}
  - {name: slope, type: PReLU, slopes: channel}
  - {name: flat, type: Flatten}
  - {name: hidden, type: Linear, outputs: 9, bias: false}
  - {name: scores, type: BinaryFC, outputs: 3}
  - {name: softmax, type: Softmax}
  - {name: answer, type: Output}
)";
const std::string one_layer = R"(
  - {name: x, type: Input, shape: [2]}
  - {name: y, type: Linear, outputs: 1}
  - {name: answer, type: Output}
)";

WeightsFile random_file(const model::Model& model, std::uint64_t seed) {
  WeightsFile file{model.name, "made by the test", {}};
  for (const model::Layer& layer : model.layers) file.layers.push_back(random_weights(layer, seed++));
  return file;
}

class WeightsFiles : public ::testing::Test {
 protected:
  WeightsFiles() : folder_(fs::temp_directory_path() / ("tiercut-weights-" + std::to_string(::getpid()))) {
    fs::create_directories(folder_);
  }
  ~WeightsFiles() override { fs::remove_all(folder_); }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string written(const model::Model& model, std::uint64_t seed = 1) const {
    EXPECT_TRUE(write_weights(path("w"), model, random_file(model, seed)));
    return *read_file(path("w"));
  }
  Diagnostics refusal_of(const std::string& bytes, const model::Model& model) const {
    EXPECT_TRUE(write_file(path("w"), bytes));
    const auto read = read_weights(path("w"), model);
    return read ? Diagnostics{} : read.error();
  }
  fs::path folder_;
};

std::string resealed(std::string bytes) {
  bytes.resize(bytes.size() - 64);
  return bytes + sha256(bytes);
}

/// Little-endian bytes of a number, worked out without the writer.
std::string le(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 255);
  return text;
}

std::string text_field(const std::string& text) { return le(text.size(), 4) + text; }

// The table of kernels/README.md put together by hand for the smallest model.
TEST_F(WeightsFiles, AreByteForByteAsDescribed) {
  const ModelPointer model = model_of(one_layer);
  const WeightsFile file{"small", "by hand", {{}, {{1.0F, -2.0F, 0.5F}, {}}, {}}};
  ASSERT_TRUE(write_weights(path("w"), *model, file));
  const auto header_with = [](std::uint64_t first, std::uint64_t after) {
    return text_field("small") + text_field("by hand") + le(3, 4)                                     //
           + text_field("x") + text_field("Input") + le(1, 4) + le(2, 8) + le(1, 4) + le(2, 8)        //
           + le(first, 8) + le(0, 8) + le(0, 8)                                                       //
           + text_field("y") + text_field("Linear") + le(1, 4) + le(2, 8) + le(1, 4) + le(1, 8)       //
           + le(first, 8) + le(3, 8) + le(0, 8)                                                       //
           + text_field("answer") + text_field("Output") + le(1, 4) + le(1, 8) + le(1, 4) + le(1, 8)  //
           + le(after, 8) + le(0, 8) + le(0, 8);
  };
  const std::size_t first = (32 + header_with(0, 0).size() + 63) / 64 * 64;
  std::string want =
      "tiercut/weights/1\n" + std::string(6, '\0') + le(header_with(0, 0).size(), 8) + header_with(first, first + 64);
  want.resize(first, '\0');
  want += le(0x3F800000, 4) + le(0xC0000000, 4) + le(0x3F000000, 4);  // 1, -2 and 0.5 in IEEE 754
  want.resize(first + 64, '\0');
  want += sha256(want);
  EXPECT_EQ(*read_file(path("w")), want);
}

RC_GTEST_FIXTURE_PROP(WeightsFiles, ComeBackAsTheyWere, (std::uint32_t seed)) {
  const ModelPointer model = model_of(every_kind_of_weights);
  const WeightsFile file = random_file(*model, seed);
  RC_ASSERT(write_weights(path("w"), *model, file).has_value());
  const auto read = read_weights(path("w"), *model);
  RC_ASSERT(read.has_value());
  RC_ASSERT(read->model == file.model);
  RC_ASSERT(read->provenance == file.provenance);
  RC_ASSERT(read->layers.size() == file.layers.size());
  for (std::size_t id = 0; id < file.layers.size(); ++id) {
    RC_ASSERT(read->layers[id].floats == file.layers[id].floats);
    RC_ASSERT(read->layers[id].bits == file.layers[id].bits);
  }
}

TEST_F(WeightsFiles, TruncatedAnywhereAreRefused) {
  const ModelPointer model = model_of(one_layer);
  const std::string bytes = written(*model);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const Diagnostics refusal = refusal_of(bytes.substr(0, size), *model);
    ASSERT_EQ(refusal.size(), 1u) << size;
    ASSERT_EQ(refusal[0].code, "bad-weights-file") << size;
  }
}

TEST_F(WeightsFiles, WithAnyByteChangedAreRefused) {
  const ModelPointer model = model_of(one_layer);
  const std::string bytes = written(*model);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    const Diagnostics refusal = refusal_of(changed, *model);
    ASSERT_EQ(refusal.size(), 1u) << at;
    ASSERT_EQ(refusal[0].code, "bad-weights-file") << at;
  }
}

// A hostile writer can make the checksum fit; then nothing may be read outside the file, whatever the numbers say.
RC_GTEST_FIXTURE_PROP(WeightsFiles, HostileButSealedNeverReadOutside, ()) {
  const ModelPointer model = model_of(every_kind_of_weights);
  std::string bytes = written(*model);
  const auto changes = *rc::gen::inRange(1, 6);
  for (int i = 0; i < changes; ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(24, 900);
    bytes[at] = *rc::gen::element('\0', '\x01', '\x7F', '\x80', '\xFF');
  }
  const Diagnostics refusal = refusal_of(resealed(bytes), *model);
  for (const Diagnostic& diagnostic : refusal)
    RC_ASSERT(diagnostic.code == "bad-weights-file" || diagnostic.code == "weights-misfit");
}

TEST_F(WeightsFiles, OfAnotherKindOrVersionAreTold) {
  const ModelPointer model = model_of(one_layer);
  std::string bytes = written(*model);
  EXPECT_THAT(refusal_of("PK\x03\x04 some archive", *model)[0].message, ::testing::HasSubstr("no file of weights"));
  bytes[16] = '2';
  EXPECT_THAT(refusal_of(resealed(bytes), *model)[0].message, ::testing::HasSubstr("another version"));
  EXPECT_EQ(read_weights(path("none"), *model).error()[0].code, "file-not-found");
}

TEST_F(WeightsFiles, ThatDoNotFitSayEveryLayerThatDoesNot) {
  const ModelPointer trained = model_of(every_kind_of_weights);
  const std::string bytes = written(*trained);
  const ModelPointer other = model_of(R"(
  - {name: image, type: Input, shape: [3, 6, 6], encoding: int8}
  - {name: block, type: BinaryConvP, outputs: 5, kernel: 3, padding: 1, pool: {kernel: 3, stride: 2, padding: 1}}
  - {name: conv, type: Convolution, outputs: 4, kernel: 2, bias: false}
  - {name: norm, type: BatchNormalization}
  - {name: slope, type: PReLU}
  - {name: flat, type: Flatten}
  - {name: hidden, type: Linear, outputs: 8, bias: false}
  - {name: more, type: Linear, outputs: 3}
  - {name: softmax, type: Softmax}
  - {name: answer, type: Output}
)");
  const Diagnostics refusal = refusal_of(bytes, *other);
  ASSERT_EQ(refusal.size(), 4u) << to_text(refusal);
  const std::vector<std::string> layers = {"'conv'", "'slope'", "'hidden'", "'more'"};
  for (std::size_t i = 0; i < layers.size(); ++i) {
    EXPECT_EQ(refusal[i].code, "weights-misfit");
    EXPECT_THAT(refusal[i].message, ::testing::HasSubstr(layers[i]));
  }
}

TEST_F(WeightsFiles, WithBitsPastTheEndAreRefused) {
  const ModelPointer model = model_of(every_kind_of_weights);
  WeightsFile file = random_file(*model, 3);
  file.layers[static_cast<std::size_t>(model->find("scores"))].bits.back() |= std::uint64_t{1} << 63;  // 27 are used
  ASSERT_TRUE(write_weights(path("w"), *model, file));
  EXPECT_THAT(read_weights(path("w"), *model).error()[0].message, ::testing::HasSubstr("'scores' has bits past"));
}

TEST_F(WeightsFiles, OfWrongSizesAreNotWritten) {
  const ModelPointer model = model_of(one_layer);
  WeightsFile file = random_file(*model, 1);
  file.layers[1].floats.push_back(0);
  const auto refused = write_weights(path("never"), *model, file);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error()[0].code, "weights-misfit");
  EXPECT_FALSE(fs::exists(path("never")));
}

// A limit on the size of files stands in for a full disk: the write fails half-way in the same place.
TEST_F(WeightsFiles, OnAFullDiskLeaveTheOldFileAlone) {
  const ModelPointer model = model_of(every_kind_of_weights);
  const std::string before = written(*model, 1);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const rlimit small{512, old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto refused = write_weights(path("w"), *model, random_file(*model, 2));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error()[0].code, "output-failed");
  EXPECT_EQ(*read_file(path("w")), before);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);  // no temporary is left
}

}  // namespace
}  // namespace tiercut::kernels
