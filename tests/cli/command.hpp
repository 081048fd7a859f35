// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

/// Runs the real command in a folder of its own.
namespace tiercut::test {

struct Outcome {
  int status = -1;  ///< as a shell sees it: 128 + n after signal n
  std::string out, err;
  nlohmann::json json() const { return nlohmann::json::parse(out); }
};

class CommandTest : public testing::Test {
 protected:
  CommandTest() {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder = std::filesystem::path(testing::TempDir()) / ("tiercut-" + std::string(info->test_suite_name()) + "-" +
                                                          info->name() + "-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder / "work");
  }
  ~CommandTest() override {
    std::error_code ignored;
    std::filesystem::permissions(work(), std::filesystem::perms::owner_all, ignored);
    std::filesystem::remove_all(folder, ignored);
  }

  /// The folder the command runs in.
  std::filesystem::path work() const { return folder / "work"; }

  Outcome run(const std::vector<std::string>& words) {
    const pid_t child = start(words, (folder / "out").string());
    return finish(child);
  }

  /// Starts without waiting; stdout goes to `out`.
  pid_t start(const std::vector<std::string>& words, const std::string& out) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    std::vector<std::string> text = {TIERCUT_PROGRAM};
    text.insert(text.end(), words.begin(), words.end());
    std::vector<char*> argv;
    for (std::string& word : text) argv.push_back(word.data());
    argv.push_back(nullptr);
    const bool is_ready = std::freopen(out.c_str(), "w", stdout) != nullptr &&
                          std::freopen((folder / "err").c_str(), "w", stderr) != nullptr &&
                          ::chdir(work().c_str()) == 0 && ::setenv("TIERCUT_DATA_DIR", TIERCUT_SOURCE_DIR, 1) == 0;
    if (is_ready) ::execv(TIERCUT_PROGRAM, argv.data());
    ::_exit(127);
  }

  Outcome finish(pid_t child) {
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), text_of(folder / "out"),
            text_of(folder / "err")};
  }

  static std::string text_of(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }

  void write(const std::string& name, const std::string& text) { std::ofstream(work() / name) << text; }

  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(work())) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }

  std::filesystem::path folder;
};

}  // namespace tiercut::test
