// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "training/data/data_request.hpp"
#include "training/data/stored_array.hpp"

/// Private to data/: one reader a format. Each gives all samples of the part as they are stored, pixels in [0, 1];
/// data_request.cpp does what all formats share.
namespace tiercut::training {

Result<Dataset> read_mnist(const DataRequest& request);
Result<Dataset> read_mnist_six(const DataRequest& request);
Result<Dataset> read_named_idx(const DataRequest& request);
Result<Dataset> read_named_npz(const DataRequest& request);
Result<Dataset> read_mvmc(const DataRequest& request);

/// Mean and standard deviation of all pixels of MNIST's training images, in [0, 1].
inline constexpr double mnist_mean = 0.1306604762738429, mnist_deviation = 0.30810780385646264;

/// An input of an array whose first axis counts samples, of at most three axes more. Fails with bad-values, bad-data.
Result<DataInput> input_of(const StoredArray& array, const std::string& name);

/// Labels in 0 to classes - 1; with 0 classes, one more than the highest label is put there. Fails with bad-labels.
Result<std::vector<int>> checked_labels(const StoredArray& array, int& classes);

/// Keeps the devices that a request names and calls them camera1, camera2, .... Fails with bad-data-request.
Result<void> keep_devices(Dataset& data, const DataRequest& request);

}  // namespace tiercut::training
