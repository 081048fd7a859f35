// SPDX-License-Identifier: Apache-2.0
#include "runtime/agent/device_list.hpp"

#include "core/document.hpp"
#include "runtime/agent/zmq_port.hpp"

namespace tiercut::runtime {

const Format& device_list_format() {
  static const Format format = make_format(
      "tiercut/devices/1", "tiercut devices",
      {{"devices",
        shape::map(shape::record({
                       {"address", shape::text(), true, "Where its agent listens, as pi.local:7337."},
                       {"data", shape::text(), false, "The same as other agents reach it, where that differs."},
                       {"key", shape::text(), false, "Its public key; by default <name>.public of the keys' folder."},
                   }),
                   1),
        true, "Agents by the names that their devices have in scenarios."}});
  return format;
}

Result<std::vector<AgentAddress>> read_device_list(const std::string& path, const KeyRing& keys) {
  const auto document = read_document(path);
  if (!document) return tl::unexpected(document.error());
  Diagnostics errors;
  if (!check(*document, device_list_format(), errors)) return tl::unexpected(std::move(errors));
  std::vector<AgentAddress> agents;
  for (const auto& [name, value] : at(document->root, "devices").fields) {
    AgentAddress agent;
    agent.device = name;
    agent.address = full_address(at(value, "address").text);
    if (const Node* data = value.find("data")) agent.data = full_address(data->text);
    agent.public_key = text_or(value, "key", keys.public_key_of(name));
    if (agent.public_key.size() != 40) {
      errors.push_back({Severity::error, "key-unknown", value.where, "the public key of '" + name + "' is not known",
                        "put " + name + ".public of that device into this one's folder of keys"});
    }
    agents.push_back(std::move(agent));
  }
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return agents;
}

}  // namespace tiercut::runtime
