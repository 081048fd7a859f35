// SPDX-License-Identifier: Apache-2.0
#include "training/layers/vector_maths.hpp"

namespace tiercut::training {

namespace baseline {
extern const VectorMaths maths;
}
#ifdef TIERCUT_X86_VECTORS
namespace avx2 {
extern const VectorMaths maths;
}
namespace avx512 {
extern const VectorMaths maths;
}
#endif

std::vector<const VectorMaths*> all_vector_maths() {
  std::vector<const VectorMaths*> all;
#ifdef TIERCUT_X86_VECTORS
  const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool has_avx512 = has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                          __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  if (has_avx512) all.push_back(&avx512::maths);
  if (has_avx2) all.push_back(&avx2::maths);
#endif
  all.push_back(&baseline::maths);
  return all;
}

const VectorMaths& vector_maths() {
  static const VectorMaths& widest = *all_vector_maths().front();
  return widest;
}

}  // namespace tiercut::training
