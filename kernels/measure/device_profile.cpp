// SPDX-License-Identifier: Apache-2.0
#include "kernels/measure/device_profile.hpp"

#include <fmt/format.h>

#include <cmath>
#include <map>

#include "core/schema.hpp"
#include "profiles/law_writer.hpp"

namespace tiercut::kernels {
namespace {

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + '"';
}

/// More digits than a measurement has would only look exact.
double rounded(double value, int digits = 4) {
  if (!(value > 0) || !std::isfinite(value)) return value;
  const double scale = std::pow(10.0, digits - 1 - std::floor(std::log10(value)));
  return std::round(value * scale) / scale;
}

std::string time_text(Seconds time) { return format_quantity(rounded(time.value()), Dimension::time); }
std::string rate_text(BytesPerSecond rate) {
  return rate.is_finite() ? fmt::format("{:.4g} GB/s", rate.value() / 1e9) : "unlimited";
}
std::string size_text(Bytes size) {
  const double value = size.value();
  for (const auto& [unit, name] : {std::pair(1024.0 * 1024 * 1024, "GiB"), {1024.0 * 1024, "MiB"}, {1024.0, "KiB"}})
    if (value >= unit && std::fmod(value, unit) == 0) return fmt::format("{} {}", value / unit, name);
  return format_quantity(std::round(value), Dimension::size);
}

std::string provenance_text(const std::string& how) {
  return fmt::format("{{origin: measured, how: {}}}", in_quotes(how));
}

std::string extents_text(const model::TensorShape& shape) {
  return fmt::format("[{}]", fmt::join(shape.extents, ", "));
}

std::string sides_text(int height, int width) {
  return height == width ? std::to_string(height) : fmt::format("[{}, {}]", height, width);
}

bool has_window(model::LayerType type) {
  return type == model::LayerType::convolution || type == model::LayerType::max_pooling ||
         type == model::LayerType::avg_pooling || type == model::LayerType::binary_conv_p;
}

std::string table_text(const Observation& seen) {
  const model::Layer& layer = seen.layer;
  std::string text = fmt::format("      - type: {}\n        input: {}\n        output: {}\n", to_text(layer.type),
                                 extents_text(layer.input_shape), extents_text(layer.shape));
  if (has_window(layer.type)) {
    const model::Window& window = layer.parameters.window;
    text += fmt::format("        window: {{kernel: {}, stride: {}, padding: {}}}\n",
                        sides_text(window.kernel_height, window.kernel_width),
                        sides_text(window.stride_height, window.stride_width),
                        sides_text(window.pad_height, window.pad_width));
  }
  text += fmt::format("        time: {}\n", time_text(seen.median));
  // Of a normal distribution, 80 % lie within 1.28 standard deviations of the middle.
  text += fmt::format("        coefficient_of_variation: {:.3g}\n", std::min(10.0, seen.spread() / 2.563));
  return text +
         fmt::format("        provenance: {}\n",
                     provenance_text(fmt::format(
                         "median of {} runs on {} ({}); p10 {}, p90 {}, p99 {}{}", seen.repetitions, seen.backend,
                         seen.cache == CacheState::warm ? "warm caches" : "cold caches", time_text(seen.p10),
                         time_text(seen.p90), time_text(seen.p99), seen.is_settled ? "" : "; not settled within 1 %")));
}

/// What a table entry can tell apart.
std::string table_key(const Observation& seen) {
  const model::Window& window = seen.layer.parameters.window;
  return fmt::format("{} {} {} {} {} {} {} {} {}", to_text(seen.layer.type), to_text(seen.layer.input_shape),
                     to_text(seen.layer.shape), window.kernel_height, window.kernel_width, window.stride_height,
                     window.stride_width, window.pad_height, window.pad_width);
}

std::string machine_text(const MeasuredDevice& device) {
  const MachineFacts& facts = device.facts;
  std::string text = "machine:\n";
  const auto add = [&](std::string_view key, const std::string& value) {
    if (!value.empty()) text += fmt::format("  {}: {}\n", key, in_quotes(value));
  };
  add("processor", facts.processor);
  add("system", facts.system);
  add("compiler", device.compiler);
  add("backend", device.backend);
  text += fmt::format("  threads: {}\n", device.threads);
  add("date", device.date);
  add("command", device.command);
  if (!facts.caches.empty()) text += "  caches:\n";
  for (const CacheFact& cache : facts.caches)
    text += fmt::format("    - {{level: {}, type: {}, size: {}}}\n", cache.level, cache.type, size_text(cache.size));
  if (!device.bandwidth.empty()) text += "  read_bandwidth:\n";
  for (const BandwidthPoint& point : device.bandwidth)
    text += fmt::format("    - {{working_set: {}, bandwidth: {}}}\n", size_text(point.working_set),
                        rate_text(point.bandwidth));
  const std::vector<Bytes> knees = cache_knees(device.bandwidth);
  if (knees.empty()) return text;
  text += "  cache_knees: [";
  for (std::size_t i = 0; i < knees.size(); ++i) text += (i > 0 ? ", " : "") + size_text(knees[i]);
  return text + "]\n";
}

std::string unit_text(const MeasuredDevice& device) {
  std::string text = fmt::format("units:\n  cpu:\n    kind: cpu\n    cores: {}\n", device.facts.processors);
  if (device.facts.clock.value() > 0)
    text += fmt::format("    clock: {}\n", format_quantity(rounded(device.facts.clock.value()), Dimension::frequency));
  text += fmt::format(
      "    execution: call\n    overhead_per_call: {0}\n    overhead_per_layer: {0}\n    exit_check: {1}\n"
      "    series_correction: {2:.4g}\n    memory: ram\n",
      time_text(device.overhead_per_call), time_text(device.exit_check), device.series_correction);
  // Two layers that an entry cannot tell apart are left to the law.
  std::map<std::string, int> twins;
  for (const Observation& seen : device.table) ++twins[table_key(seen)];
  std::string table;
  for (const Observation& seen : device.table)
    if (twins[table_key(seen)] == 1) table += table_text(seen);
  if (!table.empty()) text += "    table:\n" + table;
  text += "    laws:\n";
  for (const FittedLaw& law : device.laws) text += profiles::to_yaml(law.law, 6);
  // Nothing is done, so nothing is timed: the tensor gets another name.
  return text +
         "      - name: flatten\n        scope: layer\n        types: [Flatten]\n        form: piecewise\n"
         "        axis: traffic\n        points: [[0, 0], [1 GB, 0]]\n        provenance: " +
         provenance_text("a forward pass gives the same memory another name; it was measured with no step for it") +
         "\n";
}

std::string memory_text(const MeasuredDevice& device) {
  const Bytes usable = std::max(device.facts.available_memory, device.runtime_footprint);
  return fmt::format(
      "memory:\n  ram:\n    size: {}\n    usable: {}\n    runtime_footprint: {}\n    provenance: {}\n",
      size_text(device.facts.memory), size_text(usable), size_text(device.runtime_footprint),
      provenance_text(fmt::format("{}, {}: the system's own count (/proc/meminfo, limits of the control group) when "
                                  "measuring began; the footprint is what this process held then",
                                  device.tool, device.date)));
}

}  // namespace

std::string to_yaml(const MeasuredDevice& device) {
  std::string text =
      fmt::format("# SPDX-License-Identifier: Apache-2.0\nschema: tiercut/profile/1\nname: {}\ndescription: {}\n",
                  in_quotes(device.name),
                  in_quotes(fmt::format("{}, {}, measured with {}.", device.facts.processor,
                                        device.threads == 1 ? "one thread" : fmt::format("{} threads", device.threads),
                                        device.tool)));
  if (!device.notes.empty()) text += "notes:\n";
  for (const std::string& note : device.notes) text += fmt::format("  - {}\n", in_quotes(note));
  text += machine_text(device) + unit_text(device) + memory_text(device);
  text += fmt::format("serialise: {0}\ndeserialise: {0}\n", rate_text(device.copy_rate));
  return text + fmt::format("provenance: {}\n",
                            provenance_text(fmt::format("{}: `{}`, {}, {}, threads: {}. {} Series correction: {}. "
                                                        "Serialising is taken as one copy of 1 MiB, measured.",
                                                        device.tool, device.command, device.date, device.backend,
                                                        device.threads, device.summary, device.series_how)));
}

}  // namespace tiercut::kernels
