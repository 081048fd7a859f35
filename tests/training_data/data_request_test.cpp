// SPDX-License-Identifier: Apache-2.0
#include "training/data/data_request.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/training_data/data_files.hpp"

namespace tiercut::training {
namespace {

using testing::defect;
using ::testing::HasSubstr;
using testing::idx_bytes;
using testing::npy_bytes;
using testing::packed;
using testing::raw;
using testing::write_npz;

class DataRequestTest : public testing::DataFolder {
 protected:
  /// Four samples of 2 x 2 bytes, labels 0, 2, 1, 2.
  DataRequest idx() {
    put("images.gz",
        packed(idx_bytes(8, {4, 2, 2},
                         std::string("\x00\x33\x66\x99\xcc\xff\x00\x33\x66\x99\xcc\xff\x00\x33\x66\x99", 16))));
    put("labels", idx_bytes(8, {4}, std::string("\x00\x02\x01\x02", 4)));
    return {.format = "idx", .directory = folder(), .files = {"images", "labels"}};
  }
  DataRequest npz() {
    write_npz(folder() + "/two.npz",
              {{"left", npy_bytes("<f8", "3, 2", raw<double>({1, 2, 3, 4, 5, 6}))},
               {"right", npy_bytes("|u1", "3, 1, 1, 2", std::string("\x00\xff\x00\xff\x00\xff", 6))},
               {"y", npy_bytes("<i8", "3,", raw<std::int64_t>({1, 0, 1}))}});
    return {.format = "npz",
            .directory = folder(),
            .files = {"two.npz"},
            .arrays = {{"a", "left"}, {"b", "right"}},
            .label_array = "y"};
  }
};

TEST_F(DataRequestTest, IdxPairBecomesValuesFromZeroToOne) {
  const auto data = load_dataset(idx());
  ASSERT_TRUE(data) << to_text(data.error());
  EXPECT_EQ(data->classes, 3);
  EXPECT_EQ(data->labels, (std::vector<int>{0, 2, 1, 2}));
  ASSERT_EQ(data->inputs.size(), 1u);
  EXPECT_EQ(data->inputs[0].shape.extents, (std::vector<std::int64_t>{1, 2, 2}));
  EXPECT_FLOAT_EQ(data->inputs[0].sample(0)[1], 0.2f);  // 0x33 is 51 of 255
  EXPECT_EQ(data->inputs[0].sample(1)[1], 1);
  EXPECT_THAT(data->origin, HasSubstr("images.gz sha256:"));
}

TEST_F(DataRequestTest, NpzArraysBecomeInputs) {
  const auto data = load_dataset(npz());
  ASSERT_TRUE(data) << to_text(data.error());
  EXPECT_EQ(data->classes, 2);
  EXPECT_EQ(data->inputs[0].name, "a");
  EXPECT_EQ(data->inputs[0].values, (std::vector<float>{1, 2, 3, 4, 5, 6}));  // floating point stays as it is
  EXPECT_EQ(data->inputs[1].values, (std::vector<float>{0, 1, 0, 1, 0, 1}));
}

TEST_F(DataRequestTest, SelectsRelabelsScalesAndReshapes) {
  DataRequest wanted = idx();
  wanted.first = 3;
  wanted.one_against_rest = 2;
  wanted.scaling = Scaling::standardized;
  wanted.mean = 0.2;
  wanted.deviation = 0.4;
  wanted.shape = {4};
  const auto data = load_dataset(wanted);
  ASSERT_TRUE(data) << to_text(data.error());
  EXPECT_EQ(data->labels, (std::vector<int>{0, 1, 0}));
  EXPECT_EQ(data->classes, 2);
  EXPECT_EQ(data->inputs[0].shape.extents, std::vector<std::int64_t>{4});
  EXPECT_FLOAT_EQ(data->inputs[0].sample(1)[1], 2);  // (1 - 0.2) / 0.4
  EXPECT_FLOAT_EQ(data->inputs[0].sample(0)[0], -0.5f);
  EXPECT_THAT(data->origin, HasSubstr("first 3; class 2 against the rest; standardized"));
}

TEST_F(DataRequestTest, HoldsOutATestPart) {
  DataRequest wanted = idx();
  wanted.held_out = 0.25;
  EXPECT_EQ(load_dataset(wanted)->size(), 3u);
  wanted.part = "test";
  EXPECT_EQ(load_dataset(wanted)->size(), 1u);
  wanted.held_out.reset();
  EXPECT_EQ(load_dataset(wanted)->size(), 4u);
}

TEST_F(DataRequestTest, DataThatDoNotFitAreNamed) {
  DataRequest wanted = idx();
  wanted.classes = 2;
  EXPECT_THAT(defect(load_dataset(wanted)), HasSubstr("bad-labels: "));
  EXPECT_THAT(defect(load_dataset(wanted)), HasSubstr("label 2 of sample 1"));
  wanted = idx();
  put("labels", idx_bytes(8, {3}, "abc"));
  EXPECT_THAT(defect(load_dataset(wanted)), HasSubstr("4 samples and"));
  wanted.files = {"images", "absent"};
  EXPECT_THAT(defect(load_dataset(wanted)), HasSubstr("missing-data: "));
  wanted = npz();
  wanted.arrays[0].second = "lefty";
  EXPECT_THAT(defect(load_dataset(wanted)), HasSubstr("has no array 'lefty'"));
  wanted = npz();
  wanted.label_array = "left";
  EXPECT_THAT(defect(load_dataset(wanted)), HasSubstr("not one label a sample"));
  write_npz(folder() + "/two.npz",
            {{"left", npy_bytes("<f4", "1, 1", raw<float>({std::numeric_limits<float>::infinity()}))},
             {"y", npy_bytes("<f4", "1,", raw<float>({0.5f}))}});
  wanted = {
      .format = "npz", .directory = folder(), .files = {"two.npz"}, .arrays = {{"a", "left"}}, .label_array = "y"};
  EXPECT_THAT(defect(load_dataset(wanted)), HasSubstr("bad-values: "));
}

TEST_F(DataRequestTest, SlipsOfTheRequestAreNamed) {
  const auto slip = [&](auto change) {
    DataRequest wanted = idx();
    wanted.where = {"training.yaml", 3, 5, "data"};
    change(wanted);
    const auto refused = load_dataset(wanted);
    EXPECT_FALSE(refused);
    EXPECT_EQ(refused ? "" : refused.error().front().where.file, "training.yaml");
    return defect(refused);
  };
  EXPECT_EQ(slip([](DataRequest& r) { r.format = "mnits"; }), "unknown-word: 'mnits' is no format of data");
  EXPECT_THAT(slip([](DataRequest& r) { r.part = "tset"; }), HasSubstr("'tset' is no part"));
  EXPECT_THAT(slip([](DataRequest& r) { r.files.pop_back(); }), HasSubstr("idx takes two files"));
  EXPECT_THAT(slip([](DataRequest& r) { r.devices = {1}; }), HasSubstr("no devices"));
  EXPECT_THAT(slip([](DataRequest& r) { r.held_out = 1.5; }), HasSubstr("held_out is 1.5"));
  EXPECT_THAT(slip([](DataRequest& r) { r.scaling = Scaling::standardized; }), HasSubstr("take mean and deviation"));
  EXPECT_THAT(slip([](DataRequest& r) { r.mean = 1; }), HasSubstr("mean and deviation"));
  EXPECT_THAT(slip([](DataRequest& r) { r.first = 5; }), HasSubstr("the first 5 of 4"));
  EXPECT_THAT(slip([](DataRequest& r) { r.one_against_rest = 3; }), HasSubstr("there is no class 3"));
  EXPECT_THAT(slip([](DataRequest& r) { r.shape = {5}; }), HasSubstr("1x2x2 cannot be had as 5"));
  EXPECT_EQ(data_formats(), (std::vector<std::string>{"mnist", "mnist-six", "idx", "npz", "mvmc"}));
}

}  // namespace
}  // namespace tiercut::training
