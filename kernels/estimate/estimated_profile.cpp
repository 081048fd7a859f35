// SPDX-License-Identifier: Apache-2.0
#include "kernels/estimate/estimated_profile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kernels/estimate/cycles.hpp"
#include "profiles/law_writer.hpp"

namespace tiercut::kernels {
namespace {

using model::LayerType;
using profiles::CostLaw;
using profiles::Extent;
using profiles::FeaturePiece;
using profiles::FeatureTerm;

/// Four digits: more would look exact.
Seconds rounded(double seconds) {
  if (seconds <= 0) return Seconds(0);
  const double scale = std::pow(10.0, 3 - std::floor(std::log10(seconds)));
  return Seconds(std::round(seconds * scale) / scale);
}

/// A layer's share of a cache: the rest of its network runs between two of its runs, and holds one to four times as
/// much as its largest layer (Big-Little, AlexNet, OverFeat, MobileNet).
constexpr double share = 0.25;

/// A stream larger than a cache evicts itself: at twice its size nothing is left from the pass before.
FeatureTerm beyond(FeatureTerm term, double cache, double seconds) {
  term.time = rounded(seconds);
  term.from = share * cache;
  term.to = 2 * share * cache;
  return term;
}

/// What `bytes` that stream through take longer than `hidden` seconds from each level on.
void add_waiting(const BoardUnit& unit, const FeatureTerm& term, double bytes, double hidden,
                 std::vector<FeatureTerm>& terms) {
  const auto add = [&](double cache, Quantity rate) {
    const double longer = bytes / unit[rate] - hidden;
    if (longer <= 0) return;
    terms.push_back(beyond(term, cache, longer));
    hidden += longer;
  };
  if (!unit.has(Quantity::far_cache)) return add(unit[Quantity::near_cache], Quantity::memory_read);
  add(unit[Quantity::near_cache], Quantity::far_cache_read);
  add(unit[Quantity::far_cache], Quantity::memory_read);
}

FeaturePiece piece_of(const BoardUnit& unit, const KernelKind& kind) {
  const std::vector<double> times = step_times(unit, kind);
  FeaturePiece piece{.when = kind.when};
  if (times[0] > 0) piece.terms.push_back({.time = rounded(times[0])});
  for (std::size_t i = 0; i < kind.features.size(); ++i) {
    if (times[i + 1] > 0) piece.terms.push_back({.factors = kind.features[i], .time = rounded(times[i + 1])});
  }
  if (kind.streamed_bytes > 0) {
    add_waiting(unit, {.factors = kind.features[kind.streamed]}, kind.streamed_bytes, times[kind.streamed + 1],
                piece.terms);
  }
  if (kind.type == LayerType::convolution && !kind.when.whole_input && !kind.when.depthwise) {
    // The filters pass by once for every block of pixels; nothing of that is taken to hide behind the products.
    const KernelKind::Feature passes = {
        {Extent::groups, 1}, {Extent::filters, 1}, {Extent::depth, 1}, {Extent::pixels, 288}};
    add_waiting(unit, {.factors = passes, .of = {{Extent::weight_bytes, 1}}}, 4, 0, piece.terms);
  }
  return piece;
}

profiles::Provenance provenance_of(const BoardUnit& unit, std::string how) {
  return {.origin = profiles::Origin::estimated,
          .how = how + " Inputs and their sources: docs/estimates.md. Error: " + std::string(unit.error_reason) + ".",
          .error_factor = unit.error_factor};
}

std::vector<CostLaw> laws_by_counts(const BoardUnit& unit) {
  std::vector<CostLaw> laws;
  for (const KernelKind& kind : kernel_kinds()) {
    auto law = std::ranges::find_if(laws, [&](const CostLaw& other) { return other.covers(kind.type); });
    if (law == laws.end()) {
      laws.push_back(
          {.name = std::string(model::to_text(kind.type)),
           .types = {kind.type},
           .form = profiles::FeatureLaw{},
           .provenance = provenance_of(unit, fmt::format("Instructions of our kernels, counted under emulation, "
                                                         "times what they cost on a {} by kind, one core; at "
                                                         "least as long as its memory takes.",
                                                         unit.processor))});
      law = laws.end() - 1;
    }
    std::get<profiles::FeatureLaw>(law->form).pieces.push_back(piece_of(unit, kind));
  }
  laws.push_back({.name = "Flatten",
                  .types = {LayerType::flatten},
                  .form = profiles::PiecewiseLaw{profiles::Axis::traffic, {{0, Seconds(0)}, {1e9, Seconds(0)}}},
                  .provenance = {profiles::Origin::estimated,
                                 "A forward pass gives the same memory another name: nothing is done.", 1.01}});
  return laws;
}

CostLaw roofline_of(const BoardUnit& unit) {
  return {
      .name = "roofline",
      .types = {},
      .form = profiles::RooflineLaw{FlopsPerSecond(unit[Quantity::arithmetic]),
                                    BytesPerSecond(unit[Quantity::memory_read]), rounded(unit[Quantity::launch])},
      .provenance = provenance_of(unit,
                                  "The larger of arithmetic and memory time of our CUDA kernels, which were compiled "
                                  "and not run, and one launch a layer.")};
}

std::string unit_text(const BoardUnit& unit) {
  std::string text = fmt::format("  {}:\n    execution: call\n    laws:\n", unit.unit);
  for (const CostLaw& law : estimated_laws(unit)) text += profiles::to_yaml(law, 6);
  return text;
}

}  // namespace

std::vector<CostLaw> estimated_laws(const BoardUnit& unit) {
  if (unit.pipeline == Pipeline::roofline) return {roofline_of(unit)};
  return laws_by_counts(unit);
}

Result<std::string> estimated_profile_yaml(const std::string& board) {
  const std::vector<std::string> boards = estimated_boards();
  if (std::ranges::find(boards, board) == boards.end()) {
    const std::string guess = did_you_mean(board, boards);
    return fail("unknown-board", fmt::format("nothing is known of a board `{}`", board),
                guess.empty() ? "there are " + list_words(boards) : fmt::format("did you mean `{}`?", guess));
  }
  std::string text = fmt::format(
      "# SPDX-License-Identifier: Apache-2.0\n# Written by `tiercut profile --estimate {0}`.\nschema: "
      "tiercut/profile/1\n"
      "name: {0}/tiercut\ndescription: What our kernels would take on it by an estimate, a core or the GPU; nothing "
      "was "
      "measured.\nextends: {0}\nnotes:\n  - \"Estimated: docs/estimates.md says how, and sets it against "
      "published "
      "times. On the board, scripts/cross makes the program that measures it.\"\nunits:\n",
      board);
  for (const BoardUnit& unit : board_units()) {
    if (unit.board == board) text += unit_text(unit);
  }
  return text;
}

}  // namespace tiercut::kernels
