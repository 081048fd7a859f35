// SPDX-License-Identifier: Apache-2.0
#include "training/data/data_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "training/data/data_sources.hpp"
#include "training/data/sample_selection.hpp"

namespace tiercut::training {
namespace {

struct DataFormat {
  std::string name;
  Result<Dataset> (*read)(const DataRequest&);
  bool has_parts;    ///< files of its own for each part
  bool has_devices;  ///< several inputs, one a device
};

const std::vector<DataFormat>& formats() {
  static const std::vector<DataFormat> known = {{"mnist", read_mnist, true, false},
                                                {"mnist-six", read_mnist_six, true, true},
                                                {"idx", read_named_idx, false, false},
                                                {"npz", read_named_npz, false, false},
                                                {"mvmc", read_mvmc, false, true}};
  return known;
}

constexpr double mvmc_held_out = 0.2;  // 680 and 171 samples, DDNN IV-A

class RequestCheck {
 public:
  RequestCheck(const DataRequest& request, const DataFormat& format) : request_(request), format_(format) {}

  Diagnostics run() {
    if (request_.part != "train" && request_.part != "test")
      report("unknown-word", "'" + request_.part + "' is no part of a data set", "train or test");
    if (format_.name == "idx" && request_.files.size() != 2)
      report_request(fmt::format("idx takes two files, images and labels, not {}", request_.files.size()));
    if (format_.name == "npz") check_npz();
    if (!request_.devices.empty() && !format_.has_devices)
      report_request(format_.name + " has no devices to choose from");
    check_held_out();
    check_scaling();
    if (request_.one_against_rest && *request_.one_against_rest < 0) report_request("a class is a number from 0");
    return std::move(found_);
  }

 private:
  void report(std::string code, std::string message, std::string hint) {
    found_.push_back({Severity::error, std::move(code), request_.where, std::move(message), std::move(hint)});
  }
  void report_request(std::string message, std::string hint = {}) {
    report("bad-data-request", std::move(message), std::move(hint));
  }

  void check_npz() {
    if (request_.files.size() != 1) report_request(fmt::format("npz takes one file, not {}", request_.files.size()));
    if (request_.arrays.empty() || request_.label_array.empty())
      report_request("npz takes the names of its arrays", "one an input, and one of the labels");
  }

  void check_held_out() {
    if (!request_.held_out) return;
    if (format_.has_parts) report_request(format_.name + " has a test part of its own", "leave out held_out");
    if (!(*request_.held_out > 0 && *request_.held_out < 1))
      report_request(fmt::format("held_out is {}", *request_.held_out), "a share between 0 and 1");
  }

  void check_scaling() {
    const bool has_both = request_.mean && request_.deviation;
    if (request_.scaling == Scaling::standardized && !has_both && !format_.has_parts)
      report_request("standardized values of " + format_.name + " take mean and deviation",
                     "those of the training part, for both parts");
    if (request_.scaling == Scaling::unit && (request_.mean || request_.deviation))
      report_request("mean and deviation are of standardized values");
    if ((request_.mean && !std::isfinite(*request_.mean)) ||
        (request_.deviation && !(*request_.deviation > 0 && std::isfinite(*request_.deviation))))
      report_request("mean is finite, and deviation is finite and above 0");
  }

