// SPDX-License-Identifier: Apache-2.0
// The command itself, with processes and sockets: what stays behind, and what is said when something is wrong.
#include <sys/stat.h>

#include <chrono>
#include <thread>

#include "tests/cli/command.hpp"

namespace tiercut::test {
namespace {

using namespace std::chrono_literals;

class LocalRun : public CommandTest {
 protected:
  LocalRun() { ::setenv("TMPDIR", work().c_str(), 1); }
  ~LocalRun() override {
    for (const pid_t process : of_this_test()) ::kill(process, SIGKILL);
  }

  /// Processes that have this test's folder on their command line.
  std::vector<pid_t> of_this_test() const {
    std::vector<pid_t> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      const std::string name = entry.path().filename();
      if (name.find_first_not_of("0123456789") != std::string::npos) continue;
      if (text_of(entry.path() / "cmdline").find(work().string()) != std::string::npos)
        found.push_back(std::stoi(name));
    }
    return found;
  }

  void expect_nothing_left() const {
    for (int i = 0; i < 100 && !of_this_test().empty(); ++i) std::this_thread::sleep_for(20ms);
    EXPECT_TRUE(of_this_test().empty()) << of_this_test().size() << " processes are left";
    for (const auto& entry : std::filesystem::directory_iterator(work())) {
      EXPECT_EQ(entry.path().filename().string().find("tiercut-keys"), std::string::npos);
    }
  }

  std::string key(const std::string& name) { return text_of(work() / "keys" / (name + ".public")).substr(0, 40); }
  void make_keys(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      ASSERT_EQ(run({"agent", "--init-keys", "--name", name, "--keys", "keys"}).status, 0);
    }
  }

  /// An agent that listens; its address.
  std::string start_agent(const std::string& name, const std::string& keys) {
    const std::string out = (folder / ("out-" + name)).string();
    agents.push_back(
        start({"agent", "--name", name, "--keys", (work() / keys).string(), "--listen", "127.0.0.1:*"}, out));
    for (int i = 0; i < 250; ++i) {
      const std::string said = text_of(out);
      if (said.starts_with("listening ") && said.ends_with("\n")) return said.substr(10, said.size() - 11);
      std::this_thread::sleep_for(20ms);
    }
    ADD_FAILURE() << "the agent of " << name << " does not listen: " << text_of(folder / "err");
    return {};
  }

  static constexpr const char* scenario = "big-little/after";
  std::vector<pid_t> agents;
};

TEST_F(LocalRun, LeavesItsFilesAndNothingElse) {
  const Outcome outcome = run({"run", scenario, "--local", "--samples", "20", "--set", "workload.arrivals.period=5ms",
                               "--out", "result", "--json"});
  EXPECT_TRUE(outcome.status == 0 || outcome.status == 1)
      << outcome.err;  // the promise may be missed on a busy machine
  EXPECT_EQ(files(), std::vector<std::string>{"result"});
  const auto record = nlohmann::json::parse(text_of(work() / "result/run.json"));
  EXPECT_EQ(record["run"], "tiercut/run/1");
  EXPECT_EQ(record["agents"].size(), 2u);
  EXPECT_EQ(record["result"], outcome.json());
  EXPECT_EQ(record["result"]["samples"], 20);
  EXPECT_EQ(record["weights"]["kind"], "random");
  EXPECT_EQ(record["scenario"]["overrides"][0], "workload.arrivals.period=5ms");
  std::istringstream rows(text_of(work() / "result/samples.csv"));
  std::string head, line;
  std::getline(rows, line);
  EXPECT_EQ(line.rfind("# tiercut ", 0), 0u);
  std::getline(rows, head);
  EXPECT_EQ(head,
            "sample,member,arrival_s,latency_s,answered_by,queue_s,compute_s,exit_check_s,serialise_s,link_queue_s,"
            "transmit_s,transport_s,propagate_s,aggregation_wait_s,return_s,status,why,label,predicted,right,late_s,"
            "epoch,payload_B,control_B");
  int count = 0;
  while (std::getline(rows, line)) {
    EXPECT_EQ(std::count(line.begin(), line.end(), ','), std::count(head.begin(), head.end(), ','));
    ++count;
  }
  EXPECT_EQ(count, 20);
  expect_nothing_left();
}

