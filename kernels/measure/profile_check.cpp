// SPDX-License-Identifier: Apache-2.0
#include "kernels/measure/profile_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "kernels/measure/kernel_bench.hpp"
#include "kernels/measure/shape_grid.hpp"

namespace tiercut::kernels {
namespace {

// Far behind every index that the grid of `tiercut profile` uses.
constexpr std::uint64_t first_held_out = 100'000;
constexpr int visits_of_case = 6;  // a single disturbed case is an error here, where a law averages over many
constexpr double share_of_memory = 0.25;
constexpr double largest_case = 4e9;                         // bytes
constexpr std::size_t likely_cache = std::size_t{32} << 20;  // where the system names none

std::vector<BenchCase> cases_for(const ProfileCheckOptions& options, const MachineFacts& facts) {
  GridOptions grid{.scale = options.shapes / shapes_at_scale_1, .first = first_held_out};
  const double available = facts.available_memory.value();
  if (available > 0) grid.most_bytes = std::min(largest_case, share_of_memory * available);
  std::vector<BenchCase> cases;
  std::set<std::string> keys;
  const auto add = [&](const std::vector<BenchCase>& more) {
    for (const BenchCase& bench_case : more)
      if (bytes_needed(bench_case) <= grid.most_bytes && keys.insert(bench_case.key).second)
        cases.push_back(bench_case);
  };
  for (const auto& series : typical_series(grid.most_bytes, CacheState::warm)) add(series.segments);
  for (const auto& model : options.models) add(cases_of_model(model, CacheState::warm).segments);
  if (options.shapes > 0) add(shape_grid(grid));
  return cases;
}

Result<profiles::Price> predicted_for(const profiles::Profile& profile, const BenchCase& bench_case) {
  std::vector<const model::Layer*> layers;
  for (const model::LayerId id : bench_case.layers) layers.push_back(&bench_case.model->layer(id));
  profiles::Unit unit = profile.units.front();
  // A layer is timed inside of its call.
  if (bench_case.segment.empty()) {
    unit.overhead_per_layer = Seconds(0);
    return profiles::price_layer(profile, unit, *layers.front());
  }
  return profiles::price_call(profile, unit, layers);
}

}  // namespace

Result<ProfileCheck> check_profile(const profiles::Profile& profile, const ProfileCheckOptions& options,
                                   const ProfilerHooks& hooks) {
  const MachineFacts facts = read_machine_facts();
  ProfilerOptions measuring;
  measuring.threads = profile.machine ? profile.machine->threads : 1;
  measuring.backend = options.backend;
  measuring.budget = options.budget;
  if (auto fine = check(measuring, facts); !fine) return tl::unexpected(std::move(fine.error()));

  const auto last_level = static_cast<std::size_t>(facts.last_level_cache().value());
  KernelBench bench(measuring.threads, options.backend, last_level > 0 ? last_level : likely_cache);
  SteadyStopwatch stopwatch;
  const std::vector<BenchCase> cases = cases_for(options, facts);
  const CampaignOptions campaign{.budget = options.budget, .rounds = visits_of_case};
  ProfileCheck result;
  result.outcome = run_campaign(cases, bench, stopwatch, campaign, {hooks.is_stopped, hooks.progress});
  result.is_interrupted = result.outcome.is_interrupted;

  std::set<std::string> said;
  for (const BenchCase& bench_case : cases) {
    const auto found = result.outcome.records.find(bench_case.key);
    if (found == result.outcome.records.end() || found->second.samples.is_empty()) continue;
    const auto price = predicted_for(profile, bench_case);
    if (!price) {
      for (const Diagnostic& why : price.error())
        if (said.insert(why.message).second) result.unpriced.push_back(why);
      continue;
    }
    const Observation seen = observation_of(bench_case, found->second, measuring.threads, campaign.tolerance);
    result.cases.push_back({.key = bench_case.key,
                            .is_series = !bench_case.segment.empty(),
                            .type = bench_case.layer.type,
                            .predicted = price->cost,
                            .measured = seen.median,
                            .spread = seen.spread(),
                            .repetitions = seen.repetitions,
                            .is_extrapolated = price->is_extrapolated});
  }
  std::ranges::stable_sort(result.cases, {}, [](const CheckedCase& one) { return std::pair(one.is_series, one.type); });
  return result;
}

std::vector<CheckedShare> shares_of(const std::vector<CheckedCase>& cases) {
  std::map<model::LayerType, std::vector<const CheckedCase*>> by_type;
  std::vector<const CheckedCase*> layers;
  for (const CheckedCase& one : cases) {
    if (one.is_series) continue;
    by_type[one.type].push_back(&one);
    layers.push_back(&one);
  }
  const auto share_of = [](std::string name, const std::vector<const CheckedCase*>& some) {
    std::vector<double> errors, spreads;
    int within = 0;
    for (const CheckedCase* one : some) {
      errors.push_back(std::abs(one->error()));
      spreads.push_back(one->spread);
      if (std::abs(one->error()) <= std::max(0.1, one->spread)) ++within;
    }
    const double count = static_cast<double>(std::max<std::size_t>(1, some.size()));
    return CheckedShare{std::move(name), quality_from(std::move(errors), std::move(spreads)), within / count};
  };
  std::vector<CheckedShare> shares;
  for (const auto& [type, some] : by_type) shares.push_back(share_of(std::string(to_text(type)), some));
  if (!layers.empty()) shares.push_back(share_of("all layers", layers));
  return shares;
}

std::string to_csv(const std::vector<CheckedCase>& cases) {
  std::string text = "case,predicted_s,measured_s,error,spread,repetitions,extrapolated\n";
  for (const CheckedCase& one : cases)
    text += fmt::format("\"{}\",{:.6g},{:.6g},{:.4f},{:.4f},{},{}\n", one.key, one.predicted.value(),
                        one.measured.value(), one.error(), one.spread, one.repetitions, one.is_extrapolated ? 1 : 0);
  return text;
}

}  // namespace tiercut::kernels
