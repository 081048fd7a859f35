// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zip.h>
#include <zlib.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "core/diagnostic.hpp"

/// Small data files, written by other code than reads them.
namespace tiercut::training::testing {

class DataFolder : public ::testing::Test {
 protected:
  DataFolder() {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::temp_directory_path() /
              fmt::format("tiercut-{}-{}-{}", info->test_suite_name(), info->name(), ::getpid());
    std::filesystem::create_directories(folder_);
  }
  ~DataFolder() override { std::filesystem::remove_all(folder_); }

  std::string folder() const { return folder_.string(); }
  std::string put(const std::string& name, const std::string& bytes) const {
    const std::string path = (folder_ / name).string();
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

 private:
  std::filesystem::path folder_;
};

inline std::string idx_bytes(int type, const std::vector<std::uint32_t>& extents, const std::string& elements) {
  std::string bytes = {'\0', '\0', static_cast<char>(type), static_cast<char>(extents.size())};
  for (const std::uint32_t extent : extents)
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>((extent >> shift) & 0xff);
  return bytes + elements;
}

inline std::string packed(const std::string& bytes) {
  const std::string path =
      (std::filesystem::temp_directory_path() / fmt::format("tiercut-pack-{}.gz", ::getpid())).string();
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
  std::ifstream stream(path, std::ios::binary);
  std::string result{std::istreambuf_iterator<char>(stream), {}};
  std::filesystem::remove(path);
  return result;
}

template <class T>
std::string raw(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

/// As numpy.save writes it: version 1.0, the header padded to a multiple of 64 bytes.
inline std::string npy_bytes(const std::string& descr, const std::string& shape, const std::string& elements,
                             const std::string& fortran_order = "False") {
  std::string header =
      fmt::format("{{'descr': '{}', 'fortran_order': {}, 'shape': ({}), }}", descr, fortran_order, shape);
  while ((10 + header.size() + 1) % 64 != 0) header += ' ';
  header += '\n';
  return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size() & 0xff) +
         static_cast<char>(header.size() >> 8) + header + elements;
}

/// `method`: ZIP_CM_STORE as numpy.savez, ZIP_CM_DEFLATE as numpy.savez_compressed.
inline void write_npz(const std::string& path, const std::vector<std::pair<std::string, std::string>>& arrays,
                      zip_int32_t method = ZIP_CM_DEFLATE) {
  zip_t* archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
  ASSERT_NE(archive, nullptr);
  for (const auto& [name, bytes] : arrays) {
    zip_source_t* source = zip_source_buffer(archive, bytes.data(), bytes.size(), 0);
    const zip_int64_t index = zip_file_add(archive, (name + ".npy").c_str(), source, 0);
    ASSERT_GE(index, 0);
    zip_set_file_compression(archive, static_cast<zip_uint64_t>(index), method, 0);
  }
  ASSERT_EQ(zip_close(archive), 0);
}

/// The first diagnostic as `code: message`; empty for a value.
template <class T>
std::string defect(const Result<T>& result) {
  if (result) return {};
  return result.error().front().code + ": " + result.error().front().message;
}

}  // namespace tiercut::training::testing
