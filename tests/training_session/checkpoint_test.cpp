// SPDX-License-Identifier: Apache-2.0
#include "training/session/checkpoint.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "core/files.hpp"

namespace tiercut::training {
namespace {

namespace fs = std::filesystem;

class Checkpoints : public ::testing::Test {
 protected:
  ~Checkpoints() override { fs::remove(path_); }
  std::string path_ = (fs::temp_directory_path() / ("tiercut-checkpoint-" + std::to_string(::getpid()))).string();
};

const Checkpoint sample = {"settings", 2, 7, 12.5, "{\"epoch\":1}\n", std::string("\0\1state\xFF", 8)};

TEST_F(Checkpoints, ComeBackAsTheyWere) {
  ASSERT_TRUE(write_checkpoint(path_, sample));
  const auto read = read_checkpoint(path_);
  ASSERT_TRUE(read) << to_text(read.error());
  EXPECT_EQ(read->settings, sample.settings);
  EXPECT_EQ(read->stage, 2u);
  EXPECT_EQ(read->epoch, 7);
  EXPECT_EQ(read->seconds, 12.5);
  EXPECT_EQ(read->log, sample.log);
  EXPECT_EQ(read->state, sample.state);
}

TEST_F(Checkpoints, TruncatedOrChangedAnywhereAreRefused) {
  ASSERT_TRUE(write_checkpoint(path_, sample));
  const std::string bytes = *read_file(path_);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    for (const std::string& bad : {bytes.substr(0, i), changed}) {
      ASSERT_TRUE(write_file(path_, bad));
      const auto read = read_checkpoint(path_);
      ASSERT_FALSE(read) << i;
      ASSERT_EQ(read.error().front().code, "bad-checkpoint") << i;
    }
  }
}

}  // namespace
}  // namespace tiercut::training
