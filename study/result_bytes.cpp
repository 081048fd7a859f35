// SPDX-License-Identifier: Apache-2.0
#include "study/result_bytes.hpp"

#include <cstring>
#include <stdexcept>
#include <type_traits>

namespace tiercut::study {
namespace {

class Writer {
 public:
  template <class T>
  requires std::is_trivially_copyable_v<T>
  void operator()(const T& value) { bytes.append(reinterpret_cast<const char*>(&value), sizeof value); }
  void operator()(const std::string& text) {
    (*this)(text.size());
    bytes += text;
  }
  template <class T>
  void operator()(const std::optional<T>& value) {
    (*this)(value.has_value());
    (*this)(value.value_or(T()));
  }
  template <class T>
  void operator()(const std::vector<T>& values) {
    (*this)(values.size());
    for (const T& value : values) each(*this, value);
  }
  std::string bytes;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}
  template <class T>
  requires std::is_trivially_copyable_v<T>
  void operator()(T& value) { std::memcpy(&value, take(sizeof value).data(), sizeof value); }
  void operator()(std::string& text) {
    std::size_t size = 0;
    (*this)(size);
    text = take(size);
  }
  template <class T>
  void operator()(std::optional<T>& value) {
    bool is_there = false;
    T there{};
    (*this)(is_there);
    (*this)(there);
    value = is_there ? std::optional(there) : std::nullopt;
  }
  template <class T>
  void operator()(std::vector<T>& values) {
    std::size_t size = 0;
    (*this)(size);
    values.clear();
    for (std::size_t i = 0; i < size; ++i) each(*this, values.emplace_back());
  }

 private:
  std::string_view take(std::size_t size) {
    if (size > left_.size()) throw std::logic_error("a result is cut off");
    const std::string_view taken = left_.substr(0, size);
    left_.remove_prefix(size);
    return taken;
  }
  std::string_view left_;
};

template <class Visit, class T>
requires std::is_trivially_copyable_v<std::remove_const_t<T>>
void each(Visit& visit, T& value) { visit(value); }

template <class Visit, class T>
requires std::is_same_v<std::remove_const_t<T>, simulator::Unanswered>
void each(Visit& visit, T& part) { visit(part.ending), visit(part.why), visit(part.samples); }

template <class Visit, class T>
requires std::is_same_v<std::remove_const_t<T>, simulator::ResourceReport>
void each(Visit& visit, T& r) {
  visit(r.name), visit(r.is_link), visit(r.utilisation), visit(r.busy), visit(r.served), visit(r.payload);
  visit(r.control), visit(r.lost), visit(r.dropped);
}

template <class Visit, class T>
requires std::is_same_v<std::remove_const_t<T>, Diagnostic>
void each(Visit& visit, T& d) {
  visit(d.severity), visit(d.code), visit(d.where.file), visit(d.where.line), visit(d.where.column);
  visit(d.where.path), visit(d.message), visit(d.hint);
}

template <class Visit, class T>
requires std::is_same_v<std::remove_const_t<T>, simulator::SimulationResult>
void each(Visit& visit, T& r) {
  visit(r.samples), visit(r.warm_up), visit(r.latency_s), visit(r.percentile_error), visit(r.mean_standard_error_s);
  visit(r.answered_by), visit(r.late), visit(r.fallbacks), visit(r.unanswered), visit(r.right);
  visit(r.latency_by_exit_s), visit(r.total_terms), visit(r.resources), visit(r.duration), visit(r.engine);
  visit(r.engine_version), visit(r.network_model), visit(r.seed), visit(r.is_interrupted);
}

}  // namespace

std::string to_bytes(const Result<simulator::SimulationResult>& result) {
  Writer writer;
  writer(result.has_value());
  if (result) {
    each(writer, *result);
  } else {
    writer(result.error());
  }
  return std::move(writer.bytes);
}

Result<simulator::SimulationResult> result_from(std::string_view bytes) {
  Reader reader(bytes);
  bool is_there = false;
  reader(is_there);
  if (is_there) {
    simulator::SimulationResult result;
    each(reader, result);
    return result;
  }
  Diagnostics errors;
  reader(errors);
  return tl::unexpected(std::move(errors));
}

}  // namespace tiercut::study
