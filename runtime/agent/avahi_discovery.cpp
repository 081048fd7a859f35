// SPDX-License-Identifier: Apache-2.0
#include <avahi-client/client.h>
#include <avahi-client/lookup.h>
#include <avahi-client/publish.h>
#include <avahi-common/alternative.h>
#include <avahi-common/error.h>
#include <avahi-common/malloc.h>
#include <avahi-common/simple-watch.h>
#include <avahi-common/thread-watch.h>

#include <algorithm>
#include <map>

#include "runtime/agent/discovery.hpp"

namespace tiercut::runtime {
namespace {

constexpr const char* service = "_tiercut._tcp";

}  // namespace

struct Announcement::State {
  State(std::string device, int at, std::function<void(const std::string&)> logger)
      : name(std::move(device)),
        label("tiercut " + name),
        port(static_cast<std::uint16_t>(at)),
        log(std::move(logger)) {
    poll = avahi_threaded_poll_new();
    int error = 0;
    if (poll != nullptr) {
      client = avahi_client_new(avahi_threaded_poll_get(poll), AVAHI_CLIENT_NO_FAIL, on_client, this, &error);
    }
    if (client == nullptr) {
      log(std::string("not announced on the network: ") + avahi_strerror(error));
      return;
    }
    avahi_threaded_poll_start(poll);
  }
  ~State() {
    if (client != nullptr) avahi_threaded_poll_stop(poll);
    if (client != nullptr) avahi_client_free(client);  // and its group
    if (poll != nullptr) avahi_threaded_poll_free(poll);
  }

  static void on_client(AvahiClient* client, AvahiClientState state, void* self) {
    auto& me = *static_cast<State*>(self);
    if (state == AVAHI_CLIENT_S_RUNNING) me.publish(client);
    if (state == AVAHI_CLIENT_S_COLLISION || state == AVAHI_CLIENT_S_REGISTERING) {
      if (me.group != nullptr) avahi_entry_group_reset(me.group);
    }
  }
  static void on_group(AvahiEntryGroup* group, AvahiEntryGroupState state, void* self) {
    auto& me = *static_cast<State*>(self);
    me.group = group;
    if (state != AVAHI_ENTRY_GROUP_COLLISION) return;
    me.rename();
    me.publish(avahi_entry_group_get_client(group));
  }
  /// Another machine announces the same label; what counts is the name within.
  void rename() {
    char* other = avahi_alternative_service_name(label.c_str());
    label = other;
    avahi_free(other);
  }

  void publish(AvahiClient* with) {
    if (group == nullptr) group = avahi_entry_group_new(with, on_group, this);
    if (group == nullptr || avahi_entry_group_is_empty(group) == 0) return;
    const std::string text = "name=" + name;
    int error = AVAHI_ERR_COLLISION;
    while (error == AVAHI_ERR_COLLISION) {
      error = avahi_entry_group_add_service(group, AVAHI_IF_UNSPEC, AVAHI_PROTO_INET, AvahiPublishFlags(0),
                                            label.c_str(), service, nullptr, nullptr, port, text.c_str(), nullptr);
      if (error == AVAHI_ERR_COLLISION) rename();
    }
    if (error == 0) error = avahi_entry_group_commit(group);
    if (error != 0) log(std::string("not announced on the network: ") + avahi_strerror(error));
  }

  std::string name, label;
  std::uint16_t port;
  std::function<void(const std::string&)> log;
  AvahiThreadedPoll* poll = nullptr;
  AvahiClient* client = nullptr;
  AvahiEntryGroup* group = nullptr;
};

Announcement::Announcement(const std::string& name, int port, std::function<void(const std::string&)> log)
    : state_(std::make_unique<State>(name, port, std::move(log))) {}
Announcement::~Announcement() = default;

namespace {

/// A look around: services found, resolved to addresses.
class Survey {
 public:
  ~Survey() {
    if (browser_ != nullptr) avahi_service_browser_free(browser_);
    if (client_ != nullptr) avahi_client_free(client_);
    if (poll_ != nullptr) avahi_simple_poll_free(poll_);
  }

  Result<std::map<std::string, std::string>> run(Nanoseconds time) {
    int error = 0;
    poll_ = avahi_simple_poll_new();
    if (poll_ != nullptr) {
      client_ = avahi_client_new(avahi_simple_poll_get(poll_), AvahiClientFlags(0), on_client, this, &error);
    }
    if (client_ != nullptr) {
      browser_ = avahi_service_browser_new(client_, AVAHI_IF_UNSPEC, AVAHI_PROTO_INET, service, nullptr,
                                           AvahiLookupFlags(0), on_service, this);
    }
    if (browser_ == nullptr) {
      return fail("discovery-absent", std::string("agents cannot be found on the network: ") + avahi_strerror(error),
                  "start avahi-daemon, or name a list of agents with --devices");
    }
    const Nanoseconds until = monotonic_now() + time;
    while (monotonic_now() < until) {
      const auto left = static_cast<int>((until - monotonic_now()) / 1'000'000) + 1;
      if (avahi_simple_poll_iterate(poll_, left) != 0) break;
    }
    return addresses_;
  }

 private:
  static void on_client(AvahiClient*, AvahiClientState, void*) {}
  static void on_service(AvahiServiceBrowser*, AvahiIfIndex interface, AvahiProtocol protocol, AvahiBrowserEvent event,
                         const char* name, const char* type, const char* domain, AvahiLookupResultFlags, void* self) {
    auto& me = *static_cast<Survey*>(self);
    if (event != AVAHI_BROWSER_NEW) return;
    // The resolver frees itself when it has answered.
    avahi_service_resolver_new(me.client_, interface, protocol, name, type, domain, AVAHI_PROTO_INET,
                               AvahiLookupFlags(0), on_resolved, self);
  }
  static void on_resolved(AvahiServiceResolver* resolver, AvahiIfIndex, AvahiProtocol, AvahiResolverEvent event,
                          const char*, const char*, const char*, const char*, const AvahiAddress* address,
                          std::uint16_t port, AvahiStringList* texts, AvahiLookupResultFlags, void* self) {
    auto& me = *static_cast<Survey*>(self);
    if (event == AVAHI_RESOLVER_FOUND) {
      char text[AVAHI_ADDRESS_STR_MAX];
      avahi_address_snprint(text, sizeof text, address);
      char *key = nullptr, *value = nullptr;
      AvahiStringList* const found = avahi_string_list_find(texts, "name");
      if (found != nullptr && avahi_string_list_get_pair(found, &key, &value, nullptr) == 0) {
        me.addresses_[value] = std::string("tcp://") + text + ":" + std::to_string(port);
        avahi_free(key);
        avahi_free(value);
      }
    }
    avahi_service_resolver_free(resolver);
  }

  AvahiSimplePoll* poll_ = nullptr;
  AvahiClient* client_ = nullptr;
  AvahiServiceBrowser* browser_ = nullptr;
  std::map<std::string, std::string> addresses_;  // by name
};

}  // namespace

Result<std::vector<AgentAddress>> discover(const KeyRing& keys, Nanoseconds time) {
  const auto found = Survey().run(time);
  if (!found) return tl::unexpected(found.error());
  std::vector<AgentAddress> agents;
  for (const auto& [name, address] : *found) {
    const std::string key = keys.public_key_of(name);
    if (!key.empty()) agents.push_back({name, address, {}, key});
  }
  return agents;
}

}  // namespace tiercut::runtime