TEST_F(LocalRun, RunsAPlanFile) {
  ASSERT_LE(run({"plan", "big-little/little-on-pi", "--out", "plan.yaml"}).status, 1);
  const Outcome outcome =
      run({"run", "plan.yaml", "--local", "--samples", "3", "--set", "workload.arrivals.period=10ms", "--json"});
  EXPECT_LE(outcome.status, 1) << outcome.err;
  EXPECT_EQ(outcome.json()["answered"], 3);
  expect_nothing_left();
}

TEST_F(LocalRun, InterruptedItKeepsWhatItHas) {
  const pid_t child = start(
      {"run", scenario, "--local", "--samples", "100000", "--set", "workload.arrivals.period=5ms", "--out", "result"},
      (folder / "out").string());
  std::this_thread::sleep_for(3s);
  ::kill(child, SIGINT);
  const Outcome outcome = finish(child);
  EXPECT_EQ(outcome.status, 130) << outcome.err;
  const auto record = nlohmann::json::parse(text_of(work() / "result/run.json"));
  EXPECT_EQ(record["is_interrupted"], true);
  EXPECT_GT(record["samples"], 10);
  EXPECT_LT(record["samples"], 100000);
  expect_nothing_left();
}

TEST_F(LocalRun, KilledItTakesItsAgentsAlong) {
  const pid_t child =
      start({"run", scenario, "--local", "--samples", "100000", "--out", "result"}, (folder / "out").string());
  std::this_thread::sleep_for(2s);
  EXPECT_EQ(of_this_test().size(), 2u);
  ::kill(child, SIGKILL);
  EXPECT_EQ(finish(child).status, 128 + SIGKILL);
  expect_nothing_left();
  EXPECT_FALSE(std::filesystem::exists(work() / "result/run.json"));
}

TEST_F(LocalRun, AKilledAgentIsReplacedByAnotherPlan) {
  const pid_t child = start(
      {"run", scenario, "--local", "--samples", "600", "--set", "workload.arrivals.period=10ms", "--out", "result"},
      (folder / "out").string());
  std::this_thread::sleep_for(3s);
  for (const pid_t agent : of_this_test()) {
    if (text_of("/proc/" + std::to_string(agent) + "/cmdline").find("cloud") != std::string::npos)
      ::kill(agent, SIGKILL);
  }
  finish(child);
  const auto record = nlohmann::json::parse(text_of(work() / "result/run.json"));
  EXPECT_EQ(record["faults"][0]["device"], "cloud");
  EXPECT_EQ(record["result"]["failed"], 0);
  ASSERT_EQ(record["plans"].size(), 2u);
  for (const auto& [layer, place] : record["plans"][1]["placement"].items()) EXPECT_EQ(place, "pi") << layer;
  expect_nothing_left();
}

