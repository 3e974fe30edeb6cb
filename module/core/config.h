/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ACQ_CONFIG_H
#define ACQ_CONFIG_H

#include "uapi.h"

struct acq_stream;

int acq_config_bound(struct acq_stream *stream);
int acq_config_check(const struct acq_config *config);
int acq_config_settle(struct acq_stream *stream, struct acq_config *config);
bool acq_config_smaller_blocks(const struct acq_stream *stream, struct acq_config *config);
u32 acq_format_bytes(u32 format);

extern const char *const acq_format_names[ACQ_FORMAT_NUM];

/* Module parameters, within bounds that acq_config_init() has checked */
extern unsigned int acq_ring_kb;
extern unsigned int acq_block_kb;

#endif /* ACQ_CONFIG_H */