  const DataRequest& request_;
  const DataFormat& format_;
  Diagnostics found_;
};

tl::unexpected<Diagnostics> refuse(const DataRequest& request, std::string message, std::string hint) {
  return fail("bad-data-request", std::move(message), std::move(hint), request.where);
}

Result<void> select(Dataset& data, const DataRequest& request, const DataFormat& format) {
  std::optional<double> held_out = request.held_out;
  if (format.name == "mvmc" && !held_out) held_out = mvmc_held_out;
  std::vector<std::size_t> kept;
  if (held_out) {
    kept = split_part(data.size(), *held_out, request.split_seed, request.part == "test");
    data.origin +=
        fmt::format("; {} of a split that holds out {} by seed {}", request.part, *held_out, request.split_seed);
  } else {
    kept.resize(data.size());
    std::iota(kept.begin(), kept.end(), std::size_t{0});
  }
  if (kept.empty()) return refuse(request, "no sample is left for part " + request.part, "hold out another share");
  if (request.first > kept.size())
    return refuse(request, fmt::format("the first {} of {} samples", request.first, kept.size()), "ask for fewer");
  if (request.first > 0) {
    kept.resize(request.first);
    data.origin += fmt::format("; first {}", request.first);
  }
  if (kept.size() < data.size()) keep_samples(data, kept);
  return {};
}

Result<void> relabel(Dataset& data, const DataRequest& request) {
  if (!request.one_against_rest) return {};
  if (*request.one_against_rest >= data.classes)
    return refuse(request, fmt::format("there is no class {}", *request.one_against_rest),
                  fmt::format("classes are 0 to {}", data.classes - 1));
  set_one_against_rest(data, *request.one_against_rest);
  data.origin += fmt::format("; class {} against the rest", *request.one_against_rest);
  return {};
}

Result<void> scale(Dataset& data, const DataRequest& request) {
  if (request.scaling != Scaling::standardized) return {};
  const double mean = request.mean.value_or(mnist_mean), deviation = request.deviation.value_or(mnist_deviation);
  standardize(data, mean, deviation);
  data.origin += fmt::format("; standardized by mean {} and deviation {}", mean, deviation);
  return {};
}

Result<void> reshape(Dataset& data, const DataRequest& request) {
  if (request.shape.empty()) return {};
  model::TensorShape wanted{request.shape};
  const bool is_shape = request.shape.size() <= 3 && std::all_of(request.shape.begin(), request.shape.end(),
                                                                 [](std::int64_t e) { return e >= 1 && e < 1 << 20; });
  for (const DataInput& input : data.inputs)
    if (!is_shape || wanted.elements() != input.shape.elements())
      return refuse(
          request,
          fmt::format("samples of {} cannot be had as {}", model::to_text(input.shape), fmt::join(request.shape, "x")),
          fmt::format("a shape of {} elements", input.shape.elements()));
  for (DataInput& input : data.inputs) input.shape = wanted;
  return {};
}

}  // namespace

const std::vector<std::string>& data_formats() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> known;
    for (const DataFormat& format : formats()) known.push_back(format.name);
    return known;
  }();
  return names;
}

Result<Dataset> load_dataset(const DataRequest& request) {
  const auto format = std::find_if(formats().begin(), formats().end(),
                                   [&](const DataFormat& known) { return known.name == request.format; });
  if (format == formats().end()) {
    const std::string guess = did_you_mean(request.format, data_formats());
    return fail("unknown-word", "'" + request.format + "' is no format of data",
                guess.empty() ? "formats: " + list_words(data_formats()) : "did you mean '" + guess + "'?",
                request.where);
  }
  if (Diagnostics slips = RequestCheck(request, *format).run(); !slips.empty()) return tl::unexpected(std::move(slips));
  auto data = format->read(request);
  if (!data) return data;
  for (const DataInput& input : data->inputs)
    if (input.values.size() != data->size() * static_cast<std::size_t>(input.shape.elements()))
      return fail("bad-data",
                  fmt::format("{} has {} labels and {} samples of {}", data->name, data->size(),
                              input.values.size() / static_cast<std::size_t>(input.shape.elements()), input.name),
                  "one label a sample", {request.directory, 0, 0, {}});
  // Relabelling comes after the split, so that a class is held out alike whatever it is asked for.
  for (const auto step : {+[](Dataset&d, const DataRequest&r, const DataFormat&f) { return select(d, r, f); },
                          +[](Dataset&d, const DataRequest&r, const DataFormat&) { return relabel(d, r); },
                          +[](Dataset&d, const DataRequest&r, const DataFormat&) { return scale(d, r); },
                          +[](Dataset&d, const DataRequest&r, const DataFormat&) { return reshape(d, r); }})
    if (auto done = step(*data, request, *format); !done) return tl::unexpected(std::move(done.error()));
  return data;
}

}  // namespace tiercut::training
