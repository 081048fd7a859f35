// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <filesystem>

#include "scenarios/limits.hpp"
#include "scenarios/number_table.hpp"
#include "scenarios/read_context.hpp"

namespace tiercut::scenarios {
namespace {

constexpr int most_complaints = 10;

class ArrivalTraceReader {
 public:
  ArrivalTraceReader(ReadContext& context, std::string path)
      : context_(context), path_(std::move(path)), members_(context.scenario.workload.source_members) {}

  void read(bool is_wrapped) {
    std::vector<std::string> columns = {"arrival_s"};
    if (members_ > 1) columns.emplace_back("member");
    auto table = read_number_table(path_, columns);
    if (!table) return context_.append(std::move(table.error()));
    trace_.digest = table->digest;
    for (const NumberTable::Row& row : table->rows) {
      add(row);
      if (complaints_ == most_complaints) break;
    }
    if (table->rows.empty()) refuse(0, "the table has no arrivals", "write one a line");
    if (complaints_ > 0) return;
    const Span whole = trace_.when.back() - trace_.when.front();
    const auto gaps = static_cast<std::int64_t>(trace_.when.size()) - 1;
    if (is_wrapped && whole == Span()) {
      return refuse(0, "arrivals that all come at one moment cannot come again", "leave out `wrap`");
    }
    if (is_wrapped) trace_.lap = whole + Span(whole.picoseconds() / gaps);
    Arrivals& arrivals = context_.scenario.workload.arrivals;
    const double mean_gap = gaps > 0 ? whole.seconds().value() / static_cast<double>(gaps) : longest_time_s;
    arrivals.period = Seconds(std::max(shortest_time_s, mean_gap * members_));
    arrivals.trace = std::make_shared<const ArrivalTrace>(std::move(trace_));
  }

 private:
  void refuse(int line, std::string message, std::string hint) {
    ++complaints_;
    context_.error("bad-arrivals", Location{path_, line, line > 0 ? 1 : 0, {}}, std::move(message), std::move(hint));
  }

  void add(const NumberTable::Row& row) {
    const auto& when = row.values[0];
    if (!when || (members_ > 1 && !row.values[1])) return refuse(row.line, "a field is empty", "fill it in");
    if (*when > latest_fault_s) {
      return refuse(row.line, "an arrival lies beyond what can be simulated",
                    fmt::format("that is {}", format_quantity(latest_fault_s, Dimension::time)));
    }
    const Instant instant = Instant() + Span::from(Seconds(*when));
    if (!trace_.when.empty() && instant < trace_.when.back())
      return refuse(row.line, "an arrival comes before the one above it", "sort them by time");
    trace_.when.push_back(instant);
    if (members_ == 1) return;
    const double member = *row.values[1];
    if (member != std::floor(member) || member < 1 || member > members_)
      return refuse(row.line, fmt::format("there is no member {}", member), fmt::format("1 to {}", members_));
    trace_.member.push_back(static_cast<int>(member));
  }

  ReadContext& context_;
  std::string path_;
  int members_;
  int complaints_ = 0;
  ArrivalTrace trace_;
};

}  // namespace

void read_arrival_trace(const Node& arrivals, ReadContext& context) {
  const auto path = std::filesystem::path(context.folder) / at(arrivals, "file").text;
  const Node* wrap = arrivals.find("wrap");
  ArrivalTraceReader(context, path.string()).read(wrap != nullptr && wrap->text == "true");
}

}  // namespace tiercut::scenarios
