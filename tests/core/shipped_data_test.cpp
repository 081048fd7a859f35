// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "core/files.hpp"

namespace tiercut {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class ShippedDataTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "tiercut-data-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    data_ = name;
    fs::create_directories(data_ / "profiles/devices/pi-2");
    fs::create_directories(data_ / "beside");
    for (const char* file : {"profiles/devices/laptop.yaml", "profiles/devices/pi-2/theano.yaml",
                             "profiles/devices/notes.md", "beside/laptop.yaml"}) {
      ASSERT_TRUE(write_file((data_ / file).string(), "x: 1\n"));
    }
    ::setenv("TIERCUT_DATA_DIR", data_.c_str(), 1);
  }
  void TearDown() override {
    ::unsetenv("TIERCUT_DATA_DIR");
    fs::remove_all(data_);
  }
  std::string at(const char* file) const { return (data_ / file).string(); }

  fs::path data_;
};

TEST_F(ShippedDataTest, EnvironmentChoosesTheFolder) { EXPECT_EQ(data_directory(), data_.string()); }

TEST_F(ShippedDataTest, WithoutEnvironmentTheSourceTreeServes) {
  ::unsetenv("TIERCUT_DATA_DIR");
  EXPECT_TRUE(fs::exists(fs::path(data_directory()) / "core/files.hpp"));
}

TEST_F(ShippedDataTest, NamesAreSortedAndWithoutExtension) {
  EXPECT_THAT(shipped_names("profiles/devices"), ElementsAre("laptop", "pi-2/theano"));
  EXPECT_THAT(shipped_names("no/such/category"), ElementsAre());
}

TEST_F(ShippedDataTest, FindsShippedNamesWithAndWithoutExtension) {
  for (const char* reference : {"pi-2/theano", "pi-2/theano.yaml"}) {
    const auto path = resolve_reference(reference, at("beside"), "profiles/devices", {});
    ASSERT_TRUE(path) << to_text(path.error());
    EXPECT_EQ(*path, at("profiles/devices/pi-2/theano.yaml"));
  }
}

TEST_F(ShippedDataTest, FileBesideComesFirst) {
  EXPECT_EQ(*resolve_reference("laptop", at("beside"), "profiles/devices", {}), at("beside/laptop.yaml"));
  EXPECT_EQ(*resolve_reference("laptop", at("profiles"), "profiles/devices", {}), at("profiles/devices/laptop.yaml"));
}

TEST_F(ShippedDataTest, AbsolutePathsWork) {
  EXPECT_EQ(*resolve_reference(at("beside/laptop"), "elsewhere", "profiles/devices", {}), at("beside/laptop.yaml"));
}

TEST_F(ShippedDataTest, UnknownNameSaysWhereItLookedAndWhatIsNear) {
  const auto path = resolve_reference("pi-2/teano", at("beside"), "profiles/devices", {"s.yaml", 4, 7, "devices.pi"});
  ASSERT_FALSE(path);
  const Diagnostic& diagnostic = path.error().front();
  EXPECT_EQ(diagnostic.code, "reference-not-found");
  EXPECT_EQ(diagnostic.where.line, 4);
  EXPECT_THAT(diagnostic.message, HasSubstr(at("beside/pi-2/teano")));
  EXPECT_THAT(diagnostic.message, HasSubstr(at("profiles/devices/pi-2/teano")));
  EXPECT_THAT(diagnostic.hint, HasSubstr("pi-2/theano"));
}

TEST_F(ShippedDataTest, DirectoryIsNoReference) {
  EXPECT_FALSE(resolve_reference("pi-2", at("beside"), "profiles/devices", {}));
  EXPECT_FALSE(resolve_reference("", at("beside"), "profiles/devices", {}));
}

}  // namespace
}  // namespace tiercut
