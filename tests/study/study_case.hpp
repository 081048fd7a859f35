// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

#include "scenarios/study.hpp"
#include "simulator/simulator.hpp"
#include "study/sweep.hpp"

namespace tiercut::testing {

/// Studies in a folder of their own.
class StudyCase : public ::testing::Test {
 protected:
  StudyCase() {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    folder = std::filesystem::path(::testing::TempDir()) /
             ("study-" + std::string(info->name()) + "-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
  }
  ~StudyCase() override { std::filesystem::remove_all(folder); }

  scenarios::Study study(const std::string& text) {
    std::ofstream(folder / "s.yaml") << "schema: tiercut/study/1\nname: s\n" << text;
    auto read = scenarios::read_study((folder / "s.yaml").string());
    if (!read) throw std::runtime_error(to_text(read.error()));
    return std::move(*read);
  }

  std::string path(const std::string& name) const { return (folder / name).string(); }
  bool has(const std::string& name) const { return std::filesystem::exists(folder / name); }
  std::string text_of(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(folder / name, std::ios::binary).rdbuf();
    return text.str();
  }

  static study::SweepOptions options(int workers = 2) {
    study::SweepOptions options;
    options.workers = workers;
    options.simulate = [](const deployment::StageGraph& graph, const simulator::Options& how) {
      return simulator::simulate(graph, how);
    };
    return options;
  }
  static study::SweepResult swept(const scenarios::Study& study, const study::SweepOptions& options) {
    auto result = study::sweep(study, options);
    if (!result) throw std::runtime_error(to_text(result.error()));
    return std::move(*result);
  }

  std::filesystem::path folder;
};

}  // namespace tiercut::testing
