// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/model.hpp"

/// One function a network (internal to builders/; others ask the catalogue).
namespace tiercut::model::builders {

/// ResNet-50 at 224 x 224: He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, Table 1. The stride of
/// a stage sits in its first 3x3 convolution, as in torchvision ("v1.5"): 25,557,032 parameters, 4.09 G MACs.
Model resnet_50();

/// Inception v3 at 299 x 299: Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", CVPR 2016,
/// as torchvision has it, without the auxiliary classifier of training: 23,834,568 parameters, 5.71 G MACs.
Model inception_v3();

/// MobileNet v1 1.0-224: Howard et al. 2017 (arXiv 1704.04861), Table 1: 4.2 M parameters, 569 M MACs.
Model mobilenet_v1();

/// NASNet-A (4 @ 1056) at 224 x 224: Zoph et al., "Learning Transferable Architectures for Scalable Image Recognition",
/// CVPR 2018, Fig. 4, as Keras has it (NASNetMobile): 5,326,716 parameters with statistics, 564 M MACs. The one-pixel
/// shift of the second path of a factorised reduction is left out; it changes neither shape nor count.
Model nasnet_mobile();

/// BERT base on 128 tokens: Devlin et al., NAACL 2019 (L = 12, H = 768, A = 12). Tokens stand along the height of an
/// image of 768 channels, so a dense layer is a 1x1 convolution. Encoder: 85,054,464 parameters; 22.5 GFLOP in all (Sun
/// et al., MobileBERT, ACL 2020, Table 4). See the model's notes for what is approximated.
Model bert_base();

}  // namespace tiercut::model::builders
