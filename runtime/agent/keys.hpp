// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "core/diagnostic.hpp"

namespace tiercut::runtime {

/// A CURVE key pair; each key as 40 characters of Z85.
struct KeyPair {
  std::string public_key, secret_key;
};
KeyPair new_key_pair();

/// The keys of one device: its own, and those that it lets in.
struct KeyRing {
  std::string name;
  KeyPair own;
  std::map<std::string, std::string> known;                  ///< public key -> name
  std::string public_key_of(const std::string& peer) const;  ///< empty when unknown
};

/// Makes `<folder>/<name>.secret` (readable by the owner alone) and `<folder>/<name>.public`. Fails with keys-exist,
/// bad-name, output-unwritable.
Result<void> init_keys(const std::string& folder, const std::string& name);

/// The secret key of `name` and all public keys of the folder. Fails with keys-missing, key-exposed (others may read
/// the secret), bad-key.
Result<KeyRing> read_keys(const std::string& folder, const std::string& name);

/// Where keys are when nothing is said: $XDG_CONFIG_HOME/tiercut/keys, else ~/.config/tiercut/keys.
std::string default_keys_folder();

}  // namespace tiercut::runtime
