// SPDX-License-Identifier: Apache-2.0
// Without libFuzzer: replays the files named on the command line, for the corpus in ordinary tests.
#include <cstdint>
#include <cstdio>

#include "core/files.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int count, char** arguments) {
  for (int i = 1; i < count; ++i) {
    const auto bytes = tiercut::read_file(arguments[i]);
    if (!bytes) {
      std::fputs(tiercut::to_text(bytes.error()).c_str(), stderr);
      return 2;
    }
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes->data()), bytes->size());
  }
  return 0;
}
