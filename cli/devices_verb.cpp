// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/console.hpp"
#include "cli/verb.hpp"
#include "report/human.hpp"
#include "report/table.hpp"
#include "report/version.hpp"
#include "runtime/agent/agent_survey.hpp"
#include "runtime/agent/device_list.hpp"
#include "runtime/agent/discovery.hpp"
#include "runtime/agent/zmq_port.hpp"

namespace tiercut::cli {

namespace {

constexpr const char* coordinator_name = "coordinator";
constexpr runtime::Nanoseconds discovery_time = 2 * runtime::nanoseconds_a_second;

Seconds seconds(runtime::Nanoseconds time) { return Seconds(static_cast<double>(time) / 1e9); }

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string free_memory(const runtime::Surveyed& agent) {
  if (agent.about->memory_limit == UINT64_MAX) return "unlimited";
  return report::format_size(Bytes(static_cast<double>(agent.about->memory_limit - agent.about->memory_used)));
}

std::string survey_text(const std::vector<runtime::Surveyed>& agents) {
  using report::Align;
  report::Table table({{"device"},
                       {"address"},
                       {"profile"},
                       {"units"},
                       {"free memory", Align::right},
                       {"round trip", Align::right},
                       {"clock", Align::right},
                       {"state"}});
  for (const runtime::Surveyed& each : agents) {
    if (!each.about) {
      table.add({each.address.device, each.address.address, "", "", "", "", "", each.why});
      continue;
    }
    const bool is_near = each.is_clock_shared;
    table.add({each.address.device, each.address.address, each.about->profile.empty() ? "-" : each.about->profile,
               joined(each.about->units), free_memory(each), report::format_duration(seconds(each.round_trip)),
               is_near ? "this one's"
                       : fmt::format("{} +- {}", report::format_duration(seconds(each.clock_offset)),
                                     report::format_duration(seconds(each.clock_error))),
               each.about->version == report::version() ? "ready" : "tiercut " + each.about->version});
  }
  return table.to_text(0);
}

std::string survey_json(const std::vector<runtime::Surveyed>& agents) {
  using Json = nlohmann::ordered_json;
  Json list = Json::array();
  for (const runtime::Surveyed& each : agents) {
    Json agent = {
        {"device", each.address.device}, {"address", each.address.address}, {"answers", each.about.has_value()}};
    if (each.about) {
      const bool is_limited = each.about->memory_limit != UINT64_MAX;
      agent.update(
          {{"version", each.about->version},
           {"host", each.about->host},
           {"processor", each.about->processor},
           {"profile", each.about->profile},
           {"units", each.about->units},
           {"backends", each.about->backends},
           {"threads", each.about->threads},
           {"memory_free_B", is_limited ? Json(each.about->memory_limit - each.about->memory_used) : Json(nullptr)},
           {"round_trip_s", seconds(each.round_trip).value()},
           {"clock_offset_s", seconds(each.clock_offset).value()},
           {"clock_error_s", seconds(each.clock_error).value()},
           {"clock_shared", each.is_clock_shared}});
    } else {
      agent["why"] = each.why;
    }
    list.push_back(std::move(agent));
  }
  return Json{{"version", report::version()}, {"devices", std::move(list)}}.dump(2) + "\n";
}

}  // namespace

ExitStatus run_devices(const Arguments& arguments, Console& console) {
  auto keys = runtime::read_keys(arguments.keys.value_or(runtime::default_keys_folder()), coordinator_name);
  if (!keys) return console.refuse(keys.error());
  const auto listed = arguments.devices ? runtime::read_device_list(*arguments.devices, *keys)
                                        : runtime::discover(*keys, discovery_time);
  if (!listed) return console.refuse(listed.error());
  runtime::ZmqPort port(*keys, [&](const std::string& text) { console.note(text); });
  const auto agents = runtime::survey(*listed, port, 3 * runtime::nanoseconds_a_second);
  const bool are_all_there =
      std::all_of(agents.begin(), agents.end(), [](const runtime::Surveyed& each) { return each.about.has_value(); });
  return console.finish(arguments.is_json ? survey_json(agents) : survey_text(agents),
                        are_all_there ? ExitStatus::yes : ExitStatus::no);
}

}  // namespace tiercut::cli
