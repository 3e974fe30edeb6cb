// SPDX-License-Identifier: GPL-2.0-only
/* What every card family does with its PCI device. See pci.h. */
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/interrupt.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>

#include "../compat.h"
#include "pci.h"

/* How long nothing must run before the card goes to D3hot, unless an administrator says */
#define PCI_AUTOSUSPEND_MS	2000

/* How long the kernel's recovery from an error may take while the device is not locked */
#define ACQ_PCI_OVERDUE		HZ
#define ACQ_PCI_OVERDUE_MAX	5

/* Why a card may be away; for each its streams are suspended, once for all of them. */
enum acq_pci_away {
	ACQ_PCI_SLEEP,	/* the machine sleeps, or ends */
	ACQ_PCI_RESET,	/* somebody resets the device */
	ACQ_PCI_ERROR,	/* recovery from an error of PCI Express */
};

static void acq_pci_overdue_work(struct work_struct *work);

/**
 * acq_pci_enable() - begin to use a card
 * @pci: zeros; lives as long as the device is bound
 * @pdev: the device that probe() was called for
 * @ops: what the family does
 *
 * Return: 0 or a negative errno, after saying why.
 */
int acq_pci_enable(struct acq_pci *pci, struct pci_dev *pdev, const struct acq_pci_ops *ops)
{
	int ret;

	pci->pdev = pdev;
	pci->ops = ops;
	mutex_init(&pci->lock);
	INIT_DELAYED_WORK(&pci->overdue, acq_pci_overdue_work);
	pci_set_drvdata(pdev, pci);
	ret = pcim_enable_device(pdev);
	return ret ? dev_err_probe(&pdev->dev, ret, "cannot be enabled\n") : 0;
}

/**
 * acq_pci_map() - map a BAR
 * @pci: enabled
 * @bar: its number
 * @bytes: so many it must have
 *
 * Return: its registers until the device is unbound; or an error pointer, after saying why.
 */
void __iomem *acq_pci_map(struct acq_pci *pci, int bar, resource_size_t bytes)
{
	struct device *dev = &pci->pdev->dev;
	void __iomem *regs;

	if (pci_resource_len(pci->pdev, bar) < bytes)
		return IOMEM_ERR_PTR(dev_err_probe(dev, -ENODEV,
						   "BAR %d is too small for this card\n", bar));
	regs = pcim_iomap_region(pci->pdev, bar, KBUILD_MODNAME);
	if (IS_ERR(regs))
		dev_err_probe(dev, PTR_ERR(regs), "cannot map BAR %d\n", bar);
	return regs;
}

/**
 * acq_pci_limit_dma() - say which memory the card can reach
 * @pci: enabled
 * @bits: of an address
 * @largest: bytes of the largest block: a block is one piece
 *
 * Return: 0 or a negative errno, after saying why.
 */
int acq_pci_limit_dma(struct acq_pci *pci, unsigned int bits, u32 largest)
{
	struct device *dev = &pci->pdev->dev;
	int ret = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(min(bits, 64U)));

	if (ret)
		return dev_err_probe(dev, ret, "no memory within its %u address bits\n", bits);
	dma_set_max_seg_size(dev, largest);
	return 0;
}

/**
 * acq_pci_vectors() - allocate interrupts: MSI-X, else MSI, else INTx
 * @pci: enabled
 * @most: so many are of use; one suffices
 *
 * Return: how many there are, or a negative errno, after saying why.
 */
int acq_pci_vectors(struct acq_pci *pci, unsigned int most)
{
	int count = pci_alloc_irq_vectors(pci->pdev, 1, most, PCI_IRQ_ALL_TYPES);

	if (count < 0)
		return dev_err_probe(&pci->pdev->dev, count, "no interrupt\n");
	pci->irq = pci_irq_vector(pci->pdev, 0);
	pci->shared = !pci->pdev->msi_enabled && !pci->pdev->msix_enabled;
	return count;
}

/**
 * acq_pci_master_get() - a stream is about to use DMA
 * @pci: the card
 *
 * Context: sleeps.
 * Return: 0, or -EIO after saying why: an engine that did not stop would use it, too, for
 * memory that has been freed.
 */
int acq_pci_master_get(struct acq_pci *pci)
{
	guard(mutex)(&pci->lock);
	if (pci->stuck) {
		dev_err_ratelimited(&pci->pdev->dev,
				    "another stream of the card did not stop: start that one again, or reset the card\n");
		return -EIO;
	}
	pci->masters++;
	/* Also where something else has taken it from the others */
	pci_set_master(pci->pdev);
	return 0;
}

