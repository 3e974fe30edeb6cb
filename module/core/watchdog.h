/* SPDX-License-Identifier: GPL-2.0-only */
/* The watchdog: makes up for lost interrupts, and notices a card that hangs or races. */
#ifndef ACQ_WATCHDOG_H
#define ACQ_WATCHDOG_H

struct acq_producer;

void acq_watchdog_init(struct acq_producer *p);
void acq_watchdog_start(struct acq_producer *p);
void acq_watchdog_beat(struct acq_producer *p);

#endif /* ACQ_WATCHDOG_H */
