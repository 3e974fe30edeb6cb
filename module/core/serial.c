// SPDX-License-Identifier: GPL-2.0-only
/* Serial numbers in use. See serial.h. */
#include <linux/device.h>
#include <linux/mutex.h>
#include <linux/string.h>

#include "serial.h"
#include "uapi.h"

static DEFINE_MUTEX(serial_lock);
static LIST_HEAD(serial_claims);

/** acq_serial_init() - no claim yet */
void acq_serial_init(struct acq_serial *serial)
{
	INIT_LIST_HEAD(&serial->node);
}

/**
 * acq_serial_claim() - claim a stream's serial number among those of its family
 * @serial: the claim
 * @dev: the card, for the message
 * @info: what it is; its serial number is emptied if another stream has it. Stays
 *	until acq_serial_release().
 *
 * Context: sleeps.
 */
void acq_serial_claim(struct acq_serial *serial, struct device *dev, struct acq_info *info)
{
	const struct acq_serial *other;

	if (!info->serial[0])
		return;
	guard(mutex)(&serial_lock);
	list_for_each_entry(other, &serial_claims, node) {
		if (strcmp(other->info->family, info->family) ||
		    strcmp(other->info->serial, info->serial))
			continue;
		dev_warn(dev, "has the serial number %s of %s: no name by it\n", info->serial,
			 other->info->card);
		memset(info->serial, 0, sizeof(info->serial));
		return;
	}
	serial->info = info;
	list_add_tail(&serial->node, &serial_claims);
}

/** acq_serial_release() - undo acq_serial_claim(); harmless where there is no claim */
void acq_serial_release(struct acq_serial *serial)
{
	guard(mutex)(&serial_lock);
	list_del_init(&serial->node);
}