/**
 * acq_pci_master_put() - it uses DMA no more; with the last one, nothing of the card does
 * @pci: the card
 *
 * Context: sleeps.
 */
void acq_pci_master_put(struct acq_pci *pci)
{
	guard(mutex)(&pci->lock);
	if (!--pci->masters)
		pci_clear_master(pci->pdev);
}

/**
 * acq_pci_master_cut() - an engine does not stop: keep the card from memory
 * @pci: the card
 * @engine: number of its engine, which knows addresses that are going to be freed
 * @answers: false: its registers read all ones
 *
 * No stream of the card may use DMA until acq_pci_master_allow(), or a reset of the function.
 * A card that has gone is no danger: it forgets. One that is there may do so without memory
 * or I/O decoding, which somebody has switched off.
 *
 * Context: sleeps.
 */
void acq_pci_master_cut(struct acq_pci *pci, unsigned int engine, bool answers)
{
	guard(mutex)(&pci->lock);
	if (!answers)
		WRITE_ONCE(pci->lost, true);
	if (answers || pci_device_is_present(pci->pdev))
		pci->stuck |= BIT(engine);
	pci_clear_master(pci->pdev);
}

/**
 * acq_pci_master_allow() - an engine has been reset, and knows no address any more
 * @pci: the card
 * @engine: number of its engine
 *
 * Context: sleeps.
 */
void acq_pci_master_allow(struct acq_pci *pci, unsigned int engine)
{
	guard(mutex)(&pci->lock);
	pci->stuck &= ~BIT(engine);
}

/**
 * acq_pci_silence() - silence() of a card with one interrupt
 * @pci: interrupts without end
 *
 * Others may need a shared line; the kernel gives up one that even this does not quiet.
 *
 * Context: sleeps.
 */
void acq_pci_silence(struct acq_pci *pci)
{
	guard(mutex)(&pci->lock);
	if (pci->silenced)
		return;
	pci->silenced = true;
	if (pci->shared)
		pci_intx(pci->pdev, false);
	else
		disable_irq_nosync(pci->irq);
}

/** acq_pci_unsilence() - undo acq_pci_silence(), if need be: start(), when the card is quiet */
void acq_pci_unsilence(struct acq_pci *pci)
{
	guard(mutex)(&pci->lock);
	if (!pci->silenced)
		return;
	pci->silenced = false;
	if (pci->shared)
		pci_intx(pci->pdev, true);
	else
		enable_irq(pci->irq);
}

/** acq_pci_interrupts() - the kind of its interrupts, for messages */
const char *acq_pci_interrupts(const struct acq_pci *pci)
{
	if (pci->pdev->msix_enabled)
		return "MSI-X";
	return pci->pdev->msi_enabled ? "MSI" : "INTx";
}

static void acq_pci_free_saved(void *saved)
{
	kfree(saved);
}

/**
 * acq_pci_keep_config() - keep the card's PCI configuration for acq_pci_restore_config()
 * @pci: all of probe() but the nodes is done, and the card answers: what is saved
 *	later may be all ones
 *
 * Return: 0 or -ENOMEM.
 */
int acq_pci_keep_config(struct acq_pci *pci)
{
	pci_save_state(pci->pdev);
	pci->saved = pci_store_saved_state(pci->pdev);
	if (!pci->saved)
		return -ENOMEM;
	return devm_add_action_or_reset(&pci->pdev->dev, acq_pci_free_saved, pci->saved);
}

/** acq_pci_lost() - the card does not answer: the next acq_pci_restore_config() has work */
void acq_pci_lost(struct acq_pci *pci)
{
	guard(mutex)(&pci->lock);
	WRITE_ONCE(pci->lost, true);
}

/**
 * acq_pci_wake() - a card that did not come back from D3hot gets another chance
 * @pci: runtime resumed
 *
 * Context: sleeps; takes the lock of PCI's buses, so nothing that error handlers wait for
 * may be held.
 */
void acq_pci_wake(struct acq_pci *pci)
{
	if (READ_ONCE(pci->lost))
		pci_set_power_state(pci->pdev, PCI_D0);
}

/**
 * acq_pci_restore_config() - before a start: give a card that was lost its configuration
 * @pci: after acq_pci_keep_config()
 *
 * A card that was without power has forgotten it, and its registers do not answer
 * until it is there again.
 *
 * Return: 0, or -ENODEV after saying that it stays in D3hot, or away.
 */
