// SPDX-License-Identifier: GPL-2.0-only
/*
 * A QEMU plugin that counts the instructions of the machine, for a program in the
 * machine that asks: it stores an INSN_COMMAND by the instruction INSN_STORE (see
 * insn.h), and finds the counts in the same place right after.
 *
 * Counted are instructions of all processors, by blocks: those behind an
 * instruction that faults count though they come once more later. Repeated string
 * instructions count as one for each eight bytes that they write, however many
 * they take at once: QEMU would otherwise count a copy of any length as one.
 *
 * profile=FILE: counts by address too, between INSN_PROFILE_BEGIN and
 * INSN_PROFILE_END, and writes them to FILE: "address instructions" a line.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "insn.h"
#include "insn-qemu.h"

__attribute__((visibility("default"))) int qemu_plugin_version = 7;

/* Of each processor, as an entry of the scoreboard */
struct counts {
	uint64_t kernel, user;
	uint64_t kernel_string, user_string;	/* bytes that string instructions wrote */
	uint64_t syscalls;
};

static struct qemu_plugin_scoreboard *board;

#define ENTRY(_member)	((struct qemu_plugin_u64){ board, offsetof(struct counts, _member) })

/* Blocks of instructions, for a profile */
struct block {
	uint64_t addr, insns, runs;
	struct block *next;
};

static struct block *blocks;
static pthread_mutex_t blocks_lock = PTHREAD_MUTEX_INITIALIZER;
static const char *profile;
static bool profiling;

static void block_runs(unsigned int vcpu, void *data)
{
	struct block *block = data;

	(void)vcpu;
	if (__atomic_load_n(&profiling, __ATOMIC_RELAXED))
		__atomic_fetch_add(&block->runs, 1, __ATOMIC_RELAXED);
}

/* Blocks that are translated again are counted anew: whoever reads it adds them up. */
static void block_new(struct qemu_plugin_tb *tb)
{
	struct block *block = calloc(1, sizeof(*block));

	if (!block)
		abort();
	block->addr = qemu_plugin_tb_vaddr(tb);
	block->insns = qemu_plugin_tb_n_insns(tb);
	pthread_mutex_lock(&blocks_lock);
	block->next = blocks;
	blocks = block;
	pthread_mutex_unlock(&blocks_lock);
	qemu_plugin_register_vcpu_tb_exec_cb(tb, block_runs, CB_NO_REGS, block);
}

static void profile_begin(void)
{
	struct block *block;

	pthread_mutex_lock(&blocks_lock);
	for (block = blocks; block; block = block->next)
		block->runs = 0;
	pthread_mutex_unlock(&blocks_lock);
	__atomic_store_n(&profiling, true, __ATOMIC_RELAXED);
}

static void profile_end(void)
{
	struct block *block;
	FILE *file;

	__atomic_store_n(&profiling, false, __ATOMIC_RELAXED);
	file = profile ? fopen(profile, "we") : NULL;
	if (!file)
		return;
	pthread_mutex_lock(&blocks_lock);
	for (block = blocks; block; block = block->next) {
		if (block->runs)
			fprintf(file, "%" PRIx64 " %" PRIu64 "\n", block->addr,
				block->insns * block->runs);
	}
	pthread_mutex_unlock(&blocks_lock);
	fclose(file);
}

/* A program has stored a command: give it the counts. */
static void asked(unsigned int vcpu, uint32_t info, uint64_t addr, void *unused)
{
	uint64_t command = qemu_plugin_mem_get_value(info).data.u64;
	struct insn_counts counts = {
		.magic = INSN_MAGIC,
		.kernel = qemu_plugin_u64_sum(ENTRY(kernel)) +
			  qemu_plugin_u64_sum(ENTRY(kernel_string)) / 8,
		.user = qemu_plugin_u64_sum(ENTRY(user)) +
			qemu_plugin_u64_sum(ENTRY(user_string)) / 8,
		.syscalls = qemu_plugin_u64_sum(ENTRY(syscalls)),
	};
	struct byte_array array = { &counts, sizeof(counts) };

	(void)vcpu;
	(void)unused;
	if (command == INSN_PROFILE_BEGIN)
		profile_begin();
	else if (command == INSN_PROFILE_END)
		profile_end();
	else if (command != INSN_READ)
		return;
	qemu_plugin_write_memory_vaddr(addr, &array);
}

/* Bytes that a repeated MOVS or STOS writes each time; 0: it is none */
static unsigned int string_bytes(const unsigned char *code, size_t bytes)
{
	unsigned int size = 4;
	bool repeated = false;
	size_t i;

	for (i = 0; i < bytes; i++) {
		if (code[i] == 0xf2 || code[i] == 0xf3)
			repeated = true;
		else if (code[i] == 0x66)
			size = 2;
		else if ((code[i] & 0xf0) == 0x40)
			size = code[i] & 8 ? 8 : size;
		else
			break;
	}
	if (!repeated || i >= bytes)
		return 0;
	if (code[i] == 0xa4 || code[i] == 0xaa)
		return 1;
	return code[i] == 0xa5 || code[i] == 0xab ? size : 0;
}

static void translated(struct qemu_plugin_tb *tb, void *unused)
{
	static const unsigned char store[] = INSN_STORE_BYTES, call[] = { 0x0f, 0x05 };
	size_t count = qemu_plugin_tb_n_insns(tb), i;
	bool kernel = qemu_plugin_tb_vaddr(tb) >> 63;

	(void)unused;
	qemu_plugin_register_vcpu_tb_exec_inline_per_vcpu(tb, INLINE_ADD_U64,
							  kernel ? ENTRY(kernel) : ENTRY(user),
							  count);
	for (i = 0; i < count; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		unsigned char code[16];
		size_t bytes = qemu_plugin_insn_data(insn, code, sizeof(code));
		unsigned int string = string_bytes(code, bytes);

		if (bytes == sizeof(store) && !memcmp(code, store, bytes))
			qemu_plugin_register_vcpu_mem_cb(insn, asked, CB_NO_REGS, MEM_W, NULL);
		if (!kernel && bytes == sizeof(call) && !memcmp(code, call, bytes))
			qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(insn, INLINE_ADD_U64,
									    ENTRY(syscalls), 1);
		if (string && kernel)
			qemu_plugin_register_vcpu_mem_inline_per_vcpu(insn, MEM_W, INLINE_ADD_U64,
								      ENTRY(kernel_string), string);
		if (string && !kernel)
			qemu_plugin_register_vcpu_mem_inline_per_vcpu(insn, MEM_W, INLINE_ADD_U64,
								      ENTRY(user_string), string);
	}
	if (profile)
		block_new(tb);
}

__attribute__((visibility("default")))
int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc, char **argv)
{
	int i;

	(void)info;
	for (i = 0; i < argc; i++) {
		if (strncmp(argv[i], "profile=", 8)) {
			fprintf(stderr, "insn-plugin: no option '%s'\n", argv[i]);
			return -1;
		}
		profile = strdup(argv[i] + 8);
	}
	board = qemu_plugin_scoreboard_new(sizeof(struct counts));
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated, NULL);
	return 0;
}
