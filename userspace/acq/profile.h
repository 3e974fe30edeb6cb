/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A card's configuration in a file, to be put back after a reboot.
 *
 * It is text: PROFILE_FIRST_LINE, then key=value lines; empty ones and those that begin with '#'
 * say nothing. family= and direction= say for which stream it is, all other keys are settings of
 * 'acq config'. Nothing else is accepted, and a profile is applied as a whole or not at all.
 */
#ifndef ACQ_PROFILE_H
#define ACQ_PROFILE_H

#include <stdbool.h>

#include "setup.h"

/* Where profiles are unless the environment variable ACQ_PROFILES says where */
#define PROFILE_DIRECTORY	"/var/lib/acq"

/*
 * Save the configuration that stands. @file NULL: by the card's serial number, or by its place if
 * it has none. Complains; returns an exit status.
 */
int profile_save(const struct device *dev, const char *file);

/*
 * Configure @dev as its profile has it; if the card cannot do exactly that nothing is changed.
 * @try: only say whether it could. @if_saved: no profile is no error. @config: as the card stands
 * then, or with @try would. Complains; returns an exit status.
 */
int profile_restore(const struct device *dev, const char *file, bool try, bool if_saved,
		    struct acq_config *config);

#endif /* ACQ_PROFILE_H */