int acq_pci_restore_config(struct acq_pci *pci)
{
	struct pci_dev *pdev = pci->pdev;

	guard(mutex)(&pci->lock);
	if (!pci->lost)
		return 0;
	if (pdev->current_state != PCI_D0) {
		dev_err_ratelimited(&pdev->dev, "does not come back from %s\n",
				    pci_power_name(pdev->current_state));
		return -ENODEV;
	}
	WRITE_ONCE(pci->lost, false);
	WRITE_ONCE(pci->asleep, false);
	pci_load_saved_state(pdev, pci->saved);
	pci_restore_state(pdev);
	return 0;
}

/**
 * acq_pci_reset() - reset the function, from probe() and remove()
 * @pci: enabled; no stream uses the card
 *
 * The device is locked there, which pci_reset_function() would wait for. The family's
 * suspend() and resume() are not called.
 *
 * Return: 0 or a negative errno: it cannot be reset.
 */
int acq_pci_reset(struct acq_pci *pci)
{
	int ret;

	pci_save_state(pci->pdev);
	/* What the card does while it is reset must not reach memory. */
	pci_clear_master(pci->pdev);
	ret = __pci_reset_function_locked(pci->pdev);
	pci_restore_state(pci->pdev);
	return ret;
}

static void acq_pci_suspend_all(struct acq_pci *pci, enum acq_cause cause)
{
	unsigned int i;

	if (pci->control)
		acq_control_suspend(pci->control);
	for (i = 0; i < pci->count; i++)
		acq_stream_suspend(pci->streams[i], cause);
}

static void acq_pci_abandon_all(struct acq_pci *pci)
{
	unsigned int i;

	if (pci->control)
		acq_control_abandon(pci->control);
	for (i = 0; i < pci->count; i++)
		acq_stream_abandon(pci->streams[i]);
}

static void acq_pci_resume_all(struct acq_pci *pci)
{
	unsigned int i;

	if (pci->ops->woken)
		pci->ops->woken(pci);
	if (pci->control)
		acq_control_resume(pci->control);
	for (i = 0; i < pci->count; i++)
		acq_stream_resume(pci->streams[i]);
}

/* From now on there is a reason why the card is not to be used. */
static void acq_pci_leave(struct acq_pci *pci, enum acq_pci_away why, enum acq_cause cause)
{
	device_lock_assert(&pci->pdev->dev);
	if (!pci->away) {
		if (pci->frozen)
			acq_pci_abandon_all(pci);
		else
			acq_pci_suspend_all(pci, cause);
	}
	pci->away |= BIT(why);
}

/* That reason is no more. Others may be. */
static void acq_pci_return(struct acq_pci *pci, enum acq_pci_away why)
{
	device_lock_assert(&pci->pdev->dev);
	if (!(pci->away & BIT(why)))
		return;
	pci->away &= ~BIT(why);
	if (!pci->away)
		acq_pci_resume_all(pci);
}

static int acq_pci_suspend(struct device *dev)
{
	acq_pci_leave(dev_get_drvdata(dev), ACQ_PCI_SLEEP, ACQ_CAUSE_SUSPEND);
	return 0;
}

static int acq_pci_resume(struct device *dev)
{
	acq_pci_return(dev_get_drvdata(dev), ACQ_PCI_SLEEP);
	return 0;
}

/**
 * acq_pci_allow_suspend() - from now on the card is suspended while nothing uses it
 * @pci: the last step of probe()
 *
 * What uses it is a stream with a run, which the core sees to, and an open control node.
 * As with all PCI devices it takes an administrator who writes "auto" to power/control.
 */
void acq_pci_allow_suspend(struct acq_pci *pci)
{
	struct device *dev = &pci->pdev->dev;

	/* A run may be asked for while the machine sleeps: it has to find the card resumed. */
	dev_pm_set_driver_flags(dev, DPM_FLAG_NO_DIRECT_COMPLETE);
	pm_runtime_set_autosuspend_delay(dev, PCI_AUTOSUSPEND_MS);
	pm_runtime_use_autosuspend(dev);
	pm_runtime_mark_last_busy(dev);
	pm_runtime_put_autosuspend(dev);
}

