// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "core/files.hpp"
#include "runtime/agent/keys.hpp"

namespace tiercut::runtime {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t key_characters = 40;

bool is_name(const std::string& name) {
  return !name.empty() && name.size() <= 64 && name.front() != '.' && std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
  });
}

Result<std::string> read_key(const std::string& path) {
  auto text = read_file(path, 4096);
  if (!text) return tl::unexpected(std::move(text.error()));
  while (!text->empty() && std::isspace(static_cast<unsigned char>(text->back())) != 0) text->pop_back();
  unsigned char raw[32];
  if (text->size() == key_characters && zmq_z85_decode(raw, text->c_str()) != nullptr) return *text;
  return fail("bad-key", "'" + path + "' holds no key: 40 characters of Z85 are due",
              "`tiercut agent --init-keys` makes keys", {path, 1, 1, {}});
}

/// Never readable by others, not even for a moment, and never over a file that is there.
Result<void> write_secret(const std::string& path, const std::string& text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) {
    return fail("output-unwritable", "cannot create '" + path + "': " + std::strerror(errno),
                "choose another folder with --keys");
  }
  const bool is_written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const bool is_closed = ::close(file) == 0;
  if (is_written && is_closed) return {};
  ::unlink(path.c_str());
  return fail("output-failed", "cannot write '" + path + "': " + std::strerror(errno), "is the disk full?");
}

}  // namespace

KeyPair new_key_pair() {
  char public_key[key_characters + 1] = {}, secret_key[key_characters + 1] = {};
  if (zmq_curve_keypair(public_key, secret_key) != 0) throw std::runtime_error("ZeroMQ was built without CURVE");
  return {public_key, secret_key};
}

std::string KeyRing::public_key_of(const std::string& peer) const {
  for (const auto& [key, who] : known) {
    if (who == peer) return key;
  }
  return {};
}

Result<void> init_keys(const std::string& folder, const std::string& name) {
  if (!is_name(name)) {
    return fail("bad-name", "'" + name + "' cannot name a device", "letters, digits, '-', '_' and '.' can, up to 64");
  }
  std::error_code error;
  fs::create_directories(folder, error);
  const std::string secret = folder + "/" + name + ".secret", shared = folder + "/" + name + ".public";
  if (fs::exists(secret) || fs::exists(shared)) {
    return fail("keys-exist", "'" + name + "' has keys already: " + (fs::exists(secret) ? secret : shared),
                "delete them first if they are to be replaced; every device that knows them must then learn the new");
  }
  const KeyPair keys = new_key_pair();
  if (auto written = write_secret(secret, keys.secret_key + "\n"); !written) return written;
  // Where there is a public key, there is the secret one.
  return write_file(shared, keys.public_key + "\n");
}

Result<KeyRing> read_keys(const std::string& folder, const std::string& name) {
  KeyRing ring;
  ring.name = name;
  const std::string secret = folder + "/" + name + ".secret";
  struct stat about {};
  if (::stat(secret.c_str(), &about) != 0) {
    return fail("keys-missing", "'" + name + "' has no key in '" + folder + "': " + std::strerror(errno),
                "make one with `tiercut agent --init-keys --name " + name + " --keys " + folder + "`");
  }
  if ((about.st_mode & 077) != 0) {
    return fail("key-exposed", "others than its owner may read '" + secret + "'", "chmod 600 " + secret);
  }
  auto own = read_key(secret);
  if (!own) return tl::unexpected(std::move(own.error()));
  ring.own.secret_key = *own;
  char public_key[key_characters + 1] = {};
  if (zmq_curve_public(public_key, own->c_str()) != 0) {
    return fail("bad-key", "'" + secret + "' is no secret key of CURVE");
  }
  ring.own.public_key = public_key;
  Diagnostics errors;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() != ".public") continue;
    const auto key = read_key(entry.path().string());
    if (key) {
      ring.known[*key] = entry.path().stem().string();
    } else {
      errors.insert(errors.end(), key.error().begin(), key.error().end());
    }
  }
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  ring.known[ring.own.public_key] = name;
  return ring;
}

std::string default_keys_folder() {
  if (const char* base = std::getenv("XDG_CONFIG_HOME"); base != nullptr && *base != '\0') {
    return std::string(base) + "/tiercut/keys";
  }
  const char* home = std::getenv("HOME");
  return std::string(home != nullptr ? home : ".") + "/.config/tiercut/keys";
}

}  // namespace tiercut::runtime
