// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <vector>

#include "core/statistics.hpp"
#include "deployment/lowering.hpp"
#include "deployment/stage_graph.hpp"
#include "planner/estimate.hpp"
#include "scenarios/scenario.hpp"

/// What several reports ask of a graph and its estimate.
namespace tiercut::report {

/// The exits, then `final` for the answer of the whole network.
std::vector<std::string> answer_names(const deployment::StageGraph& graph);

/// The part of the samples that one exit (or the final answer) answers.
struct AnswerShare {
  std::string name;
  double share = 0;
  Summary latency_s;  ///< of these samples; zeros when there are none
};
std::vector<AnswerShare> answers_of(const deployment::StageGraph& graph, const planner::Estimate& estimate);

/// Whether a value keeps the scenario's latency requirement, compared on the picosecond grid; true without one.
bool keeps_promise(const scenarios::Scenario& scenario, const Summary& latency_s);

/// `max at most 40.00 ms`.
std::string promise_text(const scenarios::Scenario& scenario);

/// `10.00 ms to spare` or `6.420 ms over`.
std::string margin_text(const scenarios::Scenario& scenario, double latency_s);

/// Nominal means of each term over the outcomes, in seconds.
std::array<double, deployment::term_count> mean_terms(const planner::Estimate& estimate);

/// Busy time an arrival brings times the rate of arrivals, a copy: the utilisation to expect of a resource.
double expected_utilisation(const deployment::StageGraph& graph, const planner::Load& load, int resource);

/// `pi -> cloud`, of a message's ends.
std::string way_of(const scenarios::Scenario& scenario, const deployment::Message& message);

/// The message of a transfer or control stage; null of others.
const deployment::Message* message_of(const deployment::Stage& stage);

/// A table of one row: mean, p50, ..., max.
std::string statistics_table(const Summary& latency_s);

/// `jetson/shared`: a pool of a device; the device alone when it has one pool.
std::string pool_name(const scenarios::Scenario& scenario, const deployment::MemoryUse& use);

}  // namespace tiercut::report
