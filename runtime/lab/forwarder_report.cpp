// SPDX-License-Identifier: Apache-2.0
#include "runtime/lab/forwarder_report.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

namespace tiercut::lab {

std::uint64_t ErrorHistogram::count() const {
  return std::accumulate(packets.begin(), packets.end(), std::uint64_t{0});
}

double ErrorHistogram::percentile(double p) const {
  const std::uint64_t total = count();
  if (total == 0) return 0;
  const auto rank = static_cast<std::uint64_t>(std::ceil(p * static_cast<double>(total)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i + 1 < size; ++i) {
    seen += packets[i];
    if (seen >= rank) return static_cast<double>(i + 1);
  }
  return static_cast<double>(longest_ns) / 1e3;
}

ErrorHistogram ErrorHistogram::since(const ErrorHistogram& earlier) const {
  ErrorHistogram difference = *this;
  for (std::size_t i = 0; i < size; ++i) difference.packets[i] -= earlier.packets[i];
  return difference;
}

std::string report_text(const ForwarderReport& report) {
  const ErrorHistogram& error = report.error;
  std::string text = fmt::format(
      "forwarder: {} packets, late by p50 {:.0f} us, p99 {:.0f} us, p99.9 {:.0f} us, longest {:.0f} us{}\n",
      report.delivered, error.percentile(0.5), error.percentile(0.99), error.percentile(0.999),
      static_cast<double>(error.longest_ns) / 1e3, report.is_real_time ? "" : " (without real-time priority)");
  if (report.refused + report.crowded > 0) {
    text += fmt::format("  {} packets refused, {} dropped as too much was under way\n", report.refused, report.crowded);
  }
  for (const LinkReport& link : report.links) {
    if (link.packets + link.full == 0) continue;
    text += fmt::format("  {:<16} {:>9} packets {:>13} bytes", link.name, link.packets, link.bytes);
    if (link.full > 0) text += fmt::format(", {} dropped: buffer full", link.full);
    if (link.lost > 0) text += fmt::format(", {} lost", link.lost);
    text += "\n";
  }
  return text;
}

std::string report_json(const ForwarderReport& report) {
  nlohmann::ordered_json histogram = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < ErrorHistogram::size; ++i) {
    if (report.error.packets[i] > 0) histogram.push_back({{"from_us", i}, {"packets", report.error.packets[i]}});
  }
  nlohmann::ordered_json links = nlohmann::ordered_json::array();
  for (const LinkReport& link : report.links) {
    links.push_back({{"name", link.name},
                     {"packets", link.packets},
                     {"bytes", link.bytes},
                     {"dropped_full", link.full},
                     {"lost", link.lost}});
  }
  const ErrorHistogram& error = report.error;
  return nlohmann::ordered_json{{"packets", report.delivered},
                                {"refused", report.refused},
                                {"crowded", report.crowded},
                                {"real_time", report.is_real_time},
                                {"late_us",
                                 {{"p50", error.percentile(0.5)},
                                  {"p90", error.percentile(0.9)},
                                  {"p99", error.percentile(0.99)},
                                  {"p999", error.percentile(0.999)},
                                  {"max", static_cast<double>(error.longest_ns) / 1e3}}},
                                {"late_histogram", histogram},
                                {"links", links}}
      .dump();
}

}  // namespace tiercut::lab
