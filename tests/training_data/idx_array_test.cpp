// SPDX-License-Identifier: Apache-2.0
#include "training/data/idx_array.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/training_data/data_files.hpp"

namespace tiercut::training {
namespace {

using testing::defect;
using ::testing::HasSubstr;
using testing::idx_bytes;
using testing::packed;

class IdxArray : public testing::DataFolder {};

TEST_F(IdxArray, ReadsBytesPackedAndNot) {
  const std::string bytes = idx_bytes(8, {2, 3}, std::string("\x00\x01\x02\x80\xfe\xff", 6));
  for (const auto& path : {put("raw", bytes), put("packed", packed(bytes))}) {
    const auto array = read_idx(path);
    ASSERT_TRUE(array) << to_text(array.error());
    EXPECT_EQ(array->extents, (std::vector<std::int64_t>{2, 3}));
    EXPECT_EQ(array->element(3), 128);
    EXPECT_EQ(array->element(5), 255);
  }
  EXPECT_EQ(read_idx(put("raw", bytes))->source_hash, read_idx(put("packed", packed(bytes)))->source_hash);
}

TEST_F(IdxArray, ReadsEveryTypeHighestByteFirst) {
  const auto only_element = [&](int type, const std::string& bytes) {
    const auto array = read_idx(put("one", idx_bytes(type, {1}, bytes)));
    EXPECT_TRUE(array);
    return array->element(0);
  };
  EXPECT_EQ(only_element(0x09, "\xff"), -1);
  EXPECT_EQ(only_element(0x0b, "\x01\x02"), 258);
  EXPECT_EQ(only_element(0x0c, "\xff\xff\xff\xfe"), -2);
  EXPECT_EQ(only_element(0x0d, std::string("\x3f\xc0\x00\x00", 4)), 1.5);                   // IEEE 754
  EXPECT_EQ(only_element(0x0e, std::string("\xc0\x04\x00\x00\x00\x00\x00\x00", 8)), -2.5);  // likewise
}

TEST_F(IdxArray, DamagedFilesAreNamed) {
  const std::string whole = idx_bytes(8, {2, 3}, "abcdef");
  const auto defect_of = [&](const std::string& bytes) { return defect(read_idx(put("file", bytes))); };
  EXPECT_THAT(defect_of(""), HasSubstr("bad-idx: "));
  EXPECT_THAT(defect_of(whole.substr(0, 9)), HasSubstr("ends in its extents"));
  EXPECT_THAT(defect_of(whole.substr(0, whole.size() - 1)), HasSubstr("5 bytes of elements where 2x3 ask for 6"));
  EXPECT_THAT(defect_of(whole + "x"), HasSubstr("is too long"));
  EXPECT_THAT(defect_of("PK\x03\x04 and more"), HasSubstr("begins with 50 4b 03 04"));
  EXPECT_THAT(defect_of(idx_bytes(0x0a, {1}, "x")), HasSubstr("is no idx file"));
  EXPECT_THAT(defect_of(idx_bytes(8, {0xffffffffu, 0xffffffffu, 0xffffffffu}, "x")), HasSubstr("more than can be"));
  EXPECT_THAT(defect(read_idx(folder() + "/absent")), HasSubstr("file-not-found"));
}

TEST_F(IdxArray, AnyDamageOfAPackedFileIsAnError) {
  const std::string whole = packed(idx_bytes(8, {40}, std::string(40, 'a')));
  for (std::size_t size = 1; size < whole.size(); ++size)
    EXPECT_NE(defect(read_idx(put("cut", whole.substr(0, size)))), "") << size;
  EXPECT_THAT(defect(read_idx(put("cut", whole.substr(0, whole.size() - 4)))), HasSubstr("is truncated"));
  EXPECT_THAT(defect(read_idx(put("more", whole + "x"))), HasSubstr("goes on after"));
  // Name, time and system of the header (bytes 3 to 9) say nothing of the content, nor do the bits that fill the last
  // byte of the stream (nine from the end).
  for (std::size_t at = 10; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    const auto read = read_idx(put("changed", changed));
    if (at + 9 == whole.size() && read) {
      EXPECT_EQ(read->bytes, std::string(40, 'a'));
    } else {
      EXPECT_NE(defect(read), "") << at;
    }
  }
}

TEST_F(IdxArray, ValuesThatAreNoNumbersAreNamedBySample) {
  const auto array =
      read_idx(put("nan", idx_bytes(0x0d, {2, 2}, std::string("\0\0\0\0\0\0\0\0\0\0\0\0\x7f\xc0\0\0", 16))));
  ASSERT_TRUE(array);
  EXPECT_THAT(defect(values_of(*array)), HasSubstr("bad-values: "));
  EXPECT_THAT(defect(values_of(*array)), HasSubstr("in sample 1"));
}

}  // namespace
}  // namespace tiercut::training
