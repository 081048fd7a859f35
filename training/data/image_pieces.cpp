// SPDX-License-Identifier: Apache-2.0
#include "training/data/image_pieces.hpp"

#include <fmt/format.h>

namespace tiercut::training {
namespace {

std::int64_t divide_up(std::int64_t extent, std::int64_t parts) { return (extent + parts - 1) / parts; }

}  // namespace

std::vector<DataInput> cut_into_pieces(const DataInput& image, std::int64_t rows, std::int64_t columns) {
  const std::int64_t height = image.shape.extents[1], width = image.shape.extents[2];
  const std::int64_t piece_height = divide_up(height, rows), piece_width = divide_up(width, columns);
  const std::int64_t above = (rows * piece_height - height) / 2, left = (columns * piece_width - width) / 2;
  const std::size_t samples = image.values.size() / static_cast<std::size_t>(height * width);
  std::vector<DataInput> pieces;
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t column = 0; column < columns; ++column) {
      DataInput& piece = pieces.emplace_back();
      piece.name = fmt::format("camera{}", pieces.size());
      piece.shape.extents = {1, piece_height, piece_width};
      piece.values.reserve(samples * static_cast<std::size_t>(piece_height * piece_width));
      for (std::size_t sample = 0; sample < samples; ++sample) {
        const auto pixels = image.sample(sample);
        for (std::int64_t y = row * piece_height - above; y < (row + 1) * piece_height - above; ++y)
          for (std::int64_t x = column * piece_width - left; x < (column + 1) * piece_width - left; ++x) {
            const bool is_inside = y >= 0 && y < height && x >= 0 && x < width;
            piece.values.push_back(is_inside ? pixels[static_cast<std::size_t>(y * width + x)] : 0.0f);
          }
      }
    }
  return pieces;
}

}  // namespace tiercut::training
