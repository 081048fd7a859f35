// SPDX-License-Identifier: Apache-2.0
// A plugin for QEMU's user emulation (API version 1, declared here because Debian ships no header): counts the
// instructions that a program executes, by what they do. At its end it prints
//   TOTAL MULTIPLY VECTOR VECTOR_MEMORY MEMORY
// MULTIPLY: of vectors, multiply-add and division too; VECTOR: other arithmetic of vectors; VECTOR_MEMORY, MEMORY:
// moves of vectors and of anything from and to memory (on x86 an instruction may both compute and move).
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct translated_block;
struct instruction;
extern void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, void (*)(uint64_t, struct translated_block*));
extern size_t qemu_plugin_tb_n_insns(const struct translated_block*);
extern struct instruction* qemu_plugin_tb_get_insn(const struct translated_block*, size_t);
extern char* qemu_plugin_insn_disas(const struct instruction*);
extern void qemu_plugin_register_vcpu_insn_exec_inline(struct instruction*, int operation, void* counter, uint64_t by);
extern void qemu_plugin_register_atexit_cb(uint64_t id, void (*)(uint64_t, void*), void*);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

enum { total, multiply, vector, vector_memory, memory, kinds };
static uint64_t counts[kinds];
static int is_arm;

static int begins(const char* text, const char* with) { return strncmp(text, with, strlen(with)) == 0; }
static int contains(const char* text, const char* what) { return strstr(text, what) != NULL; }

static void count(struct instruction* at, int kind) {
  qemu_plugin_register_vcpu_insn_exec_inline(at, 0, &counts[kind], 1);
}

static void sort_arm(struct instruction* at, const char* text) {
  const int is_quad = contains(text, " q") || contains(text, ", q");
  if (begins(text, "vld") || begins(text, "vst") || begins(text, "vpush") || begins(text, "vpop")) {
    count(at, vector_memory);
    count(at, memory);
  } else if (begins(text, "vfm") || begins(text, "vml") || begins(text, "vmul") || begins(text, "vdiv") ||
             begins(text, "vrecp")) {
    count(at, multiply);
  } else if (text[0] == 'v' && is_quad) {
    count(at, vector);
  } else if (begins(text, "ldr") || begins(text, "str") || begins(text, "ldm") || begins(text, "stm") ||
             begins(text, "push") || begins(text, "pop")) {
    count(at, memory);
  }
}

static void sort_x86(struct instruction* at, const char* text) {
  const int is_vector = contains(text, "xmm") || contains(text, "ymm");
  const int is_memory = contains(text, "(") && !begins(text, "lea") && !begins(text, "nop");
  const int is_move =
      begins(text, "mov") || begins(text, "vmov") || begins(text, "vbroadcast") || begins(text, "lddqu");
  if (is_memory) count(at, memory);
  if (is_memory && is_vector) count(at, vector_memory);
  if (!is_vector || (is_move && is_memory)) return;
  count(at, contains(text, "mul") || contains(text, "fma") || contains(text, "fmsub") || contains(text, "fnm") ||
                    contains(text, "div")
                ? multiply
                : vector);
}

static void translated(uint64_t id, struct translated_block* block) {
  (void)id;
  const size_t size = qemu_plugin_tb_n_insns(block);
  for (size_t i = 0; i < size; ++i) {
    struct instruction* at = qemu_plugin_tb_get_insn(block, i);
    char* text = qemu_plugin_insn_disas(at);
    count(at, total);
    if (text == NULL) continue;
    if (is_arm) {
      sort_arm(at, text);
    } else {
      sort_x86(at, text);
    }
    free(text);
  }
}

static void ended(uint64_t id, void* nothing) {
  (void)id, (void)nothing;
  for (int kind = 0; kind < kinds; ++kind)
    fprintf(stderr, "%llu%s", (unsigned long long)counts[kind], kind + 1 < kinds ? " " : "\n");
}

struct machine {
  const char* target_name;
};
__attribute__((visibility("default"))) int qemu_plugin_install(uint64_t id, const struct machine* machine,
                                                               int count_of_words, char** words) {
  (void)count_of_words, (void)words;
  is_arm = begins(machine->target_name, "arm");
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  qemu_plugin_register_atexit_cb(id, ended, NULL);
  return 0;
}
