/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The nodes that the driver has made, and their attributes in /sys/class/misc, which need no
 * permission to open a node.
 */
#ifndef ACQ_NODES_H
#define ACQ_NODES_H

#include <stddef.h>

#define NODES_MAX 256	/* more than there ever are */

struct nodes {
	int num;
	char *name[NODES_MAX];	/* "acqdev", "acqdev1": lowest number first */
};

void nodes_find(struct nodes *nodes);
void nodes_free(struct nodes *nodes);

/* The first line of an attribute; "" if there is none. Returns @text. */
char *nodes_attribute(const char *node, const char *name, char *text, size_t size);

#endif /* ACQ_NODES_H */
