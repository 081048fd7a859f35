// SPDX-License-Identifier: Apache-2.0
#include "made_digits.hpp"

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <random>

#include "core/files.hpp"

namespace tiercut::training {
namespace {

namespace fs = std::filesystem;

std::string big_endian(std::uint32_t value) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(value >> shift & 255);
  return text;
}

void write_part(const std::string& folder, const std::string& part, std::uint32_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::string images = big_endian(0x0803) + big_endian(count) + big_endian(6) + big_endian(6);
  std::string labels = big_endian(0x0801) + big_endian(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const unsigned label = random() % 4;
    labels += static_cast<char>(label);
    for (unsigned y = 0; y < 6; ++y) {
      for (unsigned x = 0; x < 6; ++x) {
        const bool is_bright = y / 3 == label / 2 && x / 3 == label % 2;
        images += static_cast<char>(is_bright ? 90 + random() % 120 : random() % 110);
      }
    }
  }
  if (!write_file(folder + "/" + part + ".images", images) || !write_file(folder + "/" + part + ".labels", labels))
    throw std::runtime_error("made data cannot be written");
}

}  // namespace

ScratchFolder::ScratchFolder() {
  static std::atomic<int> count = 0;
  path_ =
      (fs::temp_directory_path() / ("tiercut-training-" + std::to_string(::getpid()) + "-" + std::to_string(++count)))
          .string();
  fs::create_directories(path_);
}
ScratchFolder::~ScratchFolder() { fs::remove_all(path_); }
std::string ScratchFolder::path(const std::string& name) const { return name.empty() ? path_ : path_ + "/" + name; }
std::string ScratchFolder::folder(const std::string& name) const {
  fs::create_directories(path(name));
  return path(name);
}

void write_made_digits(const std::string& folder) {
  write_part(folder, "train", 240, 1);
  write_part(folder, "test", 80, 2);
}

std::string made_model() {
  return R"(schema: tiercut/model/1
name: made
layers:
  - {name: image, type: Input, shape: [36]}
  - {name: hidden1, type: Linear, outputs: 8}
  - {name: relu1, type: ReLU}
  - {name: early/scores, type: Linear, outputs: 4}
  - {name: early/softmax, type: Softmax}
  - {name: hidden2, type: Linear, input: relu1, outputs: 16}
  - {name: relu2, type: ReLU}
  - {name: scores, type: Linear, outputs: 4}
  - {name: softmax, type: Softmax}
  - {name: answer, type: Output}
exits:
  early: {layer: early/softmax}
)";
}

std::string made_training(const std::string& more) {
  return R"(schema: tiercut/training/1
name: made/training
model: made.yaml
data:
  format: idx
  files: [train.images, train.labels]
  test_files: [test.images, test.labels]
  classes: 4
batch: 16
optimizer: {method: sgd, rate: 0.1, momentum: 0.9}
)" + more;
}

Result<TrainingPointer> make_training(const ScratchFolder& folder, const std::string& more,
                                      const std::vector<std::string>& overrides) {
  write_made_digits(folder.path());
  if (!write_file(folder.path("made.yaml"), made_model()) || !write_file(folder.path("t.yaml"), made_training(more)))
    throw std::runtime_error("made files cannot be written");
  return read_training(folder.path("t.yaml"), overrides);
}

}  // namespace tiercut::training
