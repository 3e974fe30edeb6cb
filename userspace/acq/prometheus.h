/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The counters of all streams in the text format of Prometheus.
 *
 * All but acqdev_ring_kept_bytes comes from sysfs, for which no node is opened.
 */
#ifndef ACQ_PROMETHEUS_H
#define ACQ_PROMETHEUS_H

/* To @path, which is replaced as a whole; NULL: to stdout. Complains; returns an exit status. */
int prometheus_write(const char *path);

#endif /* ACQ_PROMETHEUS_H */
