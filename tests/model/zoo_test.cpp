// SPDX-License-Identifier: Apache-2.0
#include "tests/model/model_support.hpp"

namespace tiercut::model {
namespace {

struct Row {
  std::string_view layer, shape;
  std::int64_t weights, macs, bytes;
};

// Worked out from jhjin/overfeat-torch run.lua (commit 09e10a68), whose offsets into the released weight files end at
// 145,919,872 + 1,000 (fast) and 144,655,488 + 1,000 (accurate), and held against soumith/convnet-benchmarks
// overfeat.lua (commit b458aab).
constexpr Row overfeat_fast[] = {
    {"block1/convolution", "96x56x56", 34'944, 109'283'328, 1'204'224},
    {"block1/threshold", "96x56x56", 0, 0, 1'204'224},
    {"block1/pool", "96x28x28", 0, 0, 301'056},
    {"block2/convolution", "256x24x24", 614'656, 353'894'400, 589'824},
    {"block2/threshold", "256x24x24", 0, 0, 589'824},
    {"block2/pool", "256x12x12", 0, 0, 147'456},
    {"block3/convolution", "512x12x12", 1'180'160, 169'869'312, 294'912},
    {"block3/threshold", "512x12x12", 0, 0, 294'912},
    {"block4/convolution", "1024x12x12", 4'719'616, 679'477'248, 589'824},
    {"block4/threshold", "1024x12x12", 0, 0, 589'824},
    {"block5/convolution", "1024x12x12", 9'438'208, 1'358'954'496, 589'824},
    {"block5/threshold", "1024x12x12", 0, 0, 589'824},
    {"block5/pool", "1024x6x6", 0, 0, 147'456},
    {"block6/convolution", "3072x1x1", 113'249'280, 113'246'208, 12'288},
    {"block6/threshold", "3072x1x1", 0, 0, 12'288},
    {"block7/convolution", "4096x1x1", 12'587'008, 12'582'912, 16'384},
    {"block7/threshold", "4096x1x1", 0, 0, 16'384},
    {"block8/convolution", "1000x1x1", 4'097'000, 4'096'000, 4'000},
    {"block8/softmax", "1000", 0, 0, 4'000},
};

constexpr Row overfeat_accurate[] = {
    {"block1/convolution", "96x108x108", 14'208, 164'602'368, 4'478'976},
    {"block1/threshold", "96x108x108", 0, 0, 4'478'976},
    {"block1/pool", "96x36x36", 0, 0, 497'664},
    {"block2/convolution", "256x30x30", 1'204'480, 1'083'801'600, 921'600},
    {"block2/threshold", "256x30x30", 0, 0, 921'600},
    {"block2/pool", "256x15x15", 0, 0, 230'400},
    {"block3/convolution", "512x15x15", 1'180'160, 265'420'800, 460'800},
    {"block3/threshold", "512x15x15", 0, 0, 460'800},
    {"block4/convolution", "512x15x15", 2'359'808, 530'841'600, 460'800},
    {"block4/threshold", "512x15x15", 0, 0, 460'800},
    {"block5/convolution", "1024x15x15", 4'719'616, 1'061'683'200, 921'600},
    {"block5/threshold", "1024x15x15", 0, 0, 921'600},
    {"block6/convolution", "1024x15x15", 9'438'208, 2'123'366'400, 921'600},
    {"block6/threshold", "1024x15x15", 0, 0, 921'600},
    {"block6/pool", "1024x5x5", 0, 0, 102'400},
    {"block7/convolution", "4096x1x1", 104'861'696, 104'857'600, 16'384},
    {"block7/threshold", "4096x1x1", 0, 0, 16'384},
    {"block8/convolution", "4096x1x1", 16'781'312, 16'777'216, 16'384},
    {"block8/threshold", "4096x1x1", 0, 0, 16'384},
    {"block9/convolution", "1000x1x1", 4'097'000, 4'096'000, 4'000},
    {"block9/softmax", "1000", 0, 0, 4'000},
};

template <std::size_t count>
void expect_rows(const Model& model, const Row (&rows)[count]) {
  for (const Row& row : rows) {
    const LayerId id = model.find(row.layer);
    ASSERT_GE(id, 0) << row.layer;
    const Layer& layer = model.layer(id);
    EXPECT_EQ(to_text(layer.shape), row.shape) << row.layer;
    EXPECT_EQ(layer.weights, row.weights) << row.layer;
    EXPECT_EQ(layer.macs, row.macs) << row.layer;
    EXPECT_EQ(layer.output_bytes, Bytes(static_cast<double>(row.bytes))) << row.layer;
  }
  // Beside the table's rows: the image, the Flatten before Softmax, and the Output.
  EXPECT_EQ(model.layer_count(), static_cast<int>(count) + 3);
}

TEST(Overfeat, FastEqualsItsTableToTheUnit) {
  const ModelPointer model = zoo("overfeat/fast");
  ASSERT_TRUE(model);
  expect_rows(*model, overfeat_fast);
  EXPECT_EQ(model->total_weights(), 145'920'872);
  EXPECT_EQ(model->total_macs(), 2'801'403'904);
  EXPECT_EQ(model->total_weight_bytes(), Bytes(583'683'488));
  EXPECT_EQ(model->layer(model->inputs()[0]).output_bytes, Bytes(640'332));
  EXPECT_TRUE(model->is_chain_with_exits());
}

TEST(Overfeat, AccurateEqualsItsTableToTheUnit) {
  const ModelPointer model = zoo("overfeat/accurate");
  ASSERT_TRUE(model);
  expect_rows(*model, overfeat_accurate);
  EXPECT_EQ(model->total_weights(), 144'656'488);
  EXPECT_EQ(model->total_macs(), 5'355'446'784);
  EXPECT_EQ(model->total_weight_bytes(), Bytes(578'625'952));
  EXPECT_EQ(model->layer(model->inputs()[0]).output_bytes, Bytes(586'092));
}

TEST(Overfeat, FirstFiveBlocksAreWhatDianneOffloads) {
  const ModelPointer model = zoo("overfeat/fast");
  ASSERT_TRUE(model);
  std::int64_t weights = 0, macs = 0;
  for (LayerId id = 0; id <= model->find("block5/pool"); ++id) {
    weights += model->layer(id).weights;
    macs += model->layer(id).macs;
  }
  EXPECT_EQ(weights, 15'987'584);  // 34,944 + 614,656 + 1,180,160 + 4,719,616 + 9,438,208
  EXPECT_EQ(macs, 2'671'478'784);
}

// Weights of a perceptron by hand: sum of (in + 1) * out. Net 1: 785*1000 + 1001*500 + 501*2.
TEST(BigLittle, NetsHaveTheirTrueWeightCounts) {
  const std::pair<const char*, std::int64_t> nets[] = {
      {"big-little/net1", 1'286'502}, {"big-little/net2", 1'290'510}, {"big-little/net3", 11'972'510}};
  for (const auto& [name, weights] : nets) {
    const ModelPointer model = zoo(name);
    ASSERT_TRUE(model);
    EXPECT_EQ(model->total_weights(), weights) << name;
    EXPECT_EQ(to_text(model->layer(model->inputs()[0]).shape), "784") << name;
    EXPECT_TRUE(model->is_chain_with_exits()) << name;
  }
}

TEST(BigLittle, PrintedCountsAreCarriedAsNotes) {
  const auto notes_of = [](const std::string& name) {
    std::string all;
    const ModelPointer model = zoo(name);
    for (const std::string& note : model->notes) all += note + "\n";
    return all;
  };
  EXPECT_NE(notes_of("big-little/net1").find("1,250,502"), std::string::npos);
  EXPECT_NE(notes_of("big-little/net2").find("1,254,510"), std::string::npos);
}

TEST(BigLittle, LittleAndBigShareOnlyTheImage) {
  const ModelPointer model = zoo("big-little/big-little");
  ASSERT_TRUE(model);
  EXPECT_EQ(model->total_weights(), 1'286'502 + 11'972'510);
  ASSERT_EQ(model->inputs().size(), 1U);
  const std::vector<LayerId> consumers = model->consumers(model->inputs()[0]);
  ASSERT_EQ(consumers.size(), 2U);
  EXPECT_EQ(model->layer(consumers[0]).name, "little/hidden1");
  EXPECT_EQ(model->layer(consumers[1]).name, "big/hidden1");
  for (const Layer& layer : model->layers) {
    const bool is_first_answer = layer.name == "image" || layer.name.starts_with("little/");
    EXPECT_EQ(model->level(model->find(layer.name)), is_first_answer ? 0 : 1) << layer.name;
  }
  EXPECT_TRUE(model->is_chain_with_exits());
}

TEST(BigLittle, LittleAnswersOnlyItsPriorityClass) {
  const ModelPointer model = zoo("big-little/big-little");
  ASSERT_TRUE(model);
  ASSERT_EQ(model->exits.size(), 1U);
  const Exit& exit = model->exits[0];
  EXPECT_EQ(exit.name, "little");
  EXPECT_EQ(exit.answers, std::vector<int>{1});
  EXPECT_EQ(exit.class_map, (std::vector<int>{-1, 8}));
  EXPECT_EQ(exit.confidence, Confidence::normalized_entropy);
  EXPECT_EQ(model->answer_layer(0), model->find("little/softmax"));
  EXPECT_EQ(model->answer_layer(1), model->find("big/softmax"));
}

class Ddnn : public testing::TestWithParam<int> {};

// DDNN Eq. 1: c = 4 |C| + (1 - l) f o / 8, with |C| = 3, f = 4 and o = 16 * 16 bits.
TEST_P(Ddnn, SendsTheBytesOfEquationOne) {
  const int devices = GetParam();
  const ModelPointer model = zoo("ddnn/evaluation-" + std::to_string(devices));
  ASSERT_TRUE(model);
  ASSERT_EQ(static_cast<int>(model->inputs().size()), devices);
  for (int i = 1; i <= devices; ++i) {
    const std::string number = std::to_string(i);
    const Layer& camera = model->layer(model->find("camera" + number));
    const Layer& features = model->layer(model->find("device" + number + "/features"));
    const Layer& scores = model->layer(model->find("device" + number + "/scores"));
    EXPECT_EQ(camera.output_bytes, Bytes(3072));
    EXPECT_EQ(to_text(features.shape), "4x16x16");
    EXPECT_EQ(features.output_bytes, Bytes(128));
    EXPECT_EQ(scores.output_bytes, Bytes(12));
    // 14 + 64 bytes of the block and 384 + 48 of the classifier: under the paper's 2 KB.
    EXPECT_EQ(features.weight_bytes + scores.weight_bytes, Bytes(510));
    EXPECT_EQ(model->level(model->find("device" + number + "/features")), 0);
  }
}

TEST_P(Ddnn, CloudKeepsTheSixteenBySixteenMaps) {
  const int devices = GetParam();
  const ModelPointer model = zoo("ddnn/evaluation-" + std::to_string(devices));
  ASSERT_TRUE(model);
  const auto shape_of = [&](std::string_view name) { return to_text(model->layer(model->find(name)).shape); };
  EXPECT_EQ(shape_of("cloud/aggregate"), std::to_string(4 * devices) + "x16x16");
  EXPECT_EQ(model->layer(model->find("cloud/aggregate")).output_bytes, Bytes(128.0 * devices));
  EXPECT_EQ(shape_of("cloud/features1"), "16x16x16");
  EXPECT_EQ(shape_of("cloud/features2"), "16x16x16");
  EXPECT_EQ(model->layer(model->find("cloud/scores")).macs, 4096 * 3);
  // One filter bank a device, two in the cloud, four floats a filter or class:
  // devices * (4*27 + 16 + 3072 + 12) + 16*9*4*devices + 64 + 16*9*16 + 64 + 12288 + 12.
  EXPECT_EQ(model->total_weights(), devices * (108 + 16 + 3072 + 12 + 576) + 64 + 2304 + 64 + 12288 + 12);
  ASSERT_EQ(model->exits.size(), 1U);
  EXPECT_EQ(model->exits[0].answers, (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(model->level(model->find("cloud/aggregate")), 1);
}

INSTANTIATE_TEST_SUITE_P(Devices, Ddnn, testing::Range(1, 7));

}  // namespace
}  // namespace tiercut::model
