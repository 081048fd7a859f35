// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "training/data/stored_array.hpp"

namespace tiercut::training {

/// What `numpy.savez` and `numpy.savez_compressed` write: a zip archive with a `.npy` file an array.
class NpzArchive {
 public:
  /// Fails with bad-npz when the file is no sound zip archive, and as read_file does.
  static Result<NpzArchive> open(const std::string& path);
  NpzArchive(NpzArchive&&) noexcept;
  NpzArchive& operator=(NpzArchive&&) noexcept;
  ~NpzArchive();

  std::vector<std::string> names() const;  ///< of arrays, without `.npy`
  const std::string& hash() const;         ///< SHA-256 of the file

  /// Fails with bad-npz: no such array (the hint lists them), damaged, not readable (npy_array.hpp).
  Result<StoredArray> read(const std::string& name);

 private:
  NpzArchive();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tiercut::training
