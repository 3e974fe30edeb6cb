/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file beside a recording that says what is in it: replaced as a whole, over and over,
 * by a thread of its own, so that neither a kill nor a power failure finds it missing or
 * older than a second or so. Room for it is reserved before it is needed, because the disk
 * may be full when there is most to say.
 */
#ifndef ACQ_SIDECAR_H
#define ACQ_SIDECAR_H

#include <stdbool.h>

struct sidecar;

/*
 * For the recording @file, whose samples go to the descriptor @data. An older sidecar stays
 * until sidecar_begin(). Returns an exit status.
 */
int sidecar_open(struct sidecar **sidecar, const char *file, int data);

const char *sidecar_name(const struct sidecar *sidecar);

/* The first text; waits until it is on the disk. 0 or a negative errno. */
int sidecar_begin(struct sidecar *sidecar, const char *text);

/*
 * The thread is to replace the text, once what has been written to the samples' file so far
 * is on the disk. Takes @text, which came from malloc().
 */
void sidecar_put(struct sidecar *sidecar, char *text);

/* The thread is at work. *@err: 0, or the negative errno that it met; it writes no more then. */
bool sidecar_busy(struct sidecar *sidecar, int *err);

/* The last text; waits until it is on the disk. 0 or a negative errno. */
int sidecar_finish(struct sidecar *sidecar, const char *text);

/* What has not begun leaves the directory as it was. */
void sidecar_close(struct sidecar *sidecar);

#endif /* ACQ_SIDECAR_H */
