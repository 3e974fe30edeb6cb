/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of the interface's enumerations in sysfs and uevents: an interface themselves. */
#ifndef ACQ_NAMES_H
#define ACQ_NAMES_H

extern const char *const acq_cause_names[];
extern const char *const acq_state_names[];
extern const char *const acq_failure_names[];
extern const char *const acq_trigger_names[];
extern const char *const acq_pattern_names[];
extern const char *const acq_transfer_names[];

#endif /* ACQ_NAMES_H */
