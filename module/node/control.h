/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The control node of a card: registers of the logic behind its DMA, to be mapped,
 * and the interrupts of that logic. For root alone; see docs/control.md.
 *
 * The driver itself touches no register there: it gives them to a program and takes
 * them back. An interrupt line is armed by a program, fires once, and is quiet until
 * it is armed anew: its level may stay for as long as the logic likes.
 */
#ifndef ACQ_CONTROL_H
#define ACQ_CONTROL_H

#include <linux/ioport.h>
#include <linux/types.h>

struct acq_control;
struct device;

/**
 * struct acq_control_ops - what a card family does for its control node
 * @arm: let these lines interrupt
 * @disarm: keep them from it
 *
 * Both are called with interrupts off, and may write registers and nothing else. Not
 * between acq_control_suspend() and acq_control_resume(), nor after acq_control_remove(),
 * but by the family's own acq_control_fired().
 */
struct acq_control_ops {
	void (*arm)(void *card, u32 lines);
	void (*disarm)(void *card, u32 lines);
};

struct acq_control *acq_control_create(struct device *dev, unsigned int number,
				       const struct resource *bar, u32 lines,
				       const struct acq_control_ops *ops, void *card);
int acq_control_register(struct acq_control *control);
void acq_control_remove(struct acq_control *control);
void acq_control_put(struct acq_control *control);

void acq_control_fired(struct acq_control *control, u32 lines);
bool acq_control_armed(const struct acq_control *control);
void acq_control_rearm(struct acq_control *control);
void acq_control_suspend(struct acq_control *control);
void acq_control_resume(struct acq_control *control);

#endif /* ACQ_CONTROL_H */
