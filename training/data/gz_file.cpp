// SPDX-License-Identifier: Apache-2.0
#include "training/data/gz_file.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <string_view>

#include "core/files.hpp"

namespace tiercut::training {
namespace {

constexpr std::size_t most_bytes = std::size_t{4} << 30;
constexpr int window_bits_of_gzip = 15 + 16;

/// Ends zlib's state whichever way its user goes.
struct Inflater {
  z_stream stream{};
  Inflater() { is_ready = inflateInit2(&stream, window_bits_of_gzip) == Z_OK; }
  ~Inflater() {
    if (is_ready) inflateEnd(&stream);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  bool is_ready = false;
};

Result<std::string> unpack(const std::string& packed, const std::string& path) {
  const auto bad = [&](const std::string& what) {
    return fail("bad-idx", fmt::format("'{}' {}", path, what), "fetch the file again", {path, 0, 0, {}});
  };
  Inflater inflater;
  if (!inflater.is_ready) return bad("cannot be unpacked: zlib has no memory");
  z_stream& stream = inflater.stream;
  std::string unpacked;
  std::array<char, 1u << 16> chunk;
  std::size_t taken = 0;
  while (true) {
    if (stream.avail_in == 0 && taken < packed.size()) {
      const std::size_t piece = std::min<std::size_t>(packed.size() - taken, std::numeric_limits<uInt>::max());
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data() + taken));
      stream.avail_in = static_cast<uInt>(piece);
      taken += piece;
    }
    stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
    stream.avail_out = static_cast<uInt>(chunk.size());
    const int status = inflate(&stream, Z_NO_FLUSH);
    unpacked.append(chunk.data(), chunk.size() - stream.avail_out);
    if (unpacked.size() > most_bytes) return bad("unpacks to more than 4 GiB");
    if (status == Z_STREAM_END) break;
    if (status == Z_BUF_ERROR) return bad("is truncated: its gzip stream does not end");
    if (status != Z_OK)
      return bad(fmt::format("is no sound gzip file: {}", stream.msg != nullptr ? stream.msg : "damaged"));
  }
  if (stream.avail_in > 0 || taken < packed.size()) return bad("goes on after its gzip stream's end");
  return unpacked;
}

}  // namespace

Result<std::string> read_unpacked(const std::string& path) {
  auto bytes = read_file(path, most_bytes);
  if (!bytes || !bytes->starts_with("\x1f\x8b")) return bytes;
  return unpack(*bytes, path);
}

std::string find_packed_or_not(const std::string& directory, const std::string& name) {
  for (const char* ending : {"", ".gz"}) {
    const std::filesystem::path path = std::filesystem::path(directory) / (name + ending);
    std::error_code ignored;
    if (std::filesystem::is_regular_file(path, ignored)) return path.string();
  }
  return {};
}

}  // namespace tiercut::training
