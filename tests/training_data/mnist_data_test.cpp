// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "tests/training_data/data_files.hpp"
#include "training/data/data_request.hpp"

namespace tiercut::training {
namespace {

using testing::defect;
using ::testing::HasSubstr;
using testing::idx_bytes;
using testing::packed;

/// Three digits, each of one brightness: 0, 51 and 255.
class MnistData : public testing::DataFolder {
 protected:
  void write() {
    const std::string pixels = std::string(784, '\0') + std::string(784, '\x33') + std::string(784, '\xff');
    put("t10k-images-idx3-ubyte.gz", packed(idx_bytes(8, {3, 28, 28}, pixels)));
    put("t10k-labels-idx1-ubyte", idx_bytes(8, {3}, std::string("\x07\x08\x09", 3)));
  }
  DataRequest request(const std::string& format = "mnist") const {
    return {.format = format, .directory = folder(), .part = "test"};
  }
};

TEST_F(MnistData, ReadsPackedAndUnpackedFiles) {
  write();
  const auto data = load_dataset(request());
  ASSERT_TRUE(data) << to_text(data.error());
  EXPECT_EQ(data->name, "mnist");
  EXPECT_EQ(data->classes, 10);
  EXPECT_EQ(data->labels, (std::vector<int>{7, 8, 9}));
  EXPECT_EQ(data->inputs[0].name, "image");
  EXPECT_EQ(data->inputs[0].shape.extents, (std::vector<std::int64_t>{1, 28, 28}));
  EXPECT_FLOAT_EQ(data->inputs[0].sample(1)[783], 0.2f);
  EXPECT_EQ(data->inputs[0].sample(2)[0], 1);
  EXPECT_THAT(data->origin, HasSubstr("(not the public file)"));
}

TEST_F(MnistData, SixPiecesAreAStandIn) {
  write();
  const auto data = load_dataset(request("mnist-six"));
  ASSERT_TRUE(data) << to_text(data.error());
  EXPECT_EQ(data->name, "mnist-six-pieces (stand-in)");
  ASSERT_EQ(data->inputs.size(), 6u);
  EXPECT_EQ(data->inputs[0].shape.extents, (std::vector<std::int64_t>{1, 10, 14}));
  EXPECT_EQ(data->inputs[0].sample(2)[0], 0);  // the row added above
  EXPECT_EQ(data->inputs[0].sample(2)[14], 1);
  EXPECT_EQ(data->inputs[2].sample(2)[0], 1);
}

TEST_F(MnistData, MissingFilesAreToldWithChecksumsAndOrigin) {
  const auto nothing = load_dataset(request());
  ASSERT_FALSE(nothing);
  EXPECT_THAT(defect(nothing), HasSubstr("missing-data: "));
  EXPECT_THAT(defect(nothing), HasSubstr("t10k-images-idx3-ubyte or t10k-images-idx3-ubyte.gz"));
  const std::string& hint = nothing.error().front().hint;
  EXPECT_THAT(hint, HasSubstr("http://yann.lecun.com/exdb/mnist/"));
  EXPECT_THAT(hint,
              HasSubstr("0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7  t10k-images-idx3-ubyte"));
  write();
  std::filesystem::remove(folder() + "/t10k-labels-idx1-ubyte");
  EXPECT_THAT(defect(load_dataset(request())), HasSubstr("has no t10k-labels-idx1-ubyte or"));
}

TEST_F(MnistData, OtherImagesAndCountsAreRefused) {
  write();
  put("t10k-labels-idx1-ubyte", idx_bytes(8, {2}, std::string("\x07\x08", 2)));
  EXPECT_THAT(defect(load_dataset(request())), HasSubstr("2 labels and 3 samples"));
  put("t10k-labels-idx1-ubyte", idx_bytes(8, {3}, std::string("\x07\x08\x0a", 3)));
  EXPECT_THAT(defect(load_dataset(request())), HasSubstr("the label 10 of sample 2"));
  put("t10k-images-idx3-ubyte.gz", idx_bytes(8, {3, 2, 2}, std::string(12, 'x')));
  EXPECT_THAT(defect(load_dataset(request())), HasSubstr("3x2x2, not digits of 28x28"));
  DataRequest held_out = request();
  held_out.held_out = 0.1;
  EXPECT_THAT(defect(load_dataset(held_out)), HasSubstr("a test part of its own"));
}

TEST_F(MnistData, ThePublicFilesAreWhatTheyAreKnownFor) {
  const char* const directory = std::getenv("TIERCUT_DATA");
  if (directory == nullptr) GTEST_SKIP() << "TIERCUT_DATA names no folder with mnist/ in it";
  DataRequest wanted{.format = "mnist", .directory = std::string(directory) + "/mnist", .part = "train"};
  wanted.scaling = Scaling::standardized;
  const auto train = load_dataset(wanted);
  ASSERT_TRUE(train) << to_text(train.error());
  EXPECT_EQ(train->size(), 60'000u);
  EXPECT_EQ(train->origin.find("not the public file"), std::string::npos);
  double sum = 0, squares = 0;
  for (const float value : train->inputs[0].values) {
    sum += value;
    squares += static_cast<double>(value) * value;
  }
  EXPECT_NEAR(sum / 47'040'000, 0, 1e-6);
  EXPECT_NEAR(squares / 47'040'000, 1, 1e-6);

  wanted = {.format = "mnist", .directory = wanted.directory, .part = "test"};
  const auto test = load_dataset(wanted);
  ASSERT_TRUE(test) << to_text(test.error());
  EXPECT_EQ(test->size(), 10'000u);
  // As the tables of Big-Little count them.
  EXPECT_EQ(std::count(test->labels.begin(), test->labels.end(), 1), 1135);
  EXPECT_EQ(std::count(test->labels.begin(), test->labels.end(), 8), 974);
}

}  // namespace
}  // namespace tiercut::training
