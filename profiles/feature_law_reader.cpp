// SPDX-License-Identifier: Apache-2.0
#include "profiles/feature_law_reader.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace tiercut::profiles {
namespace {

constexpr double most_steps = 1e9;
constexpr double most_amount = 1e15;
constexpr double most_side = 1e6;

void bad_law(Diagnostics& diagnostics, const Node& node, std::string message, std::string hint) {
  diagnostics.push_back({Severity::error, "bad-law", node.where, std::move(message), std::move(hint)});
}

template <class Visit>
void for_each_extent(Visit&& visit) {
  for (int i = 0; i < extent_count; ++i) visit(static_cast<Extent>(i));
}

ShapePointer steps() {
  std::vector<Field> fields;
  for_each_extent([&](Extent extent) {
    const bool is_size = is_in_bytes(extent);
    fields.push_back({std::string(to_text(extent)),
                      is_size ? shape::quantity(Dimension::size, 1, most_steps) : shape::integer(1, most_steps), false,
                      is_size ? "A step of so many bytes." : "A step of so many; 1 counts each."});
  });
  return shape::record(std::move(fields));
}

ShapePointer spans() {
  std::vector<Field> fields;
  for_each_extent([&](Extent extent) {
    const auto end = is_in_bytes(extent) ? shape::non_negative(Dimension::size) : shape::number(0, most_amount);
    fields.push_back({std::string(to_text(extent)), shape::list(end, 2), false, "[least, most] observed."});
  });
  return shape::record(std::move(fields));
}

ShapePointer limits() {
  std::vector<Field> fields;
  for_each_extent([&](Extent extent) {
    fields.push_back({std::string(to_text(extent)),
                      is_in_bytes(extent) ? shape::positive(Dimension::size) : shape::integer(1, most_steps), false,
                      "The layer's is less."});
  });
  return shape::record(std::move(fields));
}

ShapePointer condition() {
  return shape::record({
      {"depthwise", shape::boolean(), false, "Convolution with one input channel a group."},
      {"single_filter", shape::boolean(), false, "Convolution with one output channel a group."},
      {"pointwise", shape::boolean(), false, "Convolution of 1x1 with stride 1 and no padding."},
      {"whole_input", shape::boolean(), false, "One window that is all of the image."},
      {"padded", shape::boolean(), false, "The window reaches beyond the image."},
      {"flat", shape::boolean(), false, "One output position a channel."},
      {"packed_input", shape::boolean(), false, "The inputs are bits."},
      {"kernel", shape::integer(1, most_side), false, "Side of a square window."},
      {"stride", shape::integer(1, most_side), false, "Step of the window, the same both ways."},
      {"below", limits(), false, "Extents that are less than so much."},
  });
}

ShapePointer term() {
  const auto size = shape::non_negative(Dimension::size);
  return shape::record({
      {"time", shape::positive(Dimension::time), true, "Cost of each step."},
      {"per", steps(), false,
       "Extents of the layer, each counted in started steps; the feature is the product of all."},
      {"whole", steps(), false, "Extents counted in whole steps, without what is left over."},
      {"near", steps(), false, "Extents counted in whole steps, and one more for more than half a step left over."},
      {"spare", steps(), false, "What of the extents is left over behind whole steps, if at most half a step."},
      {"rest", steps(), false, "What of the extents is left over behind whole steps."},
      {"odd", steps(), false, "1 where the number of whole steps is odd, else 0."},
      {"uneven", steps(), false, "1 where anything is left over behind whole steps, else 0."},
      {"beyond",
       shape::record({{"from", size, true, "Sizes up to here cost nothing of this term."},
                      {"to", size, true, "Sizes from here on cost all of it."},
                      {"of", steps(), false,
                       "The size: extents, each rounded up to its step, multiplied; floats of 4 bytes unless one is in "
                       "bytes. The working set when absent."}}),
       false, "Where a cache ends: the term grows in between in proportion."},
  });
}

ShapePointer error() {
  const auto share = shape::quantity(Dimension::ratio, 0, 100);
  return shape::record({{"p50", share, true, "Half of the predictions are nearer."},
                        {"p90", share, true, "90 % of the predictions are nearer."},
                        {"p99", share, true, "99 % of the predictions are nearer."}});
}

Condition condition_from(const Node& node) {
  Condition condition;
  const auto read_flag = [&](std::string_view key, std::optional<bool>& to) {
    if (const Node* flag = node.find(key)) to = as_boolean(*flag);
  };
  const auto read_side = [&](std::string_view key, std::optional<int>& to) {
    if (const Node* side = node.find(key)) to = static_cast<int>(as_integer(*side));
  };
  read_flag("depthwise", condition.depthwise);
  read_flag("single_filter", condition.single_filter);
  read_flag("pointwise", condition.pointwise);
  read_flag("whole_input", condition.whole_input);
  read_flag("padded", condition.padded);
  read_flag("flat", condition.flat);
  read_flag("packed_input", condition.packed_input);
  read_side("kernel", condition.kernel);
  read_side("stride", condition.stride);
  if (const Node* below = node.find("below")) {
    for_each_extent([&](Extent extent) {
      if (const Node* limit = below->find(to_text(extent)))
        condition.below.push_back(
            {extent, is_in_bytes(extent) ? as_quantity(*limit, Dimension::size) : as_number(*limit)});
    });
  }
  return condition;
}

void add_factors(const Node& node, Count count, std::vector<FeatureTerm::Factor>& factors) {
  for_each_extent([&](Extent extent) {
    if (const Node* step = node.find(to_text(extent)))
      factors.push_back({extent, is_in_bytes(extent) ? as_quantity(*step, Dimension::size) : as_number(*step), count});
  });
}

bool has_footprint(const std::vector<FeatureTerm::Factor>& factors) {
  return std::ranges::find(factors, Extent::footprint, &FeatureTerm::Factor::extent) != factors.end();
}

FeatureTerm term_from(const Node& node, Diagnostics& diagnostics) {
  FeatureTerm term;
  term.time = Seconds(as_quantity(at(node, "time"), Dimension::time));
  for (int i = 0; i < count_kinds; ++i) {
    const auto count = static_cast<Count>(i);
    if (const Node* factors = node.find(to_text(count))) add_factors(*factors, count, term.factors);
  }
  if (has_footprint(term.factors))
    bad_law(diagnostics, node, "a footprint is no amount of work",
            "say `beyond: {from: ..., to: ..., of: {footprint: 1 B}}`");
  if (const Node* beyond = node.find("beyond")) {
    term.from = as_quantity(at(*beyond, "from"), Dimension::size);
    term.to = as_quantity(at(*beyond, "to"), Dimension::size);
    if (const Node* of = beyond->find("of")) add_factors(*of, Count::started, term.of);
    if (has_footprint(term.of) && !term.is_of_footprint())
      bad_law(diagnostics, *beyond, "the footprint stands alone", "write of: {footprint: 1 B}");
    if (!(term.from < term.to))
      bad_law(diagnostics, *beyond, "a term that grows from one working set to another has `from` below `to`",
              "write {from: 1 MB, to: 2 MB}");
  }
  return term;
}

void read_spans(const Node& node, FeaturePiece& piece, Diagnostics& diagnostics) {
  for_each_extent([&](Extent extent) {
    const Node* span = node.find(to_text(extent));
    if (span == nullptr) return;
    const auto end = [&](std::size_t i) {
      return is_in_bytes(extent) ? as_quantity(span->items[i], Dimension::size) : as_number(span->items[i]);
    };
    if (span->items.size() != 2 || end(0) > end(1)) {
      bad_law(diagnostics, *span, "`" + std::string(to_text(extent)) + "` has no least and most",
              "write [least, most]");
      return;
    }
    piece.fitted.push_back({extent, end(0), end(1)});
  });
}

FeaturePiece piece_from(const Node& node, Diagnostics& diagnostics) {
  FeaturePiece piece;
  if (const Node* when = node.find("when")) piece.when = condition_from(*when);
  for (const Node& item : at(node, "terms").items) piece.terms.push_back(term_from(item, diagnostics));
  if (const Node* error = node.find("error")) {
    const auto share = [&](std::string_view key) { return as_quantity(at(*error, key), Dimension::ratio); };
    piece.error = {share("p50"), share("p90"), share("p99")};
  }
  if (const Node* windows = node.find("windows"))
    for (const Node& window : windows->items) {
      if (window.items.size() == 2)
        piece.windows.push_back(
            {static_cast<int>(as_integer(window.items[0])), static_cast<int>(as_integer(window.items[1]))});
      else
        bad_law(diagnostics, window, "a window has a kernel and a stride", "write [3, 1]");
    }
  if (const Node* fitted = node.find("fitted")) read_spans(*fitted, piece, diagnostics);
  return piece;
}

/// most_weights asks a law of Linear for the inverse.
bool covers_linear(const Node& node) {
  const Node* types = node.find("types");
  return types == nullptr || types->items.empty() || std::ranges::any_of(types->items, [](const Node& type) {
           return type.text == model::to_text(model::LayerType::linear);
         });
}

bool is_monotone(const FeaturePiece& piece) {
  return piece.when.below.empty() && std::ranges::all_of(piece.terms, [](const FeatureTerm& term) {
           return std::ranges::all_of(term.factors, [](const auto& factor) { return is_monotone(factor.count); });
         });
}

}  // namespace

