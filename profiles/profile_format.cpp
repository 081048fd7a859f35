// SPDX-License-Identifier: Apache-2.0
#include "profiles/feature_law_reader.hpp"
#include "profiles/profile.hpp"

namespace tiercut::profiles {
namespace {

constexpr double most_error = 1e6;
constexpr double most_extent = 1e9;

ShapePointer layer_type() {
  std::vector<std::string> words;
  for (int i = 0; i < model::layer_type_count; ++i) {
    const auto type = static_cast<model::LayerType>(i);
    if (type != model::LayerType::input && type != model::LayerType::output) words.emplace_back(to_text(type));
  }
  return shape::word(std::move(words));
}

ShapePointer provenance() {
  return shape::record({
      {"origin", shape::word({"measured", "published", "estimated"}), true, "What kind of number this is."},
      {"how", shape::text(), true,
       "measured: tool, command, date, repetitions; published: the source; estimated: method and inputs."},
      {"error_factor", shape::number(1, most_error), false,
       "estimated: the true value is expected within [x / factor, x * factor]."},
  });
}

ShapePointer spread() { return shape::number(0, 10); }

/// Sides are [height, width]; one number stands for both.
ShapePointer sides(double least) {
  return shape::either({shape::integer(least, most_extent), shape::list(shape::integer(least, most_extent), 2)});
}

ShapePointer extents() { return shape::list(shape::integer(1, most_extent), 1); }

ShapePointer table_entry() {
  const auto window = shape::record({
      {"kernel", sides(1), true, "Extent of the window, or [height, width]."},
      {"stride", sides(1), false, "Step of the window; 1 when absent."},
      {"padding", sides(0), false, "Zeros added at each side; 0 when absent."},
  });
  return shape::record({
      {"type", layer_type(), true, "Layer type."},
      {"input", extents(), true, "Shape of the layer's first input, without the batch."},
      {"output", extents(), true, "Shape of the tensor it produces."},
      {"window", window, false, "When given, the layer's window must be the same."},
      {"time", shape::non_negative(Dimension::time), true, "What the layer costs."},
      {"coefficient_of_variation", spread(), false, "Standard deviation over mean of one execution."},
      {"provenance", provenance(), true, "Where the number comes from."},
  });
}

ShapePointer law() {
  // The kind of a point's work follows from the axis, so the law reader checks it.
  const auto point = shape::either({
      shape::list(shape::any(), 2),
      shape::record({{"at", shape::any(), true, "Weights, multiply-accumulates, or bytes moved."},
                     {"cost", shape::any(), true, "Time at this amount of work."}}),
  });
  const std::vector<Field> common = {
      {"name", shape::text(), true, "Name of the law, unique in its unit."},
      {"scope", shape::word({"layer", "stage"}), true, "Applied to each layer, or to the totals of a whole call."},
      {"types", shape::list(layer_type(), 1), false, "Scope layer: the layer types it prices; all when absent."},
      {"coefficient_of_variation", spread(), false, "Standard deviation over mean of one execution."},
      {"provenance", provenance(), true, "Where the law comes from."},
  };
  return shape::tagged(
      "form", common,
      {{"piecewise",
        {{"axis", shape::word({"weights", "macs", "traffic"}), true, "What the cost depends on."},
         {"points", shape::list(point, 1), true, "Pairs [work, time], ascending; straight lines between them."}}},
       {"roofline",
        {{"arithmetic", shape::positive(Dimension::compute), true, "Rate of floating-point operations."},
         {"memory", shape::positive(Dimension::bandwidth), true, "Rate at which weights and activations move."},
         {"overhead", shape::non_negative(Dimension::time), false, "Paid each time the law is applied."}}},
       {"features", feature_law_fields()}});
}

ShapePointer unit() {
  const auto time = shape::non_negative(Dimension::time);
  return shape::record({
      {"kind", shape::word({"cpu", "gpu"}), false, "What the unit is. Required, unless extended."},
      {"cores", shape::integer(1, 1e6), false, "Number of cores, for the reader's information."},
      {"clock", shape::positive(Dimension::frequency), false, "Nominal clock, for the reader's information."},
      {"execution", shape::word({"call", "layer"}), false, "A run of layers as one call (default), or layer by layer."},
      {"overhead_per_call", time, false, "Paid once a call."},
      {"overhead_per_layer", time, false, "Paid once a layer that runs by itself."},
      {"exit_check", time, false, "Computing an exit's confidence and comparing it."},
      {"series_correction", shape::number(0.01, 100), false,
       "Cost of layers run in series over the sum of their own costs; 1 when absent."},
      {"memory", shape::text(), false, "Name of the pool that the unit uses. Required, unless extended."},
      {"busy_power", shape::non_negative(Dimension::power), false,
       "What the whole device draws while only this unit computes."},
      {"table", shape::list(table_entry()), false, "Known costs of exact layers; they go before any law."},
      {"laws", shape::list(law()), false, "Cost laws; the first that covers a layer prices it."},
  });
}

ShapePointer machine() {
  const auto cache = shape::record({
      {"level", shape::integer(1, 9), true, "1 is nearest to the processor."},
      {"type", shape::word({"Data", "Instruction", "Unified"}), true, "What it holds."},
      {"size", shape::positive(Dimension::size), true, "Bytes it holds."},
  });
  const auto point = shape::record({
      {"working_set", shape::positive(Dimension::size), true, "Bytes that are read again and again."},
      {"bandwidth", shape::positive(Dimension::bandwidth), true, "Rate at which one thread reads them."},
  });
  return shape::record({
      {"processor", shape::text(), true, "As it names itself."},
      {"system", shape::text(), false, "Operating system and architecture."},
      {"compiler", shape::text(), false, "Compiler of the kernels, and its flags."},
      {"backend", shape::text(), false, "Kernels that ran, with their versions."},
      {"threads", shape::integer(1, 1e6), false, "Threads that a layer was run on."},
      {"date", shape::text(), false, "When it was measured."},
      {"command", shape::text(), false, "What measured it."},
      {"caches", shape::list(cache), false, "Caches of one processor, as the system tells."},
      {"read_bandwidth", shape::list(point), false, "By working set, ascending."},
      {"cache_knees", shape::list(shape::positive(Dimension::size)), false,
       "Working sets beyond which reading gets slower, from read_bandwidth."},
  });
}

Format make() {
  const auto rate = shape::positive(Dimension::bandwidth, {"unlimited"});
  const auto pool = shape::record({
      {"size", shape::positive(Dimension::size), true, "Installed memory."},
      {"usable", shape::positive(Dimension::size), true, "What models and their runtime may fill."},
      {"runtime_footprint", shape::non_negative(Dimension::size), false,
       "What the inference runtime itself takes of the usable memory."},
      {"provenance", provenance(), true, "Where the numbers come from."},
  });
  const auto interface = shape::record({
      {"bandwidth", rate, true, "What the interface really carries."},
      {"provenance", provenance(), true, "Where the number comes from."},
  });
  const auto transfer = shape::record({
      {"bandwidth", rate, false, "Rate of a copy; unlimited when absent."},
      {"overhead", shape::non_negative(Dimension::time), false, "Paid once a copy."},
  });
  return make_format(
      "tiercut/profile/1", "tiercut device profile",
      {
          {"name", shape::text(), true, "Name of the profile, as raspberry-pi-2/theano-2015."},
          {"description", shape::text(), false, "One sentence."},
          {"notes", shape::list(shape::text()), false, "What a reader of the numbers should know."},
          {"extends", shape::text(), false,
           "Profile that this one changes: the name of a shipped one, or a path relative to this file."},
          {"machine", machine(), false, "Of a measured profile: what it was measured on, and how."},
          {"units", shape::map(unit(), 1), false, "Processors by name. Required, unless extended."},
          {"memory", shape::map(pool, 1), false, "Memory pools by name. Required, unless extended."},
          {"network", shape::map(interface), false, "Network interfaces by name."},
          {"serialise", rate, false, "Tensor to message, on the sender's unit; unlimited when absent."},
          {"deserialise", rate, false, "Message to tensor, on the receiver's unit; unlimited when absent."},
          {"serialise_overhead", shape::non_negative(Dimension::time), false, "Paid once a tensor that is sent."},
          {"deserialise_overhead", shape::non_negative(Dimension::time), false, "Paid once a tensor that is received."},
          {"unit_transfer", transfer, false, "Moving a tensor between units of the device."},
          {"idle_power", shape::non_negative(Dimension::power), false, "What the device draws when nothing computes."},
          {"provenance", provenance(), false, "Of every number that has none of its own. Required, unless extended."},
      });
}

}  // namespace

const Format& profile_format() {
  static const Format format = make();
  return format;
}

}  // namespace tiercut::profiles
