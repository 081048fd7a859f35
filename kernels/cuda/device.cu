// SPDX-License-Identifier: Apache-2.0
#include "device.h"

#include <cuda_runtime.h>

#include <stdexcept>
#include <string>

// A test runs this file on a processor and starts kernels in its own way.
#ifndef START
#define START(kernel, blocks, ...) kernel<<<blocks, threads_of_block>>>(__VA_ARGS__)
#endif

namespace tiercut {
namespace cuda {
namespace {

void check(cudaError_t status) {
  if (status != cudaSuccess) throw std::runtime_error(std::string("CUDA: ") + cudaGetErrorString(status));
}

const int threads_of_block = 256;
const int warp = 32;
// A block of the product: 64 filters times 64 pixels, 4 x 4 of them a thread, 16 products deep at a time.
const int tile = 64, tile_depth = 16, part = 4;

int blocks_for(long long count) { return static_cast<int>((count + threads_of_block - 1) / threads_of_block); }

__device__ int my_index() { return static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x); }

/// A NaN stays, which a plain comparison would drop.
__device__ float larger(float kept, float x) { return x > kept || x != x ? x : kept; }

/// A warp a row, so that neighbouring threads read neighbouring weights.
__global__ void linear_rows(const float* weights, const float* bias, const float* x, float* y, int rows, int columns) {
  const int row = my_index() / warp, lane = static_cast<int>(threadIdx.x) % warp;
  __shared__ float sums[threads_of_block];
  float sum = 0;
  if (row < rows) {
    const float* from = weights + static_cast<size_t>(row) * columns;
    for (int column = lane; column < columns; column += warp) sum += from[column] * x[column];
  }
  // Through shared memory: shuffles changed their names between toolkits.
  sums[threadIdx.x] = sum;
  __syncthreads();
  for (int half = warp / 2; half > 0; half /= 2) {
    if (lane < half) sums[threadIdx.x] += sums[threadIdx.x + half];
    __syncthreads();
  }
  if (row < rows && lane == 0) y[row] = sums[threadIdx.x] + (bias ? bias[row] : 0.0f);
}

/// What tap `k` of a filter sees at output pixel `pixel`.
__device__ float patch(const Window& w, const float* x, int k, int pixel) {
  const int window = w.kernel_height * w.kernel_width;
  const int channel = k / window, tap = k % window;
  const int row = pixel / w.out_width * w.stride_height - w.pad_height + tap / w.kernel_width;
  const int column = pixel % w.out_width * w.stride_width - w.pad_width + tap % w.kernel_width;
  if (row < 0 || row >= w.height || column < 0 || column >= w.width) return 0;
  return x[(static_cast<size_t>(channel) * w.height + row) * w.width + column];
}

__global__ void convolution_tiles(Window w, int filters, const float* weights, const float* bias, const float* x,
                                  float* y) {
  __shared__ float filter_tile[tile_depth][tile + 1];
  __shared__ float patch_tile[tile_depth][tile + 1];
  const int depth = w.channels * w.kernel_height * w.kernel_width, pixels = w.out_height * w.out_width;
  const int group = static_cast<int>(blockIdx.z), thread = static_cast<int>(threadIdx.x);
  const int first_filter = static_cast<int>(blockIdx.y) * tile, first_pixel = static_cast<int>(blockIdx.x) * tile;
  weights += static_cast<size_t>(group) * filters * depth;
  x += static_cast<size_t>(group) * w.channels * w.height * w.width;
  y += static_cast<size_t>(group) * filters * pixels;
  const int my_filter = thread / (tile / part) * part, my_pixel = thread % (tile / part) * part;
  float sums[part][part] = {};
  for (int from = 0; from < depth; from += tile_depth) {
    for (int i = thread; i < tile * tile_depth; i += threads_of_block) {
      const int filter = i / tile_depth, deep = i % tile_depth;
      const bool is_weight = first_filter + filter < filters && from + deep < depth;
      filter_tile[deep][filter] =
          is_weight ? weights[static_cast<size_t>(first_filter + filter) * depth + from + deep] : 0;
      const int pixel = i % tile, deep_too = i / tile;
      const bool is_patch = first_pixel + pixel < pixels && from + deep_too < depth;
      patch_tile[deep_too][pixel] = is_patch ? patch(w, x, from + deep_too, first_pixel + pixel) : 0;
    }
    __syncthreads();
    // Past the end of the depth nothing is multiplied: 0 times an infinite weight would be NaN.
    const int deep_end = min(tile_depth, depth - from);
    for (int deep = 0; deep < deep_end; ++deep) {
      for (int i = 0; i < part; ++i) {
        for (int j = 0; j < part; ++j) {
          sums[i][j] += filter_tile[deep][my_filter + i] * patch_tile[deep][my_pixel + j];
        }
      }
    }
    __syncthreads();
  }
  for (int i = 0; i < part; ++i) {
    for (int j = 0; j < part; ++j) {
      const int filter = first_filter + my_filter + i, pixel = first_pixel + my_pixel + j;
      if (filter >= filters || pixel >= pixels) continue;
      const float base = bias ? bias[group * filters + filter] : 0.0f;
      y[static_cast<size_t>(filter) * pixels + pixel] = base + sums[i][j];
    }
  }
}

__global__ void depthwise_pixels(Window w, int per_channel, const float* weights, const float* bias, const float* x,
                                 float* y, int count) {
  const int i = my_index();
  if (i >= count) return;
  const int pixels = w.out_height * w.out_width, output = i / pixels, pixel = i % pixels;
  const float* plane = x + static_cast<size_t>(output / per_channel) * w.height * w.width;
  const int taps = w.kernel_height * w.kernel_width;
  float sum = bias ? bias[output] : 0.0f;
  for (int k = 0; k < taps; ++k) sum += weights[output * taps + k] * patch(w, plane, k, pixel);
  y[i] = sum;
}

struct Maximum {
  __device__ static float start() { return -INFINITY; }
  __device__ static float combine(float kept, float x) { return larger(kept, x); }
};
struct Sum {
  __device__ static float start() { return 0; }
  __device__ static float combine(float kept, float x) { return kept + x; }
};

template <class Combine, bool is_average>
__global__ void pool(Window w, const float* x, float* y, int count) {
  const int i = my_index();
  if (i >= count) return;
  const int pixels = w.out_height * w.out_width, pixel = i % pixels;
  const float* plane = x + static_cast<size_t>(i / pixels) * w.height * w.width;
  const int top = pixel / w.out_width * w.stride_height - w.pad_height;
  const int left = pixel % w.out_width * w.stride_width - w.pad_width;
  float kept = Combine::start();
  for (int row = max(top, 0); row < min(top + w.kernel_height, w.height); ++row) {
    for (int column = max(left, 0); column < min(left + w.kernel_width, w.width); ++column) {
      kept = Combine::combine(kept, plane[row * w.width + column]);
    }
  }
  if (is_average) {
    const int rows = min(top + w.kernel_height, w.height + w.pad_height) - top;
    const int columns = min(left + w.kernel_width, w.width + w.pad_width) - left;
    kept /= static_cast<float>(rows * columns);
  }
  y[i] = kept;
}

__global__ void scale_channels_each(const float* scale, const float* negative, const float* shift, const float* x,
                                    float* y, int plane, int count) {
  const int i = my_index();
  if (i >= count) return;
  const int channel = i / plane;
  y[i] = x[i] * (x[i] >= 0 ? scale[channel] : negative[channel]) + shift[channel];
}

__global__ void relu_each(const float* x, float* y, int count) {
  const int i = my_index();
  if (i < count) y[i] = x[i] < 0 ? 0 : x[i];
}
__global__ void threshold_each(float limit, float value, const float* x, float* y, int count) {
  const int i = my_index();
  if (i < count) y[i] = x[i] <= limit ? value : x[i];
}
__global__ void sigmoid_each(const float* x, float* y, int count) {
  const int i = my_index();
  if (i < count) y[i] = 1 / (1 + expf(-x[i]));
}
__global__ void tanh_each(const float* x, float* y, int count) {
  const int i = my_index();
  if (i < count) y[i] = tanhf(x[i]);
}
__global__ void add_each(const float* x, float* y, int count) {
  const int i = my_index();
  if (i < count) y[i] += x[i];
}
__global__ void max_each(const float* x, float* y, int count) {
  const int i = my_index();
  if (i < count) y[i] = larger(y[i], x[i]);
}
__global__ void divide_each(float by, float* y, int count) {
  const int i = my_index();
  if (i < count) y[i] /= by;
}
__global__ void place_each(const float* x, float* y, int run, int stride, int count) {
  const int i = my_index();
  if (i < count) y[static_cast<size_t>(i / run) * stride + i % run] = x[i];
}

/// In shared memory, the same order whatever the input: results repeat.
template <class Combine>
__device__ float reduce(float mine, float* shared) {
  shared[threadIdx.x] = mine;
  __syncthreads();
  for (int half = threads_of_block / 2; half > 0; half /= 2) {
    if (static_cast<int>(threadIdx.x) < half) {
      shared[threadIdx.x] = Combine::combine(shared[threadIdx.x], shared[threadIdx.x + half]);
    }
    __syncthreads();
  }
  const float result = shared[0];
  __syncthreads();
  return result;
}

/// One block: the classes of a model are few.
__global__ void softmax_all(const float* x, float* y, int count) {
  __shared__ float shared[threads_of_block];
  float largest = -INFINITY;
  for (int i = static_cast<int>(threadIdx.x); i < count; i += threads_of_block) largest = larger(largest, x[i]);
  largest = reduce<Maximum>(largest, shared);
  float sum = 0;
  for (int i = static_cast<int>(threadIdx.x); i < count; i += threads_of_block) {
    y[i] = expf(x[i] - largest);
    sum += y[i];
  }
  sum = reduce<Sum>(sum, shared);
  for (int i = static_cast<int>(threadIdx.x); i < count; i += threads_of_block) y[i] /= sum;
}

struct Device {
  bool is_present;
  cudaDeviceProp properties;
  Device() : is_present(false) {
    int count = 0;
    if (cudaGetDeviceCount(&count) != cudaSuccess || count == 0) return;
    if (cudaGetDeviceProperties(&properties, 0) != cudaSuccess) return;
    // A device that this file was not compiled for has no code for the kernel.
    cudaFuncAttributes attributes;
    is_present = cudaFuncGetAttributes(&attributes, relu_each) == cudaSuccess;
    cudaGetLastError();
  }
};
const Device& device() {
  static const Device found;
  return found;
}

}  // namespace

bool has_device() { return device().is_present; }
const char* device_name() { return has_device() ? device().properties.name : ""; }
int runtime_version() {
  int version = 0;
  check(cudaRuntimeGetVersion(&version));
  return version;
}

void* allocate(std::size_t bytes) {
  void* memory = 0;
  check(cudaMalloc(&memory, bytes == 0 ? 1 : bytes));
  return memory;
}
void release(void* memory) { cudaFree(memory); }
void upload(void* to, const void* host, std::size_t bytes) {
  check(cudaMemcpy(to, host, bytes, cudaMemcpyHostToDevice));
}
void download(void* host, const void* from, std::size_t bytes) {
  check(cudaMemcpy(host, from, bytes, cudaMemcpyDeviceToHost));
}
void copy(void* to, const void* from, std::size_t bytes) {
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice));
}
void synchronise() { check(cudaDeviceSynchronize()); }

