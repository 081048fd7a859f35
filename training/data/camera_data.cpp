// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "training/data/data_sources.hpp"
#include "training/data/npz_archive.hpp"

namespace tiercut::training {
namespace {

constexpr std::size_t cameras = 6;
constexpr int object_classes = 3;  // car, bus, person
constexpr int out_of_view = 3;     // what the published file has for it; -1 is taken, too

std::string find_archive(const std::string& directory) {
  for (const char* name : {"MVMC.npz", "mvmc.npz"}) {
    const auto path = std::filesystem::path(directory) / name;
    std::error_code ignored;
    if (std::filesystem::is_regular_file(path, ignored)) return path.string();
  }
  return {};
}

tl::unexpected<Diagnostics> missing(const std::string& directory) {
  return fail(
      "missing-data", fmt::format("'{}' has no MVMC.npz", directory),
      "it holds X, [samples, 6, 3, 32, 32], and y, [samples, 6]: class 0 car, 1 bus, 2 person, 3 or -1 where the "
      "object is out of view. Origin: Roig et al., Conditional Random Fields for Multi-Camera Object Detection "
      "(ICCV 2011), EPFL multi-camera car data; packed by https://github.com/kunglab/ddnn (datasets/), whose "
      "download is no longer certain and has no published checksum",
      {directory, 0, 0, {}});
}

/// Camera by camera out of [samples, cameras, 3, 32, 32].
std::vector<DataInput> inputs_of(const std::vector<float>& values, std::size_t samples) {
  constexpr std::size_t image = 3 * 32 * 32;
  std::vector<DataInput> inputs(cameras);
  for (std::size_t camera = 0; camera < cameras; ++camera) {
    inputs[camera].name = fmt::format("camera{}", camera + 1);
    inputs[camera].shape.extents = {3, 32, 32};
    inputs[camera].values.reserve(samples * image);
    for (std::size_t sample = 0; sample < samples; ++sample) {
      const auto first = values.begin() + static_cast<std::ptrdiff_t>((sample * cameras + camera) * image);
      inputs[camera].values.insert(inputs[camera].values.end(), first, first + image);
    }
  }
  return inputs;
}

/// The class that the cameras which see the object agree on; sets in_view.
Result<std::vector<int>> agreed_labels(const StoredArray& array, std::vector<DataInput>& inputs) {
  const auto all = labels_of(array);
  if (!all) return tl::unexpected(all.error());
  const auto bad = [&](std::size_t sample, const std::string& what) {
    return fail("bad-labels", fmt::format("'{}': sample {} {}", array.file, sample, what),
                "0 car, 1 bus, 2 person; 3 or -1 where the object is out of view", {array.file, 0, 0, {}});
  };
  std::vector<int> labels;
  for (std::size_t sample = 0; sample < array.count(); ++sample) {
    int agreed = -1;
    for (std::size_t camera = 0; camera < cameras; ++camera) {
      const int label = (*all)[sample * cameras + camera];
      if (label < -1 || label > out_of_view) return bad(sample, fmt::format("has the label {}", label));
      const bool is_seen = label >= 0 && label < object_classes;
      inputs[camera].in_view.push_back(is_seen ? 1 : 0);
      if (is_seen && agreed >= 0 && label != agreed)
        return bad(sample, fmt::format("shows class {} to one camera and class {} to another", agreed, label));
      if (is_seen) agreed = label;
    }
    if (agreed < 0) return bad(sample, "is out of every camera's view");
    labels.push_back(agreed);
  }
  return labels;
}

}  // namespace

Result<Dataset> read_mvmc(const DataRequest& request) {
  const std::string path = find_archive(request.directory);
  if (path.empty()) return missing(request.directory);
  auto archive = NpzArchive::open(path);
  if (!archive) return tl::unexpected(std::move(archive.error()));
  const auto images = archive->read("X");
  if (!images) return tl::unexpected(images.error());
  const auto labels = archive->read("y");
  if (!labels) return tl::unexpected(labels.error());
  const auto samples = static_cast<std::int64_t>(images->count());
  if (images->extents != std::vector<std::int64_t>{samples, 6, 3, 32, 32} || samples == 0)
    return fail("bad-npz",
                fmt::format("'{}' is {}, not samples x 6x3x32x32", images->file, extents_text(images->extents)),
                "an image a camera", {path, 0, 0, {}});
  if (labels->extents != std::vector<std::int64_t>{samples, 6})
    return fail("bad-npz", fmt::format("'{}' is {}, not {}x6", labels->file, extents_text(labels->extents), samples),
                "a class a camera", {path, 0, 0, {}});

  Dataset data{.name = "mvmc", .origin = {}, .classes = object_classes, .inputs = {}, .labels = {}};
  const auto values = values_of(*images);
  if (!values) return tl::unexpected(values.error());
  data.inputs = inputs_of(*values, images->count());
  auto known = agreed_labels(*labels, data.inputs);
  if (!known) return tl::unexpected(std::move(known.error()));
  data.labels = std::move(*known);
  data.origin = fmt::format("EPFL multi-camera objects as packed by kunglab/ddnn; {} sha256:{}",
                            std::filesystem::path(path).filename().string(), archive->hash());
  if (auto kept = keep_devices(data, request); !kept) return tl::unexpected(std::move(kept.error()));
  return data;
}

Result<void> keep_devices(Dataset& data, const DataRequest& request) {
  if (request.devices.empty()) return {};
  const auto count = static_cast<int>(data.inputs.size());
  std::vector<DataInput> kept;
  std::set<int> seen;
  for (const int device : request.devices) {
    if (device < 1 || device > count || !seen.insert(device).second)
      return fail("bad-data-request", fmt::format("there is no device {} to be had, or it is named twice", device),
                  fmt::format("devices 1 to {}, each at most once", count), request.where);
    kept.push_back(data.inputs[static_cast<std::size_t>(device - 1)]);
    kept.back().name = fmt::format("camera{}", kept.size());
  }
  data.inputs = std::move(kept);
  data.origin += fmt::format("; devices {}", fmt::join(request.devices, ", "));
  return {};
}

}  // namespace tiercut::training
