// SPDX-License-Identifier: Apache-2.0
#include "cli/measuring_arguments.hpp"

#include "core/files.hpp"
#include "core/schema.hpp"

namespace tiercut::cli {

Result<Seconds> budget_of(const Arguments& arguments) {
  if (!arguments.budget) return Seconds(0);
  const auto budget = parse_quantity(*arguments.budget, Dimension::time);
  if (!budget) return tl::unexpected(budget.error());
  if (*budget > 0) return Seconds(*budget);
  return fail("bad-budget", "a budget of " + *arguments.budget + " measures nothing",
              "a time, as 5 min; leave it out for about 12 min, or 45 s with --quick");
}

Result<model::ModelPointer> model_of(const Arguments& arguments) {
  if (!arguments.model) return model::ModelPointer();
  const auto path = resolve_reference(*arguments.model, "", "model/zoo", {});
  if (!path) return tl::unexpected(path.error());
  return model::read_model(*path);
}

Result<void> check_backend(const Arguments& arguments) {
  if (!arguments.backend || !arguments.backend->empty()) return {};
  return fail("bad-usage", "--backend names none", "leave it out for the best");
}

}  // namespace tiercut::cli