void linear(const float* weights, const float* bias, const float* x, float* y, int rows, int columns) {
  START(linear_rows, blocks_for(static_cast<long long>(rows) * warp), weights, bias, x, y, rows, columns);
  check(cudaGetLastError());
}
void convolution(const Window& w, int groups, int filters, const float* weights, const float* bias, const float* x,
                 float* y) {
  const int pixels = w.out_height * w.out_width;
  const dim3 grid(static_cast<unsigned>((pixels + tile - 1) / tile), static_cast<unsigned>((filters + tile - 1) / tile),
                  static_cast<unsigned>(groups));
  START(convolution_tiles, grid, w, filters, weights, bias, x, y);
  check(cudaGetLastError());
}
void depthwise(const Window& w, int per_channel, const float* weights, const float* bias, const float* x, float* y) {
  const int count = w.channels * per_channel * w.out_height * w.out_width;
  START(depthwise_pixels, blocks_for(count), w, per_channel, weights, bias, x, y, count);
  check(cudaGetLastError());
}
void max_pooling(const Window& w, const float* x, float* y) {
  const int count = w.channels * w.out_height * w.out_width;
  START((pool<Maximum, false>), blocks_for(count), w, x, y, count);
  check(cudaGetLastError());
}
void avg_pooling(const Window& w, const float* x, float* y) {
  const int count = w.channels * w.out_height * w.out_width;
  START((pool<Sum, true>), blocks_for(count), w, x, y, count);
  check(cudaGetLastError());
}
void scale_channels(const float* scale, const float* negative, const float* shift, const float* x, float* y,
                    int channels, int plane) {
  const int count = channels * plane;
  START(scale_channels_each, blocks_for(count), scale, negative, shift, x, y, plane, count);
  check(cudaGetLastError());
}
void relu(const float* x, float* y, int count) {
  START(relu_each, blocks_for(count), x, y, count);
  check(cudaGetLastError());
}
void threshold(float limit, float value, const float* x, float* y, int count) {
  START(threshold_each, blocks_for(count), limit, value, x, y, count);
  check(cudaGetLastError());
}
void sigmoid(const float* x, float* y, int count) {
  START(sigmoid_each, blocks_for(count), x, y, count);
  check(cudaGetLastError());
}
void tanh_of(const float* x, float* y, int count) {
  START(tanh_each, blocks_for(count), x, y, count);
  check(cudaGetLastError());
}
void softmax(const float* x, float* y, int count) {
  START(softmax_all, 1, x, y, count);
  check(cudaGetLastError());
}
void add_to(const float* x, float* y, int count) {
  START(add_each, blocks_for(count), x, y, count);
  check(cudaGetLastError());
}
void max_with(const float* x, float* y, int count) {
  START(max_each, blocks_for(count), x, y, count);
  check(cudaGetLastError());
}
void divide(float by, float* y, int count) {
  START(divide_each, blocks_for(count), by, y, count);
  check(cudaGetLastError());
}
void place(const float* x, float* y, int rows, int run, int stride) {
  const int count = rows * run;
  START(place_each, blocks_for(count), x, y, run, stride, count);
  check(cudaGetLastError());
}

}  // namespace cuda
}  // namespace tiercut
