// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "model/layer.hpp"
#include "profiles/profile.hpp"

namespace tiercut::kernels {

/// Layers in series, without exits.
using Network = std::vector<model::Layer>;

Network zoo_network(const std::string& name);  ///< `big-little/net1`
/// Howard et al., MobileNets (2017), Table 1: width 1, 224 x 224; normalisations folded into the convolutions.
Network mobilenet();
/// Krizhevsky et al. (2012) with its two groups, 227 x 227; without its local response normalisations.
Network alexnet();

/// Every Linear layer with twice the outputs: in bytes and in vectors what float64 would be.
Network with_twice_the_weights(const Network& network);

std::int64_t macs_of(const Network& network);
std::int64_t weights_of(const Network& network);

/// The shipped profile, as `raspberry-pi-2/tiercut`.
profiles::ProfilePointer shipped_profile(const std::string& name);
/// One call of the whole network; throws when it cannot be priced.
Seconds price(const profiles::Profile& profile, const profiles::Unit& unit, const Network& network);

}  // namespace tiercut::kernels
