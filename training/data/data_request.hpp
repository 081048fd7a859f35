// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/diagnostic.hpp"
#include "training/dataset.hpp"

namespace tiercut::training {

/// How stored values become the network's. Bytes are divided by 255 first, so that they lie in [0, 1]; floating-point
/// values are taken as they are.
enum class Scaling {
  unit,         ///< nothing more
  standardized  ///< (x - mean) / deviation
};

/// Which samples are wanted, and in which form. The formats (training/README.md has names of files and arrays):
/// `mnist`      four idx files; one input `image`, [1, 28, 28]
/// `mnist-six`  the stand-in for six cameras: pieces of each digit, `camera1` to `camera6`, [1, 10, 14]
/// `idx`        any pair of idx files, named in `files`: images, then labels
/// `npz`        an archive of NumPy arrays, named in `files`; its arrays in `arrays` and `label_array`
/// `mvmc`       six cameras, [3, 32, 32], from MVMC.npz; where the object is out of view, DataInput::in_view is 0
struct DataRequest {
  std::string format;          ///< one of data_formats()
  std::string directory;       ///< where the files lie
  std::string part = "train";  ///< `train` or `test`; for idx and npz see `held_out`

  std::vector<std::string> files = {};  ///< idx: {images, labels}; npz: {archive}; relative to `directory`
  /// npz: {name of the input, name of the array}; an array's first extent counts samples.
  std::vector<std::pair<std::string, std::string>> arrays = {};
  std::string label_array = {};  ///< npz
  int classes = 0;               ///< idx and npz; 0: one more than the highest label

  Scaling scaling = Scaling::unit;
  /// For `standardized`; the formats of MNIST have those of its training images when these are left out.
  std::optional<double> mean = {}, deviation = {};
  /// Replaces the shape of every input, which must have as many elements: {784} for an MLP.
  std::vector<std::int64_t> shape = {};

  /// mnist-six and mvmc: the pieces (from 1) that become camera1, camera2, ... in this order; empty: all six.
  std::vector<int> devices = {};
  std::optional<int> one_against_rest = {};  ///< samples of this class become class 1, all others class 0

  /// idx, npz: share of samples that `split_seed` takes away from `train` and gives to `test`; without it the files
  /// hold one part, and `part` only names it. mvmc, which is one file: 0.2 when absent (680 and 171 of 851).
  std::optional<double> held_out = {};
  std::uint64_t split_seed = 1;
  std::size_t first = 0;  ///< only so many samples, from the first; 0: all

  Location where = {};  ///< of the request in the user's file, for diagnostics
};

/// The names that DataRequest::format can have.
const std::vector<std::string>& data_formats();

/// Reads, checks and shapes the samples. Fails with unknown-word (format, part), missing-data (with names of files,
/// checksums and public origin), bad-idx, bad-npz, bad-data (samples and labels that do not fit), bad-labels,
/// bad-values, bad-data-request, each naming file and remedy.
Result<Dataset> load_dataset(const DataRequest& request);

}  // namespace tiercut::training
