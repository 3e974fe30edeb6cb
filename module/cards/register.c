// SPDX-License-Identifier: GPL-2.0-only
/* How a card with one interrupt gets it, its streams and their nodes. See pci.h. */
#include <linux/device.h>
#include <linux/interrupt.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>

#include "pci.h"

/** acq_pci_disable() - undo acq_pci_allow_suspend(), and end a recovery: remove() */
void acq_pci_disable(struct acq_pci *pci)
{
	struct device *dev = &pci->pdev->dev;

	pm_runtime_get_noresume(dev);
	pm_runtime_dont_use_autosuspend(dev);
	cancel_delayed_work_sync(&pci->overdue);
}

/**
 * acq_pci_register_stream() - make a stream's device node
 * @pci: in probe(), and nothing but nodes is missing
 * @stream: which is suspended and resumed with the card from now on
 *
 * Undone by acq_pci_remove_streams(), also where it fails.
 *
 * Return: 0 or a negative errno, after saying why.
 */
int acq_pci_register_stream(struct acq_pci *pci, struct acq_stream *stream)
{
	int ret = pci->count < ACQ_PCI_STREAMS ? acq_stream_register(stream) : -ENOSPC;

	if (ret)
		return dev_err_probe(&pci->pdev->dev, ret, "cannot register a device node\n");
	pci->streams[pci->count++] = stream;
	return 0;
}

/** acq_pci_remove_streams() - the card goes: no stream calls the family any more */
void acq_pci_remove_streams(struct acq_pci *pci)
{
	while (pci->count)
		acq_stream_remove(pci->streams[--pci->count]);
}

/* An interrupt for nothing is the affair of the stream that had the last one for something. */
static irqreturn_t register_irq_thread(int irq, void *data)
{
	struct acq_pci *pci = data;
	bool brought = false, any = false;
	unsigned int i;

	for (i = 0; pci->ops->news && i < ACQ_PCI_STREAMS && pci->streams[i]; i++) {
		if (!pci->ops->news(pci, pci->streams[i]))
			continue;
		any = true;
		if (!acq_stream_interrupt(pci->streams[i]))
			continue;
		brought = true;
		pci->latest = i;
	}
	if (!any)
		brought = acq_stream_interrupt(pci->streams[pci->latest]);
	return IRQ_RETVAL(brought);
}

/* Put the streams, from the last one on. */
static void register_put_streams(struct acq_pci *pci)
{
	unsigned int i = ACQ_PCI_STREAMS;

	while (i--) {
		if (pci->streams[i])
			acq_stream_put(pci->streams[i]);
		pci->streams[i] = NULL;
	}
}

/**
 * acq_pci_register() - all that is missing of a card with one interrupt
 * @pci: the card answers, and is quiet
 * @stream: what acq_stream_create() has returned; put by whoever undoes this
 * @other: as well, or NULL: it has one stream
 * @irq: the hard handler, with @pci as its data. IRQ_WAKE_THREAD: the streams are serviced
 *
 * Its interrupt, its kept configuration, its nodes, runtime power management; undone by
 * acq_pci_remove().
 *
 * Return: 0; or a negative errno, after saying why: then the streams have been put.
 */
int acq_pci_register(struct acq_pci *pci, struct acq_stream *stream, struct acq_stream *other,
		     irq_handler_t irq)
{
	struct device *dev = &pci->pdev->dev;
	int ret;

	/* They may interrupt before they are registered and counted. */
	if (!IS_ERR(stream))
		pci->streams[0] = stream;
	if (!IS_ERR_OR_NULL(other) && !IS_ERR(stream))
		pci->streams[1] = other;
	if (IS_ERR(stream) || IS_ERR(other)) {
		ret = dev_err_probe(dev, IS_ERR(stream) ? PTR_ERR(stream) : PTR_ERR(other),
				    "cannot make a stream\n");
		if (IS_ERR(stream) && !IS_ERR_OR_NULL(other))
			acq_stream_put(other);
		goto err_put_streams;
	}
	ret = acq_pci_vectors(pci, 1);
	if (ret < 0)
		goto err_put_streams;
	ret = acq_pci_keep_config(pci);
	if (ret)
		goto err_put_streams;
	/* Not managed: it has to go before the streams do. */
	ret = request_threaded_irq(pci->irq, irq, register_irq_thread,
				   pci->shared ? IRQF_SHARED : 0, KBUILD_MODNAME, pci);
	if (ret) {
		dev_err_probe(dev, ret, "cannot use interrupt %d\n", pci->irq);
		goto err_put_streams;
	}
	ret = acq_pci_register_stream(pci, stream);
	if (ret)
		goto err_free_irq;
	if (other) {
		ret = acq_pci_register_stream(pci, other);
		if (ret)
			goto err_remove_streams;
	}
	acq_pci_allow_suspend(pci);
	return 0;

err_remove_streams:
	acq_pci_remove_streams(pci);
err_free_irq:
	free_irq(pci->irq, pci);
err_put_streams:
	register_put_streams(pci);
	return ret;
}

/** acq_pci_remove() - undo acq_pci_register(): remove() of struct pci_driver */
void acq_pci_remove(struct pci_dev *pdev)
{
	struct acq_pci *pci = pci_get_drvdata(pdev);

	acq_pci_disable(pci);
	acq_pci_remove_streams(pci);
	free_irq(pci->irq, pci);
	register_put_streams(pci);
}