std::vector<Field> feature_law_fields() {
  const auto piece = shape::record({
      {"when", condition(), false, "Which layers the piece prices; all that no piece before it does when absent."},
      {"terms", shape::list(term(), 1), true, "Their sum is the cost."},
      {"error", error(), false, "Share by which predictions of layers not fitted to are off."},
      {"windows", shape::list(shape::list(shape::integer(0, most_side), 2), 1), false,
       "[kernel, stride] of the windows observed; a price of another is marked extrapolated."},
      {"fitted", spans(), false, "What the observations reached over; a price outside is marked extrapolated."},
  });
  return {{"pieces", shape::list(piece, 1), true, "The first piece whose condition holds prices a layer."}};
}

FeatureLaw feature_law_from(const Node& node, Diagnostics& diagnostics) {
  FeatureLaw law;
  const Node& pieces = at(node, "pieces");
  if (at(node, "scope").text == "stage")
    bad_law(diagnostics, at(node, "scope"), "a law of features needs the shapes of a layer, not totals of a call",
            "use scope: layer");
  const bool is_for_linear = covers_linear(node);
  for (std::size_t i = 0; i < pieces.items.size(); ++i) {
    law.pieces.push_back(piece_from(pieces.items[i], diagnostics));
    const bool is_last = i + 1 == pieces.items.size(), is_for_all = law.pieces.back().when.is_empty();
    if (is_last && !is_for_all)
      bad_law(diagnostics, pieces.items[i], "the last piece has a condition, so some layers would have no price",
              "end with a piece without `when`");
    if (is_for_linear && !is_monotone(law.pieces.back()))
      bad_law(diagnostics, pieces.items[i], "a law of Linear that may fall as a layer grows has no inverse",
              "use neither whole's rest (spare, rest, odd, uneven) nor `below` there, or give Linear a law of its own");
    if (!is_last && is_for_all)
      bad_law(diagnostics, pieces.items[i], "a piece without condition leaves nothing to those after it",
              "put it last, or give it a `when`");
  }
  return law;
}

}  // namespace tiercut::profiles
