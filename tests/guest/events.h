/* SPDX-License-Identifier: GPL-2.0-only */
/* Uevents of a stream, and why it has failed */
#ifndef ACQ_TEST_EVENTS_H
#define ACQ_TEST_EVENTS_H

#include "guest.h"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>

/* The attribute of the first stream */
static inline const char *failure(void)
{
	static char text[32];
	int fd = open("/sys/class/misc/acqdev/failure", O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	close(fd);
	CHECK(n > 0);
	text[n - 1] = '\0';
	return text;
}

/* The value of KEY in an uevent of @bytes, or NULL */
static inline const char *event_value(const char *event, size_t bytes, const char *key)
{
	size_t length = strlen(key), at;

	for (at = 0; at < bytes; at += strlen(event + at) + 1) {
		if (!strncmp(event + at, key, length) && event[at + length] == '=')
			return event + at + length + 1;
	}
	return NULL;
}

static inline int listen_to_events(void)
{
	struct sockaddr_nl any = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	struct timeval patience = { PATIENCE_MS / 1000, 0 };
	int s = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);

	CHECK(s >= 0);
	fds[nfds++] = s;
	CHECK_EQ(bind(s, (struct sockaddr *)&any, sizeof(any)), 0);
	CHECK_EQ(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	return s;
}

/* Wait for the event of a failure of our first stream: for which reason? */
static inline void expect_failure(int s, const char *reason, int error)
{
	static char event[8192];
	const char *kind, *name;
	ssize_t n;

	do {
		/* Work of an io_uring interrupts it as a signal does. */
		do {
			n = recv(s, event, sizeof(event) - 1, 0);
		} while (n < 0 && errno == EINTR);
		CHECK(n > 0);
		event[n] = '\0';
		kind = event_value(event, n, "ACQ_EVENT");
		name = event_value(event, n, "DEVNAME");
	} while (!kind || strcmp(kind, "failed") || strcmp(name, "acqdev"));
	CHECK(!strcmp(event_value(event, n, "ACQ_REASON"), reason));
	CHECK_EQ(atoi(event_value(event, n, "ACQ_ERROR")), error);
}

#endif /* ACQ_TEST_EVENTS_H */
