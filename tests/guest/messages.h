/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel has said since a place in its log. */
#ifndef ACQ_TEST_MESSAGES_H
#define ACQ_TEST_MESSAGES_H

#include "guest.h"

#include <stdlib.h>

static inline void mark(const char *text)
{
	write_file("/dev/kmsg", text);
}

/* Does a line behind that of mark(@since) match @pattern? "": any line */
static inline bool told(const char *since, const char *pattern)
{
	char command[400];

	snprintf(command, sizeof(command),
		 "dmesg | awk -v m='%s' 'seen { print } m == \"\" || index($0, m) { seen = 1 }' | grep -q -e '%s'",
		 since, pattern);
	return system(command) == 0;
}

#endif /* ACQ_TEST_MESSAGES_H */
