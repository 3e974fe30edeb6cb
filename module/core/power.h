/* SPDX-License-Identifier: GPL-2.0-only */
/* What keeps a card from being runtime suspended: a run, and an open control node. */
#ifndef ACQ_POWER_H
#define ACQ_POWER_H

#include <linux/pm_runtime.h>

/**
 * acq_power_get() - resume the card, and keep it so until acq_power_put()
 * @dev: the card's device
 *
 * Where there is no runtime power management, or not now, the card is as it is.
 *
 * Context: sleeps.
 * Return: 0, or -EIO after saying why.
 */
static inline int acq_power_get(struct device *dev)
{
	int ret = pm_runtime_get_sync(dev);

	if (ret >= 0 || ret == -EACCES)
		return 0;
	pm_runtime_put_noidle(dev);
	dev_err_ratelimited(dev, "cannot be resumed: error %d\n", -ret);
	return -EIO;
}

/** acq_power_hold() - keep a card resumed for longer than whoever has resumed it; any context */
static inline void acq_power_hold(struct device *dev)
{
	pm_runtime_get_noresume(dev);
}

/** acq_power_put() - undo acq_power_get() or acq_power_hold(); any context */
static inline void acq_power_put(struct device *dev)
{
	pm_runtime_mark_last_busy(dev);
	pm_runtime_put_autosuspend(dev);
}

#endif /* ACQ_POWER_H */
