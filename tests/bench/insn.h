/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a program in the machine asks the plugin that counts its instructions. On
 * any other machine it is a store like others.
 */
#ifndef ACQ_INSN_H
#define ACQ_INSN_H

#include <stdbool.h>
#include <stdint.h>

#define INSN_MAGIC		0x6e737563746e7321

/* mov %rax,(%rdi) with prefixes that mean nothing and that no compiler writes */
#define INSN_STORE_BYTES	{ 0x3e, 0x3e, 0x3e, 0x48, 0x89, 0x07 }
#define INSN_STORE		".byte 0x3e, 0x3e, 0x3e, 0x48, 0x89, 0x07"

enum insn_command {
	INSN_READ = 0x61637101,
	INSN_PROFILE_BEGIN,
	INSN_PROFILE_END,
};

/**
 * struct insn_counts - since the machine began, of all its processors
 * @magic: INSN_MAGIC, if anybody has answered
 * @kernel: instructions executed
 * @user: instructions executed
 * @syscalls: SYSCALL instructions
 */
struct insn_counts {
	uint64_t magic;
	uint64_t kernel;
	uint64_t user;
	uint64_t syscalls;
} __attribute__((aligned(64)));	/* in one page */

/* Returns true if there is a plugin. */
static inline bool insn_ask(struct insn_counts *counts, enum insn_command command)
{
	__asm__ volatile(INSN_STORE : : "a"((uint64_t)command), "D"(counts) : "memory");
	return counts->magic == INSN_MAGIC;
}

#endif /* ACQ_INSN_H */
