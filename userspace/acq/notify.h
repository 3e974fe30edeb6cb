/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The service manager that started this program, by the protocol of sd_notify(3) and
 * sd_watchdog_enabled(3): whether it is ready, what it does, that it is alive. Without a
 * manager that asks for it, nothing here does anything.
 */
#ifndef ACQ_NOTIFY_H
#define ACQ_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/* Look for the manager in the environment: NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. */
void notify_open(void);

/* Somebody reads what notify_status() says. */
bool notify_listens(void);

void notify_ready(void);
void notify_stopping(void);

/* A line for who asks the manager what goes on here */
void notify_status(const char *text);

/* It is time to look whether the program works. */
bool notify_is_due(void);

/* It works: keeps the manager's watchdog quiet for another interval. */
void notify_alive(void);

/* How long it may at most be between two looks; -1: for ever */
int64_t notify_alive_ns(void);

#endif /* ACQ_NOTIFY_H */
