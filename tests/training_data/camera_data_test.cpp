// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/training_data/data_files.hpp"
#include "training/data/data_request.hpp"

namespace tiercut::training {
namespace {

using testing::defect;
using ::testing::HasSubstr;
using testing::npy_bytes;
using testing::raw;
using testing::write_npz;

constexpr std::size_t image = 3 * 32 * 32;

/// A file of MVMC's shape: a pixel of sample s and camera c is (s + c / 8) / 1024.
class CameraData : public testing::DataFolder {
 protected:
  void write(std::size_t samples, const std::vector<std::int32_t>& labels, const std::string& name = "MVMC.npz") {
    std::vector<float> values;
    for (std::size_t sample = 0; sample < samples; ++sample)
      for (std::size_t camera = 0; camera < 6; ++camera)
        values.insert(values.end(), image, (static_cast<float>(sample) + static_cast<float>(camera) / 8) / 1024);
    write_npz(folder() + "/" + name, {{"X", npy_bytes("<f4", fmt::format("{}, 6, 3, 32, 32", samples), raw(values))},
                                      {"y", npy_bytes("<i4", fmt::format("{}, 6", samples), raw(labels))}});
  }
  DataRequest request(const std::string& part) const {
    return {.format = "mvmc", .directory = folder(), .part = part, .held_out = 0.5};
  }
};

TEST_F(CameraData, ReadsSixCamerasAndWhatTheySee) {
  // By sample: all see a car; camera 2 alone sees a bus (3 and -1 are out of view); two see a person; all see a bus.
  write(4, {0, 0, 0, 0, 0, 0, 3, 1, 3, -1, 3, 3, 2, 3, 3, 3, 3, 2, 1, 1, 1, 1, 1, 1});
  const auto train = load_dataset(request("train")), test = load_dataset(request("test"));
  ASSERT_TRUE(train) << to_text(train.error());
  ASSERT_TRUE(test) << to_text(test.error());
  EXPECT_EQ(train->name, "mvmc");
  EXPECT_EQ(train->classes, 3);
  ASSERT_EQ(train->inputs.size(), 6u);
  EXPECT_EQ(train->inputs[5].name, "camera6");
  EXPECT_EQ(train->inputs[5].shape.extents, (std::vector<std::int64_t>{3, 32, 32}));
  EXPECT_EQ(train->size() + test->size(), 4u);

  const int label_of[] = {0, 1, 2, 1};
  const std::vector<std::vector<std::uint8_t>> view_of = {
      {1, 1, 1, 1, 1, 1}, {0, 1, 0, 0, 0, 0}, {1, 0, 0, 0, 0, 1}, {1, 1, 1, 1, 1, 1}};
  for (const auto* part : {&*train, &*test})
    for (std::size_t i = 0; i < part->size(); ++i) {
      const auto sample = static_cast<std::size_t>(part->inputs[0].sample(i)[0] * 1024);  // its own number
      EXPECT_EQ(part->labels[i], label_of[sample]);
      for (std::size_t camera = 0; camera < 6; ++camera) {
        EXPECT_EQ(part->inputs[camera].in_view[i], view_of[sample][camera]);
        EXPECT_EQ(part->inputs[camera].sample(i)[image - 1],
                  (static_cast<float>(sample) + static_cast<float>(camera) / 8) / 1024);
      }
    }
}

TEST_F(CameraData, SplitsAsThePaperByDefault) {
  write(20, std::vector<std::int32_t>(120, 1));
  DataRequest wanted = request("train");
  wanted.held_out.reset();
  EXPECT_EQ(load_dataset(wanted)->size(), 16u);
  wanted.part = "test";
  EXPECT_EQ(load_dataset(wanted)->size(), 4u);
}

TEST_F(CameraData, ChosenDevicesBecomeCamerasInTheirOrder) {
  write(2, std::vector<std::int32_t>(12, 0));
  DataRequest wanted = request("train");
  wanted.devices = {6, 2};
  const auto data = load_dataset(wanted);
  ASSERT_TRUE(data);
  ASSERT_EQ(data->inputs.size(), 2u);
  EXPECT_EQ(data->inputs[0].name, "camera1");
  const float first = data->inputs[1].sample(0)[0] * 1024;
  EXPECT_EQ(data->inputs[0].sample(0)[0] * 1024 - first, 4.0f / 8);  // camera 6 less camera 2
  wanted.devices = {7};
  EXPECT_THAT(defect(load_dataset(wanted)), HasSubstr("bad-data-request: there is no device 7"));
  wanted.devices = {1, 1};
  EXPECT_THAT(defect(load_dataset(wanted)), HasSubstr("named twice"));
}

TEST_F(CameraData, WhatDoesNotFitIsNamed) {
  const auto absent = load_dataset(request("train"));
  EXPECT_THAT(defect(absent), HasSubstr("missing-data: "));
  EXPECT_THAT(absent.error().front().hint, HasSubstr("https://github.com/kunglab/ddnn"));
  write(1, {0, 1, 0, 0, 0, 0});
  EXPECT_THAT(defect(load_dataset(request("test"))), HasSubstr("bad-labels: "));
  EXPECT_THAT(defect(load_dataset(request("test"))), HasSubstr("class 0 to one camera and class 1 to another"));
  write(1, {3, 3, 3, 3, 3, -1});
  EXPECT_THAT(defect(load_dataset(request("test"))), HasSubstr("out of every camera's view"));
  write(1, {0, 0, 0, 0, 0, 4});
  EXPECT_THAT(defect(load_dataset(request("test"))), HasSubstr("has the label 4"));
  write_npz(folder() + "/MVMC.npz", {{"X", npy_bytes("<f4", "1, 6, 3, 2, 2", std::string(4 * 72, '\0'))},
                                     {"y", npy_bytes("<i4", "1, 6", std::string(24, '\0'))}});
  EXPECT_THAT(defect(load_dataset(request("test"))), HasSubstr("is 1x6x3x2x2, not samples x 6x3x32x32"));
}

}  // namespace
}  // namespace tiercut::training
