// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

/// What runs on a GPU, behind plain C++ (internal to kernels/cuda/). No CUDA header and nothing newer than C++11 here
/// and in device.cu, so that an old toolkit (a Jetson TK1 has CUDA 6.5) can compile that file alone. All pointers named
/// `device` or inside structs point to memory of the GPU. Calls start work and return; failures throw
/// std::runtime_error.
namespace tiercut {
namespace cuda {

bool has_device();          ///< of a driver that works and code compiled for it
const char* device_name();  ///< empty without one
int runtime_version();      ///< 13000 for 13.0

void* allocate(std::size_t bytes);
void release(void* device);
void upload(void* device, const void* host, std::size_t bytes);
void download(void* host, const void* device, std::size_t bytes);
void copy(void* to_device, const void* from_device, std::size_t bytes);
void synchronise();  ///< waits until all work is done, and throws what went wrong meanwhile

/// y[rows] = weights[rows][columns] * x + bias; bias null: none.
void linear(const float* weights, const float* bias, const float* x, float* y, int rows, int columns);

struct Window {
  int channels, height, width;  ///< of the input
  int out_height, out_width;
  int kernel_height, kernel_width, stride_height, stride_width, pad_height, pad_width;
};
/// `filters` and `window.channels` of one group; groups follow one another in all tensors.
void convolution(const Window& window, int groups, int filters, const float* weights, const float* bias, const float* x,
                 float* y);
/// One input channel a group, `per_channel` filters each.
void depthwise(const Window& window, int per_channel, const float* weights, const float* bias, const float* x,
               float* y);
void max_pooling(const Window& window, const float* x, float* y);
void avg_pooling(const Window& window, const float* x, float* y);  ///< divides by the window with its padding

/// y = x * (x >= 0 ? scale : negative) + shift, a set a channel of `plane` elements.
void scale_channels(const float* scale, const float* negative, const float* shift, const float* x, float* y,
                    int channels, int plane);
void relu(const float* x, float* y, int count);
void threshold(float limit, float value, const float* x, float* y, int count);
void sigmoid(const float* x, float* y, int count);
void tanh_of(const float* x, float* y, int count);
void softmax(const float* x, float* y, int count);

void add_to(const float* x, float* y, int count);
void max_with(const float* x, float* y, int count);
void divide(float by, float* y, int count);
/// Rows of `run` floats, from x one after another to every `stride`th float of y.
void place(const float* x, float* y, int rows, int run, int stride);

}  // namespace cuda
}  // namespace tiercut
