// SPDX-License-Identifier: Apache-2.0
#include "training/session/checkpoint.hpp"

#include "core/files.hpp"
#include "kernels/byte_stream.hpp"

namespace tiercut::training {
namespace {

constexpr std::string_view magic = "tiercut/checkpoint/1\n";
constexpr std::size_t checksum_bytes = 64;
constexpr std::size_t most_bytes = std::size_t{64} << 30;

void put_long(kernels::ByteWriter& out, const std::string& text) {
  out.put(static_cast<std::uint64_t>(text.size()));
  out.put_raw(text);
}

std::string take_long(kernels::ByteReader& in) { return std::string(in.take_raw(in.take<std::uint64_t>())); }

}  // namespace

Result<void> write_checkpoint(const std::string& path, const Checkpoint& checkpoint) {
  kernels::ByteWriter out;
  out.put_raw(magic);
  put_long(out, checkpoint.settings);
  out.put(static_cast<std::uint64_t>(checkpoint.stage));
  out.put(static_cast<std::int32_t>(checkpoint.epoch));
  out.put(checkpoint.seconds);
  put_long(out, checkpoint.log);
  put_long(out, checkpoint.state);
  std::string bytes = out.take();
  bytes += sha256(bytes);
  return write_file(path, bytes);
}

Result<Checkpoint> read_checkpoint(const std::string& path) {
  const auto bytes = read_file(path, most_bytes);
  if (!bytes) return tl::unexpected(bytes.error());
  const auto bad = [&](const std::string& what) {
    return fail("bad-checkpoint", "'" + path + "' " + what, "delete it, and train from the beginning",
                {path, 0, 0, {}});
  };
  const std::string_view all = *bytes;
  if (!all.starts_with(magic)) return bad("is no checkpoint that this program reads");
  if (all.size() < magic.size() + checksum_bytes) return bad("is truncated");
  const std::string_view content = all.substr(0, all.size() - checksum_bytes);
  if (all.substr(content.size()) != sha256(content)) return bad("is truncated or damaged");
  kernels::ByteReader in(content.substr(magic.size()));
  Checkpoint checkpoint;
  checkpoint.settings = take_long(in);
  checkpoint.stage = in.take<std::uint64_t>();
  checkpoint.epoch = in.take<std::int32_t>();
  checkpoint.seconds = in.take<double>();
  checkpoint.log = take_long(in);
  checkpoint.state = take_long(in);
  if (!in.is_sound() || in.left() != 0) return bad("does not end where it says");
  return checkpoint;
}

}  // namespace tiercut::training