/* Nothing uses the card. PCI's core saves its configuration and puts it to D3hot. */
static int acq_pci_runtime_suspend(struct device *dev)
{
	struct acq_pci *pci = dev_get_drvdata(dev);
	int i, irq;

	/* It did not come back the last time. */
	if (pci->pdev->current_state != PCI_D0)
		return 0;
	/* What would be saved of one that does not answer must not be restored. */
	if (pci->frozen || !pci_device_is_present(pci->pdev)) {
		acq_pci_lost(pci);
		return -EBUSY;
	}
	if (pci->ops->busy && pci->ops->busy(pci)) {
		/* Ask again when the delay is over once more. */
		pm_runtime_mark_last_busy(dev);
		return -EBUSY;
	}
	WRITE_ONCE(pci->asleep, true);
	/* A handler that has not seen that reads registers. */
	for (i = 0; (irq = pci_irq_vector(pci->pdev, i)) >= 0; i++)
		synchronize_irq(irq);
	return 0;
}

/*
 * The card is in D0 again, with its configuration, but its registers may be as after a
 * reset. One that is not is no reason to fail: then the start fails, for which this is,
 * and says why.
 */
static int acq_pci_runtime_resume(struct device *dev)
{
	struct acq_pci *pci = dev_get_drvdata(dev);

	if (pci->pdev->current_state != PCI_D0) {
		acq_pci_lost(pci);
		return 0;
	}
	if (pci->ops->woken)
		pci->ops->woken(pci);
	WRITE_ONCE(pci->asleep, false);
	return 0;
}

const struct dev_pm_ops acq_pci_pm = {
	SYSTEM_SLEEP_PM_OPS(acq_pci_suspend, acq_pci_resume)
	RUNTIME_PM_OPS(acq_pci_runtime_suspend, acq_pci_runtime_resume, NULL)
};

/*
 * A reset has brought it to D0. PCI's core does not know if it was in D3hot and could not
 * be woken, and asking for D0 takes the lock of buses, which error handlers are called with.
 */
static void acq_pci_find_power(struct acq_pci *pci)
{
	struct pci_dev *pdev = pci->pdev;
	u16 pmcsr;

	if (pdev->current_state == PCI_D0 || !pdev->pm_cap)
		return;
	pci_read_config_word(pdev, pdev->pm_cap + PCI_PM_CTRL, &pmcsr);
	if (!PCI_POSSIBLE_ERROR(pmcsr) && !(pmcsr & PCI_PM_CTRL_STATE_MASK))
		pdev->current_state = PCI_D0;
}

/* A reset has taken its configuration with it. Is it there again? */
static bool acq_pci_is_back(struct acq_pci *pci)
{
	acq_pci_lost(pci);
	acq_pci_find_power(pci);
	if (acq_pci_restore_config(pci) || !pci->ops->answers(pci)) {
		pci_clear_master(pci->pdev);
		return false;
	}
	if (pci->broken)
		dev_info(&pci->pdev->dev, "the card is back\n");
	pci->broken = false;
	WRITE_ONCE(pci->frozen, false);
	return true;
}

/* The card stays away until somebody resets it. */
static void acq_pci_give_up(struct acq_pci *pci, const char *why)
{
	unsigned int i;

	device_lock_assert(&pci->pdev->dev);
	if (pci->broken)
		return;
	dev_err(&pci->pdev->dev, "%s: given up; a reset of the device may bring it back\n", why);
	pci->broken = true;
	WRITE_ONCE(pci->frozen, true);
	pci->away |= BIT(ACQ_PCI_ERROR);
	for (i = 0; i < pci->count; i++)
		acq_stream_give_up(pci->streams[i]);
}

/*
 * Where recovery fails for another device, or for the port, nobody says so. The device
 * is locked while the bus is reset, which may take a minute; a device that is not locked
 * for so long, and nothing comes, has been forgotten.
 */
static void acq_pci_overdue_work(struct work_struct *work)
{
	struct acq_pci *pci = container_of(to_delayed_work(work), struct acq_pci, overdue);
	struct device *dev = &pci->pdev->dev;

	/* remove() waits for this with the lock held. */
	if (!device_trylock(dev)) {
		queue_delayed_work(system_percpu_wq, &pci->overdue, ACQ_PCI_OVERDUE);
		return;
	}
	if (pci->away & BIT(ACQ_PCI_ERROR) && !pci->broken) {
		if (++pci->waited < ACQ_PCI_OVERDUE_MAX) {
			queue_delayed_work(system_percpu_wq, &pci->overdue, ACQ_PCI_OVERDUE);
		} else if (!pci->frozen && pci->ops->answers(pci)) {
			dev_warn(dev, "the kernel has not ended its recovery, but the card answers: goes on\n");
			acq_pci_return(pci, ACQ_PCI_ERROR);
		} else {
			acq_pci_give_up(pci, "the kernel has not ended its recovery");
		}
	}
	device_unlock(dev);
}

