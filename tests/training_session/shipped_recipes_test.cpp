// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "core/files.hpp"
#include "made_digits.hpp"
#include "training/learning_network.hpp"

namespace tiercut::training {
namespace {

namespace fs = std::filesystem;

TEST(ShippedRecipes, AreSoundAndTrainable) {
  const std::vector<std::string> names = shipped_names("training/recipes");
  ASSERT_GE(names.size(), 6u);
  for (const std::string& name : names) {
    const auto training = read_training(name);
    ASSERT_TRUE(training) << name << "\n" << to_text(training.error());
    EXPECT_EQ((*training)->name, name);
    for (const Stage& stage : (*training)->stages) {
      const auto network = Network::make(*(*training)->model, stage.loss, stage.optimizer, 1);
      EXPECT_TRUE(network) << name;
    }
  }
}

// Every network of the stand-in by the one recipe; the loss has each exit, the final answer and each device.
TEST(ShippedRecipes, StandInTakesAllItsNetworks) {
  std::size_t seen = 0;
  for (const std::string& name : shipped_names("model/zoo")) {
    if (!name.starts_with("ddnn-stand-in/")) continue;
    ++seen;
    const auto training = read_training("ddnn/stand-in", {"model=" + name});
    ASSERT_TRUE(training) << name << "\n" << to_text(training.error());
    const model::Model& model = *(*training)->model;
    EXPECT_EQ((*training)->stages[0].loss.size(), model.exits.size() + 1 + model.inputs().size()) << name;
  }
  EXPECT_EQ(seen, 17u);  // nine schemes, one to five devices, configurations (d), (e), (f)
}

TEST(ShippedRecipes, StandInNetworksAreWhatTheScriptWrites) {
  const ScratchFolder folder;
  const std::string script = std::string(TIERCUT_SOURCE_DIR) + "/scripts/make_stand_in_models";
  ASSERT_EQ(std::system((script + " '" + folder.path() + "'").c_str()), 0);
  std::size_t written = 0;
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    ++written;
    const std::string shipped =
        std::string(TIERCUT_SOURCE_DIR) + "/model/zoo/ddnn-stand-in/" + entry.path().filename().string();
    EXPECT_EQ(*read_file(entry.path().string()), *read_file(shipped)) << shipped;
  }
  EXPECT_EQ(written, 17u);
}

}  // namespace
}  // namespace tiercut::training
