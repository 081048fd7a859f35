// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>

#include "core/document.hpp"
#include "runtime/validation/calibration.hpp"

namespace tiercut::validation {
namespace {

constexpr double most_seconds = 1e6;

Format make() {
  const auto time = shape::non_negative(Dimension::time);
  const auto any_time = shape::quantity(Dimension::time, -most_seconds, most_seconds);
  const auto quantiles = shape::list(shape::number(-1e9, 1e9), QuantileTable::size);
  const auto call = shape::record({
      {"layers", shape::list(shape::text(), 1), true, "Names of the layers that ran, in order."},
      {"time", time, true, "Mean time of the call, with what the agent adds."},
      {"drift", shape::number(0, 10), true, "How much that mean moves between runs, over the mean."},
      {"spread_drift", shape::number(0, 10), false, "How much the logarithm of its scatter moves between runs."},
      {"samples", shape::integer(1, 1e15), true, "How many calls were measured."},
      {"quantiles", quantiles, false, "Of the time over its mean; constant when absent."},
  });
  const auto unit = shape::record({
      {"scale", shape::number(0, 1e9), true, "Measured over priced, for calls that were not measured."},
      {"exit_check", time, false, "Computing an exit's confidence and comparing it."},
      {"calls", shape::list(call), true, "Calls that were measured."},
  });
  const auto device = shape::record({
      {"serialise", time, true, "Paid once a tensor sent, besides its bytes."},
      {"deserialise", time, true, "Paid once a tensor received, besides its bytes."},
      {"serialise_byte", shape::number(0, 1), false, "Seconds a byte sent; the profile's rate when absent."},
      {"deserialise_byte", shape::number(0, 1), false, "Seconds a byte received; the profile's rate when absent."},
      {"units", shape::map(unit), true, "Its processors by name."},
  });
  const auto link = shape::record({
      {"added", any_time, true, "Latency beyond what the scenario states."},
      {"byte", shape::number(0, 1), true, "Seconds a byte beyond what the stated bandwidth makes of it."},
      {"drift", time, true, "How much that moves between runs."},
      {"spread_drift", shape::number(0, 10), false, "How much the logarithm of `deviation` moves between runs."},
      {"deviation", time, true, "Standard deviation of single messages."},
      {"quantiles", quantiles, false, "Of single messages, in deviations from their mean."},
  });
  return make_format("tiercut/calibration/1", "tiercut calibration",
                     {{"how", shape::text(), true, "Where the figures come from: tool, date, machine."},
                      {"runs", shape::list(shape::text(), 1), true, "Runs that it was fitted to."},
                      {"devices", shape::map(device), true, "Devices of scenarios by name."},
                      {"links", shape::map(link), true, "Links of scenarios by name."}});
}

std::string in_quotes(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + '"';
}

std::string time_text(double seconds) { return format_quantity(seconds, Dimension::time); }

/// Without an exponent, as YAML readers differ over those.
std::string number_text(double value) { return fmt::format("{:.18f}", value); }

std::string quantiles_text(const QuantilePointer& table) {
  if (!table) return {};
  std::string text = ", quantiles: [";
  for (std::size_t i = 0; i < QuantileTable::size; ++i) {
    text += fmt::format("{}{:.6g}", i > 0 ? ", " : "", table->values()[i]);
  }
  return text + "]";
}

QuantilePointer quantiles_of(const Node& node, Diagnostics& errors) {
  const Node* list = node.find("quantiles");
  if (list == nullptr) return nullptr;
  std::vector<double> values;
  for (const Node& item : list->items) values.push_back(as_number(item));
  auto table = QuantileTable::from(values);
  if (!table) {
    errors.push_back({Severity::error, "bad-quantiles", list->where,
                      fmt::format("these are not {} ascending numbers", QuantileTable::size),
                      "`tiercut calibrate` writes them"});
  }
  return table;
}

double time_of(const Node& node, const char* key) { return as_quantity(at(node, key), Dimension::time); }

double spread_drift_of(const Node& node) {
  const Node* drift = node.find("spread_drift");
  return drift != nullptr ? as_number(*drift) : 0;
}

CalibratedUnit unit_of(const std::string& name, const Node& node, Diagnostics& errors) {
  CalibratedUnit unit;
  unit.name = name;
  unit.scale = as_number(at(node, "scale"));
  if (const Node* check = node.find("exit_check")) unit.exit_check = as_quantity(*check, Dimension::time);
  for (const Node& item : at(node, "calls").items) {
    CalibratedCall call;
    for (const Node& layer : at(item, "layers").items) call.layers.push_back(layer.text);
    call.time = time_of(item, "time");
    call.drift = as_number(at(item, "drift"));
    call.spread_drift = spread_drift_of(item);
    call.samples = as_integer(at(item, "samples"));
    call.shape = quantiles_of(item, errors);
    unit.calls.push_back(std::move(call));
  }
  return unit;
}

}  // namespace

const Format& calibration_format() {
  static const Format format = make();
  return format;
}

std::string to_yaml(const Calibration& calibration) {
  std::string text = fmt::format("schema: {}\nhow: {}\nruns:\n", calibration_format().id, in_quotes(calibration.how));
  for (const std::string& run : calibration.runs) text += fmt::format("  - {}\n", in_quotes(run));
  text += calibration.devices.empty() ? "devices: {}\n" : "devices:\n";
  for (const CalibratedDevice& device : calibration.devices) {
    text += fmt::format("  {}:\n    serialise: {}\n    deserialise: {}\n", device.name, time_text(device.serialise),
                        time_text(device.deserialise));
    if (device.serialise_byte) text += fmt::format("    serialise_byte: {}\n", number_text(*device.serialise_byte));
    if (device.deserialise_byte)
      text += fmt::format("    deserialise_byte: {}\n", number_text(*device.deserialise_byte));
    text += device.units.empty() ? "    units: {}\n" : "    units:\n";
    for (const CalibratedUnit& unit : device.units) {
      text += fmt::format("      {}:\n        scale: {}\n", unit.name, unit.scale);
      if (unit.exit_check) text += fmt::format("        exit_check: {}\n", time_text(*unit.exit_check));
      text += unit.calls.empty() ? "        calls: []\n" : "        calls:\n";
      for (const CalibratedCall& call : unit.calls) {
        std::string layers;
        for (const std::string& layer : call.layers) layers += (layers.empty() ? "" : ", ") + layer;
        text += fmt::format(
            "          - {{layers: [{}], time: {}, drift: {:.4g}, spread_drift: {:.4g}, samples: {}{}}}\n", layers,
            time_text(call.time), call.drift, call.spread_drift, call.samples, quantiles_text(call.shape));
      }
    }
  }
  text += calibration.links.empty() ? "links: {}\n" : "links:\n";
  for (const CalibratedLink& link : calibration.links) {
    text += fmt::format("  {}: {{added: {}, byte: {}, drift: {}, spread_drift: {:.4g}, deviation: {}{}}}\n", link.name,
                        time_text(link.added), number_text(link.byte), time_text(link.drift), link.spread_drift,
                        time_text(link.deviation), quantiles_text(link.shape));
  }
  return text;
}

Result<Calibration> read_calibration(const std::string& path) {
  const auto document = read_document(path);
  if (!document) return tl::unexpected(document.error());
  Diagnostics errors;
  if (!check(*document, calibration_format(), errors)) return tl::unexpected(std::move(errors));
  const Node& root = document->root;
  Calibration calibration;
  calibration.how = at(root, "how").text;
  for (const Node& run : at(root, "runs").items) calibration.runs.push_back(run.text);
  for (const auto& [name, node] : at(root, "devices").fields) {
    CalibratedDevice device;
    device.name = name;
    device.serialise = time_of(node, "serialise");
    device.deserialise = time_of(node, "deserialise");
    if (const Node* byte = node.find("serialise_byte")) device.serialise_byte = as_number(*byte);
    if (const Node* byte = node.find("deserialise_byte")) device.deserialise_byte = as_number(*byte);
    for (const auto& [unit, value] : at(node, "units").fields) device.units.push_back(unit_of(unit, value, errors));
    calibration.devices.push_back(std::move(device));
  }
  for (const auto& [name, node] : at(root, "links").fields) {
    calibration.links.push_back({name, time_of(node, "added"), as_number(at(node, "byte")), time_of(node, "drift"),
                                 spread_drift_of(node), time_of(node, "deviation"), quantiles_of(node, errors)});
  }
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return calibration;
}

}  // namespace tiercut::validation
