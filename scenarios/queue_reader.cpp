// SPDX-License-Identifier: Apache-2.0
#include "scenarios/read_context.hpp"

namespace tiercut::scenarios {

std::optional<QueueLimit> read_queue(const Node& owner, ReadContext& context) {
  const Node* node = owner.find("queue");
  if (node == nullptr) return std::nullopt;
  QueueLimit queue;
  if (const Node* length = node->find("length")) queue.length = static_cast<int>(as_integer(*length));
  if (const Node* deadline = node->find("deadline")) queue.deadline = Seconds(as_quantity(*deadline, Dimension::time));
  const Node* drop = node->find("drop");
  if (drop != nullptr && drop->text == "oldest") queue.drop = QueueLimit::Drop::oldest;
  if (!queue.length && (drop != nullptr || !queue.deadline)) {
    context.error("bad-queue", node->key_where, "the queue has no limit", "give it a `length`, or a `deadline` alone");
  }
  const Node* discipline = owner.find("discipline");
  if (discipline != nullptr && discipline->text == "fair") {
    context.error("bad-queue", node->key_where, "nobody waits for a link that is shared fairly",
                  "give the link the discipline fifo, or leave out its queue");
  }
  return queue;
}

}  // namespace tiercut::scenarios
