// SPDX-License-Identifier: Apache-2.0
#include "training/data/npz_archive.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/training_data/data_files.hpp"
#include "training/data/npy_array.hpp"

namespace tiercut::training {
namespace {

using testing::defect;
using ::testing::HasSubstr;
using testing::npy_bytes;
using testing::raw;
using testing::write_npz;

class NpzFile : public testing::DataFolder {};

TEST(NpyArray, ReadsItsTypes) {
  const auto first = [](const std::string& descr, const std::string& elements) {
    const auto array = parse_npy(npy_bytes(descr, "1,", elements), "x");
    EXPECT_TRUE(array) << to_text(array.error());
    return array->element(0);
  };
  EXPECT_EQ(first("|u1", "\xff"), 255);
  EXPECT_EQ(first("|i1", "\xff"), -1);
  EXPECT_EQ(first("<i2", raw<std::int16_t>({-300})), -300);
  EXPECT_EQ(first("<i4", raw<std::int32_t>({-70000})), -70000);
  EXPECT_EQ(first("<i8", raw<std::int64_t>({1LL << 40})), 1LL << 40);
  EXPECT_EQ(first("<f4", raw<float>({0.25f})), 0.25);
  EXPECT_EQ(first("<f8", raw<double>({-1e-3})), -1e-3);
}

TEST(NpyArray, ReadsShapesAndHeadersInAnyOrder) {
  const auto matrix = parse_npy(npy_bytes("|u1", "2, 3", "abcdef"), "x");
  ASSERT_TRUE(matrix);
  EXPECT_EQ(matrix->extents, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(matrix->element(4), 'e');
  EXPECT_TRUE(parse_npy(npy_bytes("|u1", "", "a"), "x")->extents.empty());
  EXPECT_EQ(parse_npy(npy_bytes("|u1", "0, 7", ""), "x")->elements(), 0u);
  const std::string header = "{\"shape\": (2,), \"descr\": \"|u1\",\"fortran_order\":False}";
  const std::string version2 =
      std::string("\x93NUMPY\x02\x00", 8) + static_cast<char>(header.size()) + std::string(3, '\0') + header;
  EXPECT_EQ(parse_npy(version2 + "ab", "x")->extents, std::vector<std::int64_t>{2});
}

TEST(NpyArray, SaysWhatItCannotRead) {
  const auto of = [](const std::string& bytes) { return defect(parse_npy(bytes, "x.npz/X")); };
  EXPECT_THAT(of("no array here"), HasSubstr("bad-npz: 'x.npz/X' is no NumPy array"));
  EXPECT_THAT(of(npy_bytes("<f4", "2", "abcdefgh", "True")), HasSubstr("Fortran order"));
  EXPECT_THAT(parse_npy(npy_bytes("<f4", "2", "abcdefgh", "True"), "x").error().front().hint,
              HasSubstr("ascontiguousarray"));
  EXPECT_THAT(of(npy_bytes(">f4", "2", "abcdefgh")), HasSubstr("type '>f4'"));
  EXPECT_THAT(of(npy_bytes("|O", "2", "abcdefgh")), HasSubstr("type '|O'"));
  EXPECT_THAT(of(npy_bytes("<f4", "3", "abcdefgh")), HasSubstr("is truncated: 8 bytes"));
  EXPECT_THAT(of(npy_bytes("<f4", "1,", "abcdefgh")), HasSubstr("is too long"));
  EXPECT_THAT(of(npy_bytes("<f4", "-1,", "abcdefgh")), HasSubstr("shape (-1,)"));
  EXPECT_THAT(of(npy_bytes("<f4", "99999999999, 99999999999", "")), HasSubstr("is truncated"));
  EXPECT_THAT(of(npy_bytes("<f4', 'descr': '<f8", "1,", "abcd")), HasSubstr("header that is not NumPy's"));
  const std::string whole = npy_bytes("|u1", "2, 3", "abcdef");
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_NE(of(whole.substr(0, size)), "") << size;
}

TEST_F(NpzFile, ReadsArraysStoredAndDeflated) {
  for (const zip_int32_t method : {ZIP_CM_STORE, ZIP_CM_DEFLATE}) {
    const std::string path = folder() + "/data.npz";
    write_npz(path,
              {{"x", npy_bytes("<f4", "2, 2", raw<float>({1, 2, 3, 4}))},
               {"y", npy_bytes("<i8", "2,", raw<std::int64_t>({0, 1}))}},
              method);
    auto archive = NpzArchive::open(path);
    ASSERT_TRUE(archive) << to_text(archive.error());
    EXPECT_EQ(archive->names(), (std::vector<std::string>{"x", "y"}));
    EXPECT_EQ(archive->read("x")->element(3), 4);
    EXPECT_EQ(archive->read("y")->element(1), 1);
    const auto absent = archive->read("labels");
    EXPECT_THAT(defect(absent), HasSubstr("has no array 'labels'"));
    EXPECT_EQ(absent.error().front().hint, "arrays: x and y");
  }
}

TEST_F(NpzFile, DamageIsAnError) {
  const std::string path = folder() + "/data.npz";
  write_npz(path, {{"x", npy_bytes("|u1", "4,", "abcd")}});
  std::ifstream stream(path, std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(stream), {}};
  const auto defect_of = [&](const std::string& bytes) {
    auto archive = NpzArchive::open(put("damaged.npz", bytes));
    return archive ? defect(archive->read("x")) : defect(archive);
  };
  EXPECT_EQ(defect_of(whole), "");
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_THAT(defect_of(whole.substr(0, size)), HasSubstr("bad-npz")) << size;
  const std::size_t content = whole.find("x.npy") + 5;
  for (std::size_t at = content; at < content + 20; ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x55);
    EXPECT_THAT(defect_of(changed), HasSubstr("bad-npz")) << at;
  }
}

}  // namespace
}  // namespace tiercut::training
