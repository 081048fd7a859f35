// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "training/data/data_sources.hpp"
#include "training/data/gz_file.hpp"
#include "training/data/idx_array.hpp"
#include "training/data/npz_archive.hpp"

namespace tiercut::training {
namespace {

constexpr std::size_t most_sample_axes = 3;

/// The named file in the folder; idx files may have `.gz` behind their names.
Result<std::string> find_file(const DataRequest& request, const std::string& name) {
  const std::string path = find_packed_or_not(request.directory, name);
  if (!path.empty()) return path;
  return fail("missing-data", fmt::format("'{}' has no {}", request.directory, name), "check the folder and the name",
              {request.directory, 0, 0, {}});
}

Result<void> check_counts(const StoredArray& labels, const StoredArray& input) {
  if (labels.count() == input.count() && labels.count() > 0) return {};
  return fail(
      "bad-data",
      fmt::format("'{}' has {} samples and '{}' {} labels", input.file, input.count(), labels.file, labels.count()),
      "one label a sample, and at least one sample", {labels.file, 0, 0, {}});
}

std::string file_name(const std::string& path) { return std::filesystem::path(path).filename().string(); }

}  // namespace

Result<DataInput> input_of(const StoredArray& array, const std::string& name) {
  if (array.extents.size() < 2 || array.extents.size() > 1 + most_sample_axes ||
      std::find(array.extents.begin(), array.extents.end(), 0) != array.extents.end())
    return fail("bad-data",
                fmt::format("'{}' is {}: no samples of one to three axes", array.file, extents_text(array.extents)),
                "the first axis counts samples; then features, or channels, height and width", {array.file, 0, 0, {}});
  auto values = values_of(array);
  if (!values) return tl::unexpected(std::move(values.error()));
  DataInput input{
      .name = name, .shape = {{array.extents.begin() + 1, array.extents.end()}}, .values = std::move(*values)};
  // Images without channels have one.
  if (input.shape.extents.size() == 2) input.shape.extents.insert(input.shape.extents.begin(), 1);
  return input;
}

Result<std::vector<int>> checked_labels(const StoredArray& array, int& classes) {
  auto labels = labels_of(array);
  if (!labels) return labels;
  if (array.extents.size() != 1)
    return fail("bad-labels",
                fmt::format("'{}' is {}, not one label a sample", array.file, extents_text(array.extents)),
                "a single axis", {array.file, 0, 0, {}});
  constexpr int most_classes = 1 << 16;
  const int limit = classes == 0 ? most_classes : classes;
  for (std::size_t i = 0; i < labels->size(); ++i) {
    const int label = (*labels)[i];
    if (label < 0 || label >= limit)
      return fail("bad-labels", fmt::format("'{}' has the label {} of sample {}", array.file, label, i),
                  fmt::format("classes are 0 to {}", limit - 1), {array.file, 0, 0, {}});
  }
  if (classes == 0 && !labels->empty()) classes = 1 + *std::max_element(labels->begin(), labels->end());
  return labels;
}

Result<Dataset> read_named_idx(const DataRequest& request) {
  std::vector<StoredArray> arrays;
  for (const std::string& name : request.files) {
    const auto path = find_file(request, name);
    if (!path) return tl::unexpected(path.error());
    auto array = read_idx(*path);
    if (!array) return tl::unexpected(std::move(array.error()));
    arrays.push_back(std::move(*array));
  }
  if (auto even = check_counts(arrays[1], arrays[0]); !even) return tl::unexpected(std::move(even.error()));
  Dataset data{.name = request.files.front(), .origin = {}, .classes = request.classes, .inputs = {}, .labels = {}};
  auto input = input_of(arrays[0], "image");
  if (!input) return tl::unexpected(std::move(input.error()));
  auto labels = checked_labels(arrays[1], data.classes);
  if (!labels) return tl::unexpected(std::move(labels.error()));
  data.inputs.push_back(std::move(*input));
  data.labels = std::move(*labels);
  for (const StoredArray& array : arrays)
    data.origin +=
        fmt::format("{}{} sha256:{}", data.origin.empty() ? "" : "; ", file_name(array.file), array.source_hash);
  return data;
}

Result<Dataset> read_named_npz(const DataRequest& request) {
  const auto path = find_file(request, request.files.front());
  if (!path) return tl::unexpected(path.error());
  auto archive = NpzArchive::open(*path);
  if (!archive) return tl::unexpected(std::move(archive.error()));
  const auto labels = archive->read(request.label_array);
  if (!labels) return tl::unexpected(labels.error());
  Dataset data{.name = request.files.front(), .origin = {}, .classes = request.classes, .inputs = {}, .labels = {}};
  for (const auto& [name, array_name] : request.arrays) {
    const auto array = archive->read(array_name);
    if (!array) return tl::unexpected(array.error());
    if (auto even = check_counts(*labels, *array); !even) return tl::unexpected(std::move(even.error()));
    auto input = input_of(*array, name);
    if (!input) return tl::unexpected(std::move(input.error()));
    data.inputs.push_back(std::move(*input));
  }
  auto known = checked_labels(*labels, data.classes);
  if (!known) return tl::unexpected(std::move(known.error()));
  data.labels = std::move(*known);
  data.origin = fmt::format("{} sha256:{}", file_name(*path), archive->hash());
  return data;
}

}  // namespace tiercut::training
