// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace tiercut::simulator {

/// A first-in, first-out queue in one block that grows and never shrinks, so that a long run allocates nothing.
/// std::deque would free and allocate a block every few elements.
template <class T>
class RingQueue {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  T& operator[](std::size_t i) { return block_[(first_ + i) & (block_.size() - 1)]; }
  T& front() { return (*this)[0]; }

  void push_back(T value) {
    if (size_ == block_.size()) grow();
    (*this)[size_++] = std::move(value);
  }

  /// Keeps the queue sorted by `is_before`. New elements belong near the end: O(distance moved).
  template <class Less>
  void insert_sorted(T value, Less is_before) {
    push_back(std::move(value));
    for (std::size_t i = size_ - 1; i > 0 && is_before((*this)[i], (*this)[i - 1]); --i) {
      std::swap((*this)[i], (*this)[i - 1]);
    }
  }

  void pop_front() {
    first_ = (first_ + 1) & (block_.size() - 1);
    --size_;
  }

  void erase(std::size_t i) {
    for (; i > 0; --i) std::swap((*this)[i], (*this)[i - 1]);
    pop_front();
  }

 private:
  void grow() {
    std::vector<T> larger(block_.empty() ? 4 : 2 * block_.size());
    for (std::size_t i = 0; i < size_; ++i) larger[i] = std::move((*this)[i]);
    block_ = std::move(larger);
    first_ = 0;
  }

  std::vector<T> block_;  // its size is a power of two, or 0
  std::size_t first_ = 0, size_ = 0;
};

}  // namespace tiercut::simulator
