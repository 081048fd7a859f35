// SPDX-License-Identifier: Apache-2.0
#include "kernels/weights_file.hpp"

#include <fmt/format.h>

#include <map>

#include "core/files.hpp"
#include "kernels/byte_stream.hpp"
#include "kernels/weights.hpp"

namespace tiercut::kernels {
namespace {

constexpr std::string_view kind = "tiercut/weights/";
constexpr std::string_view magic = "tiercut/weights/1\n";
constexpr std::size_t magic_field = 24;  // the magic, filled up with zeros
constexpr std::size_t fixed_bytes = magic_field + sizeof(std::uint64_t);
constexpr std::size_t alignment = 64;  // of a layer's values, so that the file can be mapped and read in place
constexpr std::size_t checksum_bytes = 64;
constexpr std::size_t most_bytes = 0xFFFF'FFFF;

/// A layer as the header tells of it.
struct Entry {
  std::string_view name, type;
  model::TensorShape input_shape, shape;
  std::uint64_t offset = 0, floats = 0, words = 0;
};

struct Header {
  std::string_view model, provenance;
  std::vector<Entry> entries;
};

std::size_t padded(std::size_t size) { return (size + alignment - 1) / alignment * alignment; }

std::size_t value_bytes(const WeightCounts& counts) {
  return padded(counts.floats * sizeof(float)) + padded(counts.words() * sizeof(std::uint64_t));
}

void put_shape(ByteWriter& out, const model::TensorShape& shape) {
  out.put(static_cast<std::uint32_t>(shape.extents.size()));
  for (const std::int64_t extent : shape.extents) out.put(extent);
}

model::TensorShape take_shape(ByteReader& in) {
  model::TensorShape shape;
  const auto rank = in.take<std::uint32_t>();
  for (std::uint32_t i = 0; i < rank && in.is_sound(); ++i) shape.extents.push_back(in.take<std::int64_t>());
  return shape;
}

/// The header's bytes, given where the values begin; its length does not depend on that.
std::string header_bytes(const model::Model& model, const WeightsFile& file, std::size_t values_at) {
  ByteWriter out;
  out.put_text(file.model);
  out.put_text(file.provenance);
  out.put(static_cast<std::uint32_t>(model.layers.size()));
  for (const model::Layer& layer : model.layers) {
    const WeightCounts counts = weight_counts(layer);
    out.put_text(layer.name);
    out.put_text(to_text(layer.type));
    put_shape(out, layer.input_shape);
    put_shape(out, layer.shape);
    out.put(static_cast<std::uint64_t>(values_at));
    out.put(static_cast<std::uint64_t>(counts.floats));
    out.put(static_cast<std::uint64_t>(counts.words()));
    values_at += value_bytes(counts);
  }
  return out.take();
}

Diagnostics sizes_that_misfit(const model::Model& model, const WeightsFile& file) {
  Diagnostics misfits;
  if (file.layers.size() != model.layers.size()) {
    misfits.push_back({Severity::error,
                       "weights-misfit",
                       {},
                       fmt::format("weights for {} layers given, model '{}' has {}", file.layers.size(), model.name,
                                   model.layers.size()),
                       {}});
    return misfits;
  }
  for (std::size_t id = 0; id < model.layers.size(); ++id) {
    const WeightCounts counts = weight_counts(model.layers[id]);
    if (file.layers[id].floats.size() == counts.floats && file.layers[id].bits.size() == counts.words()) continue;
    misfits.push_back(
        {Severity::error,
         "weights-misfit",
         {},
         fmt::format("layer '{}' takes {} floats and {} words of bits, {} and {} given", model.layers[id].name,
                     counts.floats, counts.words(), file.layers[id].floats.size(), file.layers[id].bits.size()),
         {}});
  }
  return misfits;
}

tl::unexpected<Diagnostics> bad_file(const std::string& path, const std::string& what, std::string hint) {
  return fail("bad-weights-file", "'" + path + "' " + what, std::move(hint), {path, 0, 0, {}});
}

Result<void> check_frame(const std::string& path, std::string_view bytes) {
  if (!bytes.starts_with(magic)) {
    if (bytes.starts_with(kind))
      return bad_file(path, "is of another version than this program reads",
                      "it reads " + std::string(magic.substr(0, magic.size() - 1)));
    return bad_file(path, "is no file of weights", "it should begin with " + std::string(kind) + "1");
  }
  const std::string again = "copy it again, or train again";
  if (bytes.size() < fixed_bytes + checksum_bytes) return bad_file(path, "is truncated", again);
  const std::string_view content = bytes.substr(0, bytes.size() - checksum_bytes);
  if (bytes.substr(content.size()) != sha256(content))
    return bad_file(path, "is truncated or damaged: its checksum does not hold", again);
  return {};
}

/// Of a file whose frame holds; the checksum says nothing about who wrote it, so every number is still checked.
Result<Header> read_header(const std::string& path, std::string_view content) {
  const auto malformed = [&](const std::string& what) { return bad_file(path, "is malformed: " + what, {}); };
  ByteReader frame(content.substr(magic_field));
  ByteReader in(frame.take_raw(frame.take<std::uint64_t>()));
  Header header{in.take_text(), in.take_text(), {}};
  const auto count = in.take<std::uint32_t>();
  for (std::uint32_t i = 0; i < count && in.is_sound(); ++i) {
    Entry entry;
    entry.name = in.take_text();
    entry.type = in.take_text();
    entry.input_shape = take_shape(in);
    entry.shape = take_shape(in);
    entry.offset = in.take<std::uint64_t>();
    entry.floats = in.take<std::uint64_t>();
    entry.words = in.take<std::uint64_t>();
    const std::uint64_t most = content.size();
    if (entry.offset % alignment != 0 || entry.offset > most || entry.floats > most || entry.words > most ||
        padded(entry.floats * sizeof(float)) + padded(entry.words * sizeof(std::uint64_t)) > most - entry.offset)
      return malformed("the values of layer '" + std::string(entry.name) + "' are not in it");
    header.entries.push_back(std::move(entry));
  }
  if (!frame.is_sound() || !in.is_sound() || in.left() != 0) return malformed("its header does not end where it says");
  return header;
}

/// Why an entry does not serve a layer, or nothing.
std::string misfit_of(const model::Layer& layer, const Entry& entry) {
  const WeightCounts counts = weight_counts(layer);
  if (entry.type != to_text(layer.type))
    return fmt::format("is a {} in the model and a {} in the file", to_text(layer.type), entry.type);
  if (entry.input_shape != layer.input_shape || entry.shape != layer.shape)
    return fmt::format("makes {} of {} in the model and {} of {} in the file", to_text(layer.shape),
                       to_text(layer.input_shape), to_text(entry.shape), to_text(entry.input_shape));
  if (entry.floats != counts.floats || entry.words != counts.words())
    return fmt::format("has {} floats and {} words of bits in the model and {} and {} in the file", counts.floats,
                       counts.words(), entry.floats, entry.words);
  return {};
}

LayerWeights values_of(const Entry& entry, std::string_view content) {
  LayerWeights weights;
  weights.floats.resize(static_cast<std::size_t>(entry.floats));
  weights.bits.resize(static_cast<std::size_t>(entry.words));
  const char* const from = content.data() + entry.offset;
  const std::size_t float_bytes = weights.floats.size() * sizeof(float);
  if (!weights.floats.empty()) std::memcpy(weights.floats.data(), from, float_bytes);
  if (!weights.bits.empty())
    std::memcpy(weights.bits.data(), from + padded(float_bytes), weights.bits.size() * sizeof(std::uint64_t));
  return weights;
}

bool has_bits_past_end(const model::Layer& layer, const LayerWeights& weights) {
  const std::size_t used = weight_counts(layer).bits % 64;
  return used != 0 && weights.bits.back() >> used != 0;
}

}  // namespace

Result<void> write_weights(const std::string& path, const model::Model& model, const WeightsFile& weights) {
  if (Diagnostics misfits = sizes_that_misfit(model, weights); !misfits.empty())
    return tl::unexpected(std::move(misfits));
  const std::size_t header_size = header_bytes(model, weights, 0).size();
  const std::string header = header_bytes(model, weights, padded(fixed_bytes + header_size));
  ByteWriter out;
  out.put_raw(magic);
  out.pad_to(magic_field);
  out.put(static_cast<std::uint64_t>(header.size()));
  out.put_raw(header);
  out.pad_to(alignment);
  for (const LayerWeights& layer : weights.layers) {
    out.put_values(std::span(layer.floats));
    out.pad_to(alignment);
    out.put_values(std::span(layer.bits));
    out.pad_to(alignment);
  }
  std::string bytes = out.take();
  bytes += sha256(bytes);
  return write_file(path, bytes);
}

Result<WeightsFile> read_weights(const std::string& path, const model::Model& model) {
  const auto bytes = read_file(path, most_bytes);
  if (!bytes) return tl::unexpected(bytes.error());
  if (const auto frame = check_frame(path, *bytes); !frame) return tl::unexpected(frame.error());
  const std::string_view content = std::string_view(*bytes).substr(0, bytes->size() - checksum_bytes);
  const auto header = read_header(path, content);
  if (!header) return tl::unexpected(header.error());
  std::map<std::string_view, const Entry*> by_name;
  for (const Entry& entry : header->entries) by_name.emplace(entry.name, &entry);

  WeightsFile file{std::string(header->model), std::string(header->provenance), {}};
  Diagnostics misfits;
  for (const model::Layer& layer : model.layers) {
    const auto found = by_name.find(layer.name);
    const bool is_needed = weight_counts(layer).floats + weight_counts(layer).words() > 0;
    std::string misfit;
    if (found != by_name.end())
      misfit = misfit_of(layer, *found->second);
    else if (is_needed)
      misfit = "is not in the file";
    if (misfit.empty()) {
      file.layers.push_back(found == by_name.end() ? LayerWeights{} : values_of(*found->second, content));
      if (!has_bits_past_end(layer, file.layers.back())) continue;
      misfit = "has bits past the end of its weights in the file";
    }
    misfits.push_back({Severity::error,
                       "weights-misfit",
                       {path, 0, 0, {}},
                       "layer '" + layer.name + "' " + misfit,
                       "these weights belong to model '" + file.model + "'"});
  }
  if (!misfits.empty()) return tl::unexpected(std::move(misfits));
  return file;
}

}  // namespace tiercut::kernels
