/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files as a part of the program.
 */
#ifndef SCOPE_EMBED_H
#define SCOPE_EMBED_H

/* The assembler finds FILE in the directories that the build names. */
#define EMBED(name, file)						\
	asm(".section .rodata\n"					\
	    ".globl asset_" #name ", asset_" #name "_end\n"		\
	    "asset_" #name ":\n.incbin \"" file "\"\n"			\
	    "asset_" #name "_end:\n.byte 0\n.previous\n");		\
	extern const unsigned char asset_##name[], asset_##name##_end[]

#endif /* SCOPE_EMBED_H */
