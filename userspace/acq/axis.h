/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ticks of an axis, and numbers with their units beside it.
 */
#ifndef ACQ_AXIS_H
#define ACQ_AXIS_H

/* The least of 1, 2, 5, 10, 20, ... that divides @span into @most parts or fewer */
double axis_step(double span, unsigned int most);

/* "2.5 kHz": up to @digits digits. Returns @text (TEXT_MAX). */
char *axis_label(double value, unsigned int digits, const char *unit, char *text);

/* Decibels of a ratio of powers, no less than AXIS_FLOOR */
#define AXIS_FLOOR (-200.0)
double axis_db(double power);

#endif /* ACQ_AXIS_H */
