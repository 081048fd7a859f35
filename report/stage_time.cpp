// SPDX-License-Identifier: Apache-2.0
#include "report/stage_time.hpp"

#include <variant>

#include "report/answers.hpp"
#include "report/human.hpp"

namespace tiercut::report {

using deployment::Term;
using deployment::Terms;

namespace {

Span& of(Terms& terms, Term term) { return terms[static_cast<std::size_t>(term)]; }

Terms message_terms(const deployment::StageGraph& graph, const deployment::Message& message) {
  Terms terms{};
  const auto term = [&](Term wanted) -> Span& { return of(terms, message.is_return ? Term::return_ : wanted); };
  term(Term::serialise) += message.serialise.cost + message.deserialise.cost;
  // A route of fair links is crossed at once, at the pace of its slowest.
  bool is_fair = true;
  Span transmit, slowest, overheads;
  for (const deployment::ResourceUse& hop : message.hops) {
    const deployment::Resource& link = graph.resource(hop.resource);
    const Span whole = deployment::transmission(link, message.size);
    is_fair = is_fair && link.discipline == scenarios::Discipline::fair;
    transmit += whole;
    overheads += link.overhead;
    slowest = std::max(slowest, whole - link.overhead);
    term(Term::propagate) += link.latency;
  }
  term(Term::transmit) += is_fair ? overheads + slowest : transmit;
  return terms;
}

}  // namespace

Terms own_terms(const deployment::StageGraph& graph, const deployment::Stage& stage) {
  if (const auto* message = message_of(stage)) return message_terms(graph, *message);
  Terms terms{};
  if (const auto* compute = std::get_if<deployment::Compute>(&stage.work)) {
    of(terms, Term::compute) = compute->cost;
    of(terms, Term::exit_check) = compute->exit_check;
  }
  return terms;
}

Span sum(const Terms& terms) {
  Span total;
  for (const Span term : terms) total += term;
  return total;
}

std::string terms_text(const Terms& terms, const std::string& separator) {
  std::string text;
  for (int term = 0; term < deployment::term_count; ++term) {
    const Span time = terms[static_cast<std::size_t>(term)];
    if (time.picoseconds() == 0) continue;
    if (!text.empty()) text += separator;
    text += std::string(to_text(static_cast<Term>(term))) + " " + format_duration(time.seconds());
  }
  return text;
}

}  // namespace tiercut::report
