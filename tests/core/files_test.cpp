// SPDX-License-Identifier: Apache-2.0
#include "core/files.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace tiercut {
namespace {

namespace fs = std::filesystem;

class FilesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "tiercut-files-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string in(const std::string& name) const { return (folder_ / name).string(); }
  std::size_t count() const { return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), {})); }

  fs::path folder_;
};

TEST_F(FilesTest, AppearsOnlyWhenCommitted) {
  auto file = AtomicFile::create(in("plan.yaml"));
  ASSERT_TRUE(file);
  file->write("first ");
  file->write("second");
  EXPECT_FALSE(fs::exists(in("plan.yaml")));
  ASSERT_TRUE(file->commit());
  EXPECT_EQ(*read_file(in("plan.yaml")), "first second");
  EXPECT_EQ(count(), 1u);
}

TEST_F(FilesTest, LeavesNothingWhenAbandoned) {
  ASSERT_TRUE(write_file(in("plan.yaml"), "old"));
  {
    auto file = AtomicFile::create(in("plan.yaml"));
    ASSERT_TRUE(file);
    file->write(std::string(1u << 20, 'x'));
  }
  EXPECT_EQ(*read_file(in("plan.yaml")), "old");
  EXPECT_EQ(count(), 1u);
}

TEST_F(FilesTest, MovedFileIsStillAbandonedOnce) {
  {
    auto file = AtomicFile::create(in("a"));
    ASSERT_TRUE(file);
    AtomicFile other = std::move(*file);
    *file = std::move(other);
  }
  EXPECT_EQ(count(), 0u);
}

TEST_F(FilesTest, WritesThousandsOfPieces) {
  std::string expected;
  auto file = AtomicFile::create(in("records.csv"));
  ASSERT_TRUE(file);
  for (int i = 0; i < 50'000; ++i) {
    const std::string line = std::to_string(i) + ",1\n";
    expected += line;
    file->write(line);
  }
  ASSERT_TRUE(file->commit());
  EXPECT_EQ(*read_file(in("records.csv")), expected);
}

TEST_F(FilesTest, ModeFollowsTheMask) {
  ASSERT_TRUE(write_file(in("a"), ""));
  const mode_t mask = ::umask(0);
  ::umask(mask);
  struct stat status {};
  ASSERT_EQ(::stat(in("a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0644u & ~mask);
}

TEST_F(FilesTest, FollowsASymbolicLink) {
  ASSERT_TRUE(write_file(in("real"), "old"));
  fs::create_symlink("real", in("link"));
  ASSERT_TRUE(write_file(in("link"), "new"));
  EXPECT_TRUE(fs::is_symlink(in("link")));
  EXPECT_EQ(*read_file(in("real")), "new");
}

TEST_F(FilesTest, RefusesDirectoriesAndMissingFolders) {
  const auto directory = write_file(folder_.string(), "x");
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().front().code, "output-is-directory");
  const auto missing = write_file(in("no/such/folder/plan.yaml"), "x");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().front().code, "output-unwritable");
  const auto nameless = write_file("", "x");
  ASSERT_FALSE(nameless);
  EXPECT_EQ(nameless.error().front().code, "output-unwritable");
}

TEST_F(FilesTest, RefusesAFolderWithoutPermission) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write anywhere";
  fs::permissions(folder_, fs::perms::owner_read | fs::perms::owner_exec);
  const auto result = write_file(in("plan.yaml"), "x");
  fs::permissions(folder_, fs::perms::owner_all);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().front().code, "output-unwritable");
}

TEST_F(FilesTest, RefusesAFolderThatTakesNoFiles) {
  const auto result = write_file("/proc/tiercut-plan.yaml", "x");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().front().code, "output-unwritable");
}

TEST_F(FilesTest, WritesThroughToADevice) {
  EXPECT_TRUE(write_file("/dev/null", "x"));
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(FilesTest, ReportsAFullDisk) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  const auto result = write_file("/dev/full", "x");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().front().code, "output-failed");
}

TEST_F(FilesTest, ReadingSaysWhyItCannot) {
  EXPECT_EQ(read_file(in("none")).error().front().code, "file-not-found");
  EXPECT_EQ(read_file(folder_.string()).error().front().code, "file-is-directory");
  ASSERT_TRUE(write_file(in("ten"), "0123456789"));
  EXPECT_EQ(*read_file(in("ten"), 10), "0123456789");
  EXPECT_EQ(read_file(in("ten"), 9).error().front().code, "file-too-large");
  EXPECT_EQ(read_file(in("ten/below")).error().front().code, "file-not-found");
}

TEST(Sha256, MeetsThePublishedAnswers) {
  // The examples of FIPS 180-2.
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256(std::string(1'000'000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

}  // namespace
}  // namespace tiercut
