// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "core/files.hpp"
#include "kernels/kernel.hpp"
#include "kernels/measure/profiler.hpp"
#include "kernels/measure/shape_grid.hpp"

namespace tiercut::kernels {
namespace {

constexpr Seconds quick_budget{45};
constexpr Seconds full_budget{720};
constexpr Seconds least_budget{1};
constexpr double full_grid = 3, quick_grid = 0.3;
constexpr double probe_share = 0.06;
constexpr Seconds longest_probe{10};
constexpr std::size_t largest_working_set = std::size_t{512} << 20;
constexpr double share_of_memory = 0.7;  // beyond it a board begins to swap, or ends the process
constexpr std::size_t every_cold = 12;   // of the grid, once more with cold caches

Seconds budget_of(const ProfilerOptions& options) {
  if (options.budget.value() > 0) return options.budget;
  return options.is_quick ? quick_budget : full_budget;
}

GridOptions grid_for(const ProfilerOptions& options, const MachineFacts& facts) {
  const double available = facts.available_memory.value();
  GridOptions grid{.scale = full_grid};
  grid.cache = options.cache;
  grid.most_bytes = available > 0 ? std::min(grid.most_bytes, available / 4) : grid.most_bytes;
  if (options.is_quick) {
    grid.scale = quick_grid;
    grid.most_macs = 1.5e8;
    grid.most_bytes = std::min(grid.most_bytes, 2.5e8);
  }
  if (options.cache == CacheState::cold) grid.scale *= 0.3;  // every run waits for the caches to be swept
  if (options.grid_scale > 0) grid.scale = options.grid_scale;
  return grid;
}

std::string settings_of(const ProfilerOptions& options, const MachineFacts& facts) {
  std::string backends;
  for (const std::string& name : backend_names()) backends += " " + name;
  return fmt::format("{}; {} processor {}; backend {} of{}; threads {}; {} grid {}, {} caches; budget {} s; model {}",
                     options.tool, facts.slug, facts.processors, options.backend.empty() ? "best" : options.backend,
                     backends, options.threads, options.is_quick ? "quick" : "full", options.grid_scale,
                     options.cache == CacheState::warm ? "warm" : "cold", budget_of(options).value(),
                     options.model == nullptr ? "none" : sha256(options.model->source).substr(0, 16));
}

}  // namespace

Result<void> check(const ProfilerOptions& options, const MachineFacts& facts) {
  Diagnostics errors;
  const auto refuse = [&](std::string code, std::string message, std::string hint) {
    errors.push_back({Severity::error, std::move(code), {}, std::move(message), std::move(hint)});
  };
  if (!options.backend.empty() && find_backend(options.backend) == nullptr)
    refuse("backend-absent", fmt::format("no backend `{}` in this build on this machine", options.backend),
           "there are " + list_words(backend_names()));
  if (options.threads < 1 || options.threads > facts.processors)
    refuse("bad-threads", fmt::format("{} threads on {} processors", options.threads, facts.processors),
           fmt::format("from 1 to {}", facts.processors));
  if (options.budget.value() != 0 && !(options.budget >= least_budget))
    refuse("bad-budget", fmt::format("nothing can be measured within {} s", options.budget.value()),
           "give at least 1 s; --quick takes less than a minute");
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return {};
}

ProfilePlan plan_profile(const ProfilerOptions& options, const MachineFacts& facts) {
  const Seconds budget = budget_of(options);
  ProfilePlan plan;
  plan.probe_budget = std::min(probe_share * budget, longest_probe);
  plan.campaign = {.budget = budget - plan.probe_budget, .rounds = options.is_quick ? 2 : 4};
  plan.settings = settings_of(options, facts);
  const GridOptions grid = grid_for(options, facts);
  plan.largest_working_set = std::min(options.is_quick ? largest_working_set / 4 : largest_working_set,
                                      static_cast<std::size_t>(std::max(grid.most_bytes, 1e6)));
  plan.series = options.model == nullptr ? typical_series(grid.most_bytes, options.cache)
                                         : std::vector<ModelCases>{cases_of_model(options.model, options.cache)};
  std::set<std::string> keys;
  const double room = facts.available_memory.value() > 0 ? share_of_memory * facts.available_memory.value()
                                                         : std::numeric_limits<double>::infinity();
  const auto add = [&](const std::vector<BenchCase>& cases) {
    for (const BenchCase& bench_case : cases) {
      if (!keys.insert(bench_case.key).second) continue;
      if (bytes_needed(bench_case) <= room)
        plan.cases.push_back(bench_case);
      else
        plan.left_out.push_back(bench_case.key);
    }
  };
  for (const ModelCases& series : plan.series) {
    add(series.layers);
    add(series.segments);
  }
  plan.campaign.first_cases = plan.cases.size();
  const std::vector<BenchCase> shapes = shape_grid(grid);
  add(shapes);
  if (options.cache == CacheState::warm) add(cold_sample(shapes, options.is_quick ? 3 * every_cold : every_cold));
  return plan;
}

}  // namespace tiercut::kernels
