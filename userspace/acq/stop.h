/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reasons to stop: a signal, or the time is up.
 */
#ifndef ACQ_STOP_H
#define ACQ_STOP_H

#include <stdint.h>

enum stop {
	STOP_NOT,
	STOP_TIME,
	STOP_SIGNAL,
};

/* Catch SIGINT, SIGTERM and SIGHUP; ignore SIGPIPE and SIGXFSZ: writes report EPIPE and EFBIG. */
void stop_catch(void);

/*
 * From now on a second signal to stop ends the program at once, whatever it waits for. It counts
 * from a second after the first: a terminal that goes away, or timeout(1), sends several.
 */
void stop_insist(const char *message);

/* Stop after so many milliseconds from now. */
void stop_after(uint64_t milli);

enum stop stop_reason(void);

#endif /* ACQ_STOP_H */