TEST_F(LocalRun, SaysWhatIsWrong) {
  const auto refused = [&](const std::vector<std::string>& words, const std::string& code) {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, 2) << outcome.err;
    EXPECT_NE(outcome.err.find("error[" + code + "]"), std::string::npos) << outcome.err;
  };
  refused({"run", scenario, "--local", "--weights", "none.weights"}, "file-not-found");
  write("bad.weights", "tiercut/weights/9\n");
  refused({"run", scenario, "--local", "--weights", "bad.weights"}, "bad-weights-file");
  refused({"run", scenario, "--local", "--input", "mnist:nowhere"}, "missing-data");
  refused({"run", scenario, "--local", "--timeout", "soon"}, "bad-usage");
  refused({"run", scenario, "--keys", "none"}, "keys-missing");
  refused({"agent", "--keys", "none", "--name", "pi"}, "keys-missing");
  refused({"agent", "--init-keys", "--keys", "keys", "--name", "../x"}, "bad-name");
  make_keys({"coordinator", "pi"});
  refused({"agent", "--init-keys", "--keys", "keys", "--name", "pi"}, "keys-exist");
  refused({"agent", "--keys", "keys", "--name", "pi", "--memory", "much"}, "bad-usage");
  refused({"agent", "--keys", "keys", "--name", "pi", "--listen", "256.1.1.1:1"}, "bad-address");
  write("devices.yaml", "schema: tiercut/devices/1\ndevices:\n  pi: {address: 127.0.0.1:1}\n");
  refused({"run", scenario, "--keys", "keys", "--devices", "devices.yaml"}, "agents-missing");
  refused({"run", "big-little/little-on-pi", "--keys", "keys", "--devices", "devices.yaml"}, "agent-unreachable");
  write("strangers.yaml", "schema: tiercut/devices/1\ndevices:\n  cloud: {address: 127.0.0.1:1}\n");
  refused({"run", scenario, "--keys", "keys", "--devices", "strangers.yaml"}, "key-unknown");
  ::chmod((work() / "keys/pi.secret").c_str(), 0644);
  refused({"agent", "--keys", "keys", "--name", "pi"}, "key-exposed");
  expect_nothing_left();
}

TEST_F(LocalRun, APortThatIsTakenIsNamed) {
  make_keys({"pi"});
  const std::string address = start_agent("pi", "keys");
  const Outcome second = run({"agent", "--name", "pi", "--keys", "keys", "--listen", address});
  EXPECT_EQ(second.status, 2);
  EXPECT_NE(second.err.find("error[address-in-use]"), std::string::npos) << second.err;
  for (const pid_t agent : agents) ::kill(agent, SIGTERM);
  for (const pid_t agent : agents) EXPECT_EQ(finish(agent).status, 0);
}

TEST_F(LocalRun, AStrangerIsRefusedAndLogged) {
  make_keys({"coordinator", "pi"});
  const std::string address = start_agent("pi", "keys");
  const std::string list =
      "schema: tiercut/devices/1\ndevices:\n  pi: {address: '" + address + "', key: '" + key("pi") + "'}\n";
  write("devices.yaml", list);
  const Outcome friendly = run({"devices", "--devices", "devices.yaml", "--keys", "keys", "--json"});
  EXPECT_EQ(friendly.status, 0) << friendly.err;
  const auto pi = friendly.json()["devices"][0];
  EXPECT_EQ(pi["device"], "pi");
  EXPECT_EQ(pi["units"][0], "cpu");
  EXPECT_EQ(pi["clock_shared"], true);
  EXPECT_GT(pi["round_trip_s"], 0);

  // The agent read its keys when it began: the stranger's are not among them.
  ASSERT_EQ(run({"agent", "--init-keys", "--name", "coordinator", "--keys", "strange"}).status, 0);
  const Outcome stranger = run({"run", "big-little/little-on-pi", "--devices", "devices.yaml", "--keys", "strange"});
  EXPECT_EQ(stranger.status, 2);
  EXPECT_NE(stranger.err.find("error[peer-refused]"), std::string::npos) << stranger.err;

  // And one who has another key for the agent than the agent has.
  make_keys({"other"});
  write("wrong.yaml",
        "schema: tiercut/devices/1\ndevices:\n  pi: {address: '" + address + "', key: '" + key("other") + "'}\n");
  const Outcome mistaken = run({"devices", "--devices", "wrong.yaml", "--keys", "keys"});
  EXPECT_EQ(mistaken.status, 1) << mistaken.out;
  for (const pid_t agent : agents) ::kill(agent, SIGTERM);
  for (const pid_t agent : agents) EXPECT_EQ(finish(agent).status, 0);
}

}  // namespace
}  // namespace tiercut::test
