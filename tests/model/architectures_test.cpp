// SPDX-License-Identifier: Apache-2.0
// Totals are the published ones; parameters count a normalisation as its sources do, with scale and shift only.
#include <cmath>

#include "model/builders/catalogue.hpp"
#include "model/model_writer.hpp"
#include "tests/model/model_support.hpp"

namespace tiercut::model {
namespace {

Model built(std::string_view name) {
  const Architecture* architecture = find_architecture(name);
  EXPECT_NE(architecture, nullptr) << name;
  return architecture->build();
}

/// What frameworks count as trainable: of the four parameters a channel of a normalisation, two.
std::int64_t trainable(const Model& model) {
  std::int64_t total = 0;
  for (const Layer& layer : model.layers)
    total += layer.type == LayerType::batch_normalization ? layer.weights / 2 : layer.weights;
  return total;
}

TEST(Architectures, ResNet50IsThePublishedOne) {
  const Model model = built("resnet-50");
  // torchvision: num_params 25557032, 4.089 "GFLOPS" (which counts multiply-accumulates).
  EXPECT_EQ(trainable(model), 25'557'032);
  EXPECT_NEAR(static_cast<double>(model.total_macs()), 4.089e9, 0.0005e9);
  EXPECT_FALSE(model.is_chain_with_exits());
}

TEST(Architectures, InceptionV3IsThePublishedOne) {
  const Model model = built("inception-v3");
  // torchvision without the auxiliary classifier; its table says 27,161,264 with it, which has 3,326,696.
  EXPECT_EQ(trainable(model), 27'161'264 - 3'326'696);
  EXPECT_NEAR(static_cast<double>(model.total_macs()), 5.713e9, 0.0005e9);
  EXPECT_EQ(model.layer(model.find("block11/join")).shape.extents, (std::vector<std::int64_t>{2048, 8, 8}));
}

TEST(Architectures, MobileNetV1IsThePublishedOne) {
  const Model model = built("mobilenet-v1");
  // The paper's Table 4: 4.2 million parameters, 569 million multiply-adds; Keras: 4,231,976 trainable.
  EXPECT_EQ(trainable(model), 4'231'976);
  EXPECT_NEAR(static_cast<double>(model.total_macs()), 569e6, 0.5e6);
  EXPECT_TRUE(model.is_chain_with_exits());
}

TEST(Architectures, NasNetMobileIsThePublishedOne) {
  const Model model = built("nasnet-mobile");
  // Keras: 5,326,716 parameters, 5,289,978 of them trainable. The paper's Table 2: 5.3 million, 564 million
  // multiply-adds.
  EXPECT_EQ(model.total_weights(), 5'326'716);
  EXPECT_EQ(trainable(model), 5'289'978);
  EXPECT_NEAR(static_cast<double>(model.total_macs()), 564e6, 0.02 * 564e6);
}

TEST(Architectures, BertBaseHasThePublishedEncoder) {
  const Model model = built("bert-base");
  std::int64_t encoder = 0, invented = 0;
  for (const Layer& layer : model.layers) {
    const bool is_product = layer.name.ends_with("/scores") || layer.name.ends_with("/context");
    const bool is_normalization = layer.type == LayerType::batch_normalization;
    (is_product ? invented : encoder) += is_normalization ? layer.weights / 2 : layer.weights;
  }
  encoder -= model.layer(model.find("classes")).weights;
  // 12 x (4 (768 x 768 + 768) + 2 x 768 x 3072 + 3072 + 768 + 2 x 2 x 768), by hand.
  EXPECT_EQ(encoder, 85'054'464);
  EXPECT_EQ(invented, 12 * 196'608);  // what the notes say does not exist
  EXPECT_NEAR(2.0 * static_cast<double>(model.total_macs()), 22.5e9, 0.01 * 22.5e9);
}

TEST(Architectures, AllSurviveAFile) {
  EXPECT_EQ(find_architecture("resnet"), nullptr);
  EXPECT_EQ(architectures().size(), 5U);
  for (const Architecture& architecture : architectures()) {
    const Model made = architecture.build();
    EXPECT_EQ(made.name, architecture.name);
    const ModelPointer read = model_of(to_yaml(made));
    ASSERT_NE(read, nullptr);
    ASSERT_EQ(read->layer_count(), made.layer_count());
    EXPECT_EQ(read->total_weights(), made.total_weights());
    EXPECT_EQ(read->total_macs(), made.total_macs());
    EXPECT_EQ(read->notes, made.notes);
  }
}

}  // namespace
}  // namespace tiercut::model
