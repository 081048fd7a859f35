// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "model/model.hpp"

namespace tiercut::model {
namespace {

using shape::either;
using shape::integer;
using shape::list;
using shape::record;
using shape::text;
using shape::word;

using Fields = std::vector<Field>;

constexpr double most_outputs = 1e9;
constexpr double most_side = 65535;

Field required(std::string key, ShapePointer shape, std::string meaning) {
  return {std::move(key), std::move(shape), true, std::move(meaning)};
}

Field optional(std::string key, ShapePointer shape, std::string meaning) {
  return {std::move(key), std::move(shape), false, std::move(meaning)};
}

/// One number for both sides, or [height, width].
ShapePointer sides(double least) { return either({integer(least, most_side), list(integer(least, most_side), 2)}); }

Field kernel() { return required("kernel", sides(1), "Window size: n, or [height, width]."); }
Field padding() { return optional("padding", sides(0), "Rows and columns added on every side; default 0."); }
Field stride(const std::string& otherwise) {
  return optional("stride", sides(1), "Steps of the window: n, or [height, width]; default " + otherwise + ".");
}
Field outputs(const std::string& what) { return required("outputs", integer(1, most_outputs), what); }
Field bias() { return optional("bias", shape::boolean(), "Whether a bias is added; default true."); }

ShapePointer extents() { return list(integer(1, most_outputs), 1); }

Field asserted_shape() {
  return optional("shape", extents(), "What the layer must produce; derived anyway, and checked when given.");
}

Fields join(Fields more = {}) {
  more.push_back(asserted_shape());
  more.insert(more.begin(), required("input", list(text(), 1), "The layers to join; one is allowed."));
  return more;
}

Fields after_one(Fields more = {}) {
  more.push_back(asserted_shape());
  more.insert(more.begin(), optional("input", either({text(), list(text(), 1)}),
                                     "The layer before; default: the one listed before."));
  return more;
}

Fields pooling() {
  return after_one({kernel(), stride("the kernel"), padding(),
                    optional("round", word({"floor", "ceil"}), "How the output extent is rounded; default floor.")});
}

Fields input() {
  return {required("shape", extents(), "[channels, height, width] or [features]."),
          optional("encoding", word({"f32", "f16", "int8", "bit"}), "How a raw element arrives; default f32.")};
}

std::vector<std::pair<std::string, Fields>> layer_variants() {
  const ShapePointer any_number =
      shape::number(std::numeric_limits<double>::lowest(), std::numeric_limits<double>::max());
  const ShapePointer pool = record({kernel(), stride("the kernel"), padding()});
  return {
      {"Input", input()},
      {"Linear", after_one({outputs("Features out."), bias()})},
      {"Convolution",
       after_one({outputs("Channels out."), kernel(), stride("1"), padding(),
                  optional("groups", integer(1, most_outputs), "Groups of channels; default 1."), bias()})},
      {"MaxPooling", pooling()},
      {"AvgPooling", pooling()},
      {"BatchNormalization", after_one()},
      {"ReLU", after_one()},
      {"PReLU", after_one({optional("slopes", word({"shared", "channel"}), "One slope, or one a channel.")})},
      {"Sigmoid", after_one()},
      {"Tanh", after_one()},
      {"Threshold", after_one({required("threshold", any_number, "What x must exceed to pass."),
                               required("value", any_number, "What replaces an x that does not pass.")})},
      {"Softmax", after_one()},
      {"Flatten", after_one()},
      {"JoinMax", join()},
      {"JoinAverage", join()},
      {"JoinConcatenate",
       join({optional("axis", integer(0, 2), "The extent along which inputs are appended; default 0, channels.")})},
      {"JoinAdd", join()},
      {"BinaryFC", after_one({outputs("Features out.")})},
      {"BinaryConvP", after_one({outputs("Filters."), kernel(), stride("1"), padding(),
                                 required("pool", pool, "The max pooling behind the convolution.")})},
      {"Output", after_one()},
  };
}

ShapePointer layer() {
  return shape::tagged("type", {required("name", text(), "Letters, digits and _ - / . ; unique in the model.")},
                       layer_variants());
}

ShapePointer exit() {
  const double most_class = (1 << 20) - 1;
  return record({
      required("layer", text(), "The last layer of the branch; it gives the class scores."),
      optional("confidence", word({"normalized_entropy", "max_probability", "margin"}),
               "What is held against the threshold; default normalized_entropy."),
      optional("answers", list(integer(0, most_class), 1), "Branch classes it may answer with; default all."),
      optional("class_map", shape::map(shape::any(), 1),
               "Branch class to model class or `none`; a class that is not listed maps to itself."),
  });
}

}  // namespace

const Format& model_format() {
  static const Format format = make_format(
      "tiercut/model/1", "A neural network: layers, tensors, exits",
      {
          required("name", text(), "What the model is called."),
          optional("description", text(), "One sentence on what it is for."),
          optional("notes", list(text(), 1), "What a reader should know, as a slip of the source."),
          required("layers", list(layer(), 1), "The layers, in any order."),
          optional("exits", shape::map(exit(), 1), "Side branches that may answer early, in the order of asking."),
      });
  return format;
}

}  // namespace tiercut::model
