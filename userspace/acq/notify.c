// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "notify.h"
#include "report.h"

static struct {
	int fd;				/* -1: no manager */
	struct sockaddr_un to;
	socklen_t len;
	double watchdog, next;		/* seconds; 0: no watchdog */
} notify = { .fd = -1 };

/* "/path", or "@name" in the abstract namespace */
static bool notify_address(const char *name)
{
	size_t len = strlen(name);

	if ((name[0] != '/' && name[0] != '@') || len < 2 || len >= sizeof(notify.to.sun_path))
		return false;
	notify.to.sun_family = AF_UNIX;
	memcpy(notify.to.sun_path, name, len + 1);
	notify.len = offsetof(struct sockaddr_un, sun_path) + len + 1;
	if (name[0] == '@') {
		/* its length is the address', without an end */
		notify.to.sun_path[0] = '\0';
		notify.len--;
	}
	return true;
}

static void notify_open_watchdog(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");

	/* a manager that watches some other process has the variables reach this one, too */
	if (!usec || (pid && strtoull(pid, NULL, 10) != (unsigned long long)getpid()))
		return;
	notify.watchdog = strtoull(usec, NULL, 10) / 1e6;
}

void notify_open(void)
{
	const char *name = getenv("NOTIFY_SOCKET");

	if (!name || !*name)
		return;
	if (!notify_address(name)) {
		remark("NOTIFY_SOCKET=%s is no socket's name: the service manager hears nothing",
		       name);
		return;
	}
	notify.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (notify.fd < 0) {
		remark("the service manager hears nothing: %s", strerror(errno));
		return;
	}
	notify_open_watchdog();
}

bool notify_listens(void)
{
	return notify.fd >= 0;
}

/* A manager that is slow to listen must not cost samples, unless the message is worth it. */
static bool notify_send(const char *text, int flags)
{
	return notify.fd >= 0 &&
	       sendto(notify.fd, text, strlen(text), MSG_NOSIGNAL | flags,
		      (const struct sockaddr *)&notify.to, notify.len) >= 0;
}

void notify_ready(void)
{
	notify_send("READY=1\nSTATUS=recording", 0);
}

void notify_stopping(void)
{
	notify_send("STOPPING=1\nSTATUS=finishing the recording", 0);
}

void notify_status(const char *text)
{
	char message[512];

	snprintf(message, sizeof(message), "STATUS=%s", text);
	notify_send(message, MSG_DONTWAIT);
}

bool notify_is_due(void)
{
	return notify.watchdog && clock_seconds() >= notify.next;
}

void notify_alive(void)
{
	/* one that gets lost is followed by others in time */
	if (notify.watchdog && notify_send("WATCHDOG=1", MSG_DONTWAIT))
		notify.next = clock_seconds() + notify.watchdog / 4;
}

int64_t notify_alive_ns(void)
{
	return notify.watchdog ? notify.watchdog * 1e9 / 4 : -1;
}
