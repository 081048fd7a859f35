// SPDX-License-Identifier: Apache-2.0
#include <ucontext.h>

#include <memory>
#include <vector>

#include "kernels/cuda/device.cu"

namespace emulated {
namespace {

constexpr std::size_t stack_bytes = 64 << 10;

struct Thread {
  ucontext_t context;
  std::unique_ptr<char[]> stack{new char[stack_bytes]};
  bool is_done = false;
};

std::vector<Thread> threads;
ucontext_t scheduler;
std::size_t running = 0;
const std::function<void()>* work = nullptr;

void body() {
  (*work)();
  threads[running].is_done = true;
}

void prepare(Thread& thread) {
  thread.is_done = false;
  getcontext(&thread.context);
  thread.context.uc_stack.ss_sp = thread.stack.get();
  thread.context.uc_stack.ss_size = stack_bytes;
  thread.context.uc_link = &scheduler;
  makecontext(&thread.context, body, 0);
}

void run_block() {
  for (Thread& thread : threads) prepare(thread);
  for (bool is_going_on = true; is_going_on;) {
    is_going_on = false;
    for (running = 0; running < threads.size(); ++running) {
      if (threads[running].is_done) continue;
      threadIdx.x = static_cast<unsigned>(running);
      swapcontext(&scheduler, &threads[running].context);
      is_going_on = is_going_on || !threads[running].is_done;
    }
  }
}

}  // namespace

void wait_for_block() { swapcontext(&threads[running].context, &scheduler); }

void run_grid(dim3 blocks, int threads_of_block, const std::function<void()>& kernel) {
  threads.resize(static_cast<std::size_t>(threads_of_block));
  work = &kernel;
  blockDim = dim3(threads_of_block);
  for (blockIdx.z = 0; blockIdx.z < blocks.z; ++blockIdx.z) {
    for (blockIdx.y = 0; blockIdx.y < blocks.y; ++blockIdx.y) {
      for (blockIdx.x = 0; blockIdx.x < blocks.x; ++blockIdx.x) run_block();
    }
  }
  work = nullptr;
}

}  // namespace emulated