/*
 * An error on the way to the card, or reported by it. While registers can be used the
 * card is stopped in an orderly way; else it is cut off from memory as far as that can
 * be done, and not touched before a reset.
 */
static pci_ers_result_t acq_pci_error_detected(struct pci_dev *pdev, pci_channel_state_t state)
{
	struct acq_pci *pci = pci_get_drvdata(pdev);

	if (state != pci_channel_io_normal) {
		WRITE_ONCE(pci->frozen, true);
		pci_clear_master(pdev);
	}
	acq_pci_leave(pci, ACQ_PCI_ERROR, ACQ_CAUSE_RESET);
	if (state == pci_channel_io_perm_failure) {
		acq_pci_give_up(pci, "PCI Express has lost the card");
		return PCI_ERS_RESULT_DISCONNECT;
	}
	pci->waited = 0;
	mod_delayed_work(system_percpu_wq, &pci->overdue, ACQ_PCI_OVERDUE);
	/* Also for one that was lost before */
	return pci->frozen ? PCI_ERS_RESULT_NEED_RESET : PCI_ERS_RESULT_CAN_RECOVER;
}

/* Registers can be used, and nothing has been reset. */
static pci_ers_result_t acq_pci_mmio_enabled(struct pci_dev *pdev)
{
	struct acq_pci *pci = pci_get_drvdata(pdev);

	return pci->ops->answers(pci) ? PCI_ERS_RESULT_RECOVERED : PCI_ERS_RESULT_NEED_RESET;
}

/* The link, or the card, has been reset; in older kernels not after an error that was not fatal. */
static pci_ers_result_t acq_pci_slot_reset(struct pci_dev *pdev)
{
	struct acq_pci *pci = pci_get_drvdata(pdev);

	/* Somebody may have reset the device since, and had it go on: there is nothing to stop. */
	WRITE_ONCE(pci->frozen, true);
	acq_pci_leave(pci, ACQ_PCI_ERROR, ACQ_CAUSE_RESET);
	if (acq_pci_is_back(pci) ||
	    (!__pci_reset_function_locked(pdev) && acq_pci_is_back(pci)))
		return PCI_ERS_RESULT_RECOVERED;
	acq_pci_give_up(pci, "the card does not come back after a reset");
	return PCI_ERS_RESULT_DISCONNECT;
}

static void acq_pci_error_resume(struct pci_dev *pdev)
{
	struct acq_pci *pci = pci_get_drvdata(pdev);

	acq_pci_return(pci, ACQ_PCI_ERROR);
}

/* Somebody resets the function or its bus, in an orderly way. */
static void acq_pci_reset_prepare(struct pci_dev *pdev)
{
	acq_pci_leave(pci_get_drvdata(pdev), ACQ_PCI_RESET, ACQ_CAUSE_RESET);
}

/*
 * What PCI's core has saved before that of a card which had been lost, and has restored,
 * is not its configuration.
 */
static void acq_pci_reset_done(struct pci_dev *pdev)
{
	struct acq_pci *pci = pci_get_drvdata(pdev);
	bool broken = pci->broken;

	scoped_guard(mutex, &pci->lock)
		pci->stuck = 0;
	if (pci->frozen && !acq_pci_is_back(pci))
		acq_pci_give_up(pci, "the card does not answer after a reset");
	else if (broken)
		/* Where that was a recovery's matter, it has been given up. */
		pci->away &= ~BIT(ACQ_PCI_ERROR);
	acq_pci_return(pci, ACQ_PCI_RESET);
}

const struct pci_error_handlers acq_pci_errors = {
	.error_detected	= acq_pci_error_detected,
	.mmio_enabled	= acq_pci_mmio_enabled,
	.slot_reset	= acq_pci_slot_reset,
	.resume		= acq_pci_error_resume,
	.reset_prepare	= acq_pci_reset_prepare,
	.reset_done	= acq_pci_reset_done,
};

/**
 * acq_pci_shutdown() - the kernel ends: leave no card that runs to the next one
 * @pdev: the device
 *
 * The streams are stopped and do not start again. What an engine has in hand that
 * cannot be stopped must not get to memory that belongs to the next kernel.
 */
void acq_pci_shutdown(struct pci_dev *pdev)
{
	struct acq_pci *pci = pci_get_drvdata(pdev);

	cancel_delayed_work_sync(&pci->overdue);
	acq_pci_leave(pci, ACQ_PCI_SLEEP, ACQ_CAUSE_SUSPEND);
	pci_clear_master(pdev);
}
