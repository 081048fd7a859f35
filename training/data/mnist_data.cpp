// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <string_view>

#include "training/data/data_sources.hpp"
#include "training/data/gz_file.hpp"
#include "training/data/idx_array.hpp"
#include "training/data/image_pieces.hpp"

namespace tiercut::training {
namespace {

struct PublicFile {
  std::string_view name;
  std::string_view sha256;  ///< of the unpacked file, as packers differ
};

constexpr std::array<PublicFile, 4> files = {{
    {"train-images-idx3-ubyte", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
    {"train-labels-idx1-ubyte", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"},
    {"t10k-images-idx3-ubyte", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
    {"t10k-labels-idx1-ubyte", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"},
}};
constexpr std::string_view origin = "http://yann.lecun.com/exdb/mnist/ (LeCun, Cortes, Burges)";
constexpr std::string_view mirror = "https://ossci-datasets.s3.amazonaws.com/mnist/";

tl::unexpected<Diagnostics> missing(const std::string& directory, const std::vector<std::string>& names) {
  std::string hint = fmt::format(
      "put these there, packed by gzip or not, from {} or {} (SHA-256 of the unpacked file):", origin, mirror);
  for (const PublicFile& file : files) hint += fmt::format("\n    {}  {}", file.sha256, file.name);
  return fail("missing-data", fmt::format("'{}' has no {}", directory, list_words(names)), std::move(hint),
              {directory, 0, 0, {}});
}

std::string described(const StoredArray& array, const PublicFile& file) {
  return fmt::format("{} sha256:{}{}", file.name, array.source_hash,
                     array.source_hash == file.sha256 ? "" : " (not the public file)");
}

}  // namespace

Result<Dataset> read_mnist(const DataRequest& request) {
  const std::size_t first = request.part == "test" ? 2 : 0;
  std::vector<std::string> paths, absent;
  for (std::size_t i = first; i < first + 2; ++i) {
    paths.push_back(find_packed_or_not(request.directory, std::string(files[i].name)));
    if (paths.back().empty()) absent.push_back(fmt::format("{0} or {0}.gz", files[i].name));
  }
  if (!absent.empty()) return missing(request.directory, absent);

  const auto images = read_idx(paths[0]);
  if (!images) return tl::unexpected(images.error());
  const auto labels = read_idx(paths[1]);
  if (!labels) return tl::unexpected(labels.error());
  if (images->type != ElementType::uint8 || images->extents.size() != 3 || images->extents[1] != 28 ||
      images->extents[2] != 28)
    return fail("bad-idx",
                fmt::format("'{}' holds {}, not digits of 28x28 bytes", paths[0], extents_text(images->extents)),
                "other images are read with `format: idx`", {paths[0], 0, 0, {}});

  Dataset data{.name = "mnist", .origin = {}, .classes = 10, .inputs = {}, .labels = {}};
  auto input = input_of(*images, "image");
  if (!input) return tl::unexpected(std::move(input.error()));
  auto known = checked_labels(*labels, data.classes);
  if (!known) return tl::unexpected(std::move(known.error()));
  data.inputs.push_back(std::move(*input));
  data.labels = std::move(*known);
  data.origin =
      fmt::format("{}; {}; {}", origin, described(*images, files[first]), described(*labels, files[first + 1]));
  return data;
}

Result<Dataset> read_mnist_six(const DataRequest& request) {
  auto data = read_mnist(request);
  if (!data) return data;
  data->inputs = cut_into_pieces(data->inputs.front(), 3, 2);
  data->name = "mnist-six-pieces (stand-in)";
  data->origin +=
      "; a stand-in for six cameras: each digit, with a row of zeros above and below, cut into 3 x 2 pieces";
  if (auto kept = keep_devices(*data, request); !kept) return tl::unexpected(std::move(kept.error()));
  return data;
}

}  // namespace tiercut::training
