/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names by which a stream and its runs are known on other machines.
 */
#ifndef ACQ_IDENTITY_H
#define ACQ_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/acqdev.h>

#define IDENTITY_SUBJECT_MAX	256

/*
 * Which run: this boot, this node (a driver that is loaded anew makes a new one, and counts runs
 * from 1), and the run's number. @text has @size.
 */
void identity_run(const char *node, uint64_t run, char *text, size_t size);

/* This machine's name, without its domain */
void identity_host(char *text, size_t size);

/* "acqdev.HOST.CARD.blocks", where CARD is the serial number, or else the card's place */
void identity_subject(const struct acq_info *info, char *text, size_t size);

/* A subject of several words, without wildcards */
bool identity_subject_is_good(const char *subject);

/* The name of the JetStream stream of a subject: "_" in place of what it cannot have */
void identity_stream(const char *subject, char *text, size_t size);

#endif /* ACQ_IDENTITY_H */
