// SPDX-License-Identifier: Apache-2.0
#include "training/data/npz_archive.hpp"

#include <fmt/format.h>
#include <zip.h>

#include <array>
#include <utility>

#include "core/files.hpp"
#include "training/data/npy_array.hpp"

namespace tiercut::training {
namespace {

constexpr std::string_view ending = ".npy";
constexpr std::size_t most_bytes = std::size_t{4} << 30;

struct CloseArchive {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct CloseFile {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

std::string text_and_end(zip_error_t& error) {
  std::string text = zip_error_strerror(&error);
  zip_error_fini(&error);
  return text;
}

}  // namespace

struct NpzArchive::State {
  std::string path, bytes, hash;
  std::unique_ptr<zip_t, CloseArchive> archive;

  tl::unexpected<Diagnostics> bad(const std::string& what, std::string hint) const {
    return fail("bad-npz", fmt::format("'{}' {}", path, what), std::move(hint), {path, 0, 0, {}});
  }
};

NpzArchive::NpzArchive() : state_(std::make_unique<State>()) {}
NpzArchive::NpzArchive(NpzArchive&&) noexcept = default;
NpzArchive& NpzArchive::operator=(NpzArchive&&) noexcept = default;
NpzArchive::~NpzArchive() = default;

const std::string& NpzArchive::hash() const { return state_->hash; }

Result<NpzArchive> NpzArchive::open(const std::string& path) {
  auto bytes = read_file(path, most_bytes);
  if (!bytes) return tl::unexpected(std::move(bytes.error()));
  NpzArchive result;
  State& state = *result.state_;
  state.path = path;
  state.bytes = std::move(*bytes);
  state.hash = sha256(state.bytes);
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* const source = zip_source_buffer_create(state.bytes.data(), state.bytes.size(), 0, &error);
  if (source != nullptr) {
    state.archive.reset(zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error));
    if (state.archive == nullptr) zip_source_free(source);
  }
  if (state.archive == nullptr)
    return state.bad("is no sound .npz archive: " + text_and_end(error), "write it again with numpy.savez");
  zip_error_fini(&error);
  return result;
}

std::vector<std::string> NpzArchive::names() const {
  std::vector<std::string> names;
  const zip_int64_t count = zip_get_num_entries(state_->archive.get(), 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    const char* const raw = zip_get_name(state_->archive.get(), static_cast<zip_uint64_t>(i), 0);
    const std::string name = raw == nullptr ? "" : raw;
    if (name.ends_with(ending)) names.push_back(name.substr(0, name.size() - ending.size()));
  }
  return names;
}

Result<StoredArray> NpzArchive::read(const std::string& name) {
  State& state = *state_;
  const std::string entry = name + std::string(ending);
  zip_stat_t status;
  zip_stat_init(&status);
  if (zip_stat(state.archive.get(), entry.c_str(), 0, &status) != 0) {
    const auto known = names();
    return state.bad("has no array '" + name + "'", known.empty() ? "it holds none" : "arrays: " + list_words(known));
  }
  const auto damaged = [&](const std::string& what) {
    return state.bad("is damaged in array '" + name + "': " + what, "fetch or write the file again");
  };
  if ((status.valid & ZIP_STAT_SIZE) == 0 || status.size > most_bytes) return damaged("more than 4 GiB");
  const std::unique_ptr<zip_file_t, CloseFile> file(zip_fopen(state.archive.get(), entry.c_str(), 0));
  if (file == nullptr) return damaged(zip_strerror(state.archive.get()));
  std::string bytes;
  std::array<char, 1u << 16> chunk;
  while (true) {
    const zip_int64_t count = zip_fread(file.get(), chunk.data(), chunk.size());
    if (count < 0) return damaged(zip_file_strerror(file.get()));
    if (count == 0) break;
    bytes.append(chunk.data(), static_cast<std::size_t>(count));
    if (bytes.size() > most_bytes) return damaged("more than 4 GiB");
  }
  if (bytes.size() != status.size) return damaged("it ends too early");
  auto array = parse_npy(bytes, state.path + "/" + name);
  if (array) array->source_hash = state.hash;
  return array;
}

}  // namespace tiercut::training
