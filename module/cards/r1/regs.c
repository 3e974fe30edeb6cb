// SPDX-License-Identifier: GPL-2.0-only
/* An ACQ-R1's registers: RESET, and what makes a run fail. */
#include <linux/iopoll.h>
#include <linux/pci.h>

#include "r1.h"

/* A reset ends outstanding writes of at most a FIFO: microseconds */
#define R1_RESET_US	100000

/** r1_regs_unmask() - let these causes interrupt, and no others */
void r1_regs_unmask(struct r1 *r1, u32 causes)
{
	WRITE_ONCE(r1->unmasked, causes);
	r1_put(r1, ACQ_R1_IRQ_MASK, causes);
}

/**
 * r1_regs_reset() - end everything, of this side
 * @r1: the card
 *
 * All registers have their reset values then. Whether it succeeds or not, this side
 * writes no more to host memory; if not, none of the card does.
 *
 * Return: 0, -ENODEV: it does not answer, -ETIMEDOUT: it does not get to IDLE.
 */
int r1_regs_reset(struct r1 *r1)
{
	struct pci_dev *pdev = r1->pci->pdev;
	u32 state;
	int ret;

	r1_put(r1, ACQ_R1_COMMAND, ACQ_R1_CMD_RESET);
	ret = readl_poll_timeout(r1->regs + ACQ_R1_STATE, state,
				 state == R1_ALL_ONES || r1_state(state) == ACQ_R1_IDLE,
				 50, R1_RESET_US);
	if (!ret && state != R1_ALL_ONES) {
		acq_pci_master_allow(r1->pci, r1->output);
		return 0;
	}
	acq_pci_master_cut(r1->pci, r1->output, state != R1_ALL_ONES);
	dev_err_ratelimited(&pdev->dev, "%s\n", ret ?
			    "reset does not end: cut off from memory" :
			    "does not answer (removed or without power?)");
	return ret ?: -ENODEV;
}

/**
 * r1_regs_halt() - have an output play no more
 * @r1: what plays
 *
 * When this returns, what it has written about that is in memory.
 *
 * Return: false: it has not told how far it got, and is to be reset.
 */
bool r1_regs_halt(struct r1 *r1)
{
	u32 state;

	r1_put(r1, ACQ_R1_COMMAND, ACQ_R1_CMD_HALT);
	return !readl_poll_timeout(r1->regs + ACQ_R1_STATE, state,
				   !r1_runs(state) || r1_state(state) == ACQ_R1_DONE, 50,
				   R1_RESET_US) && r1_state(state) == ACQ_R1_DONE;
}

/** r1_regs_serial() - the card's serial number; 0: it has none */
u64 r1_regs_serial(struct r1 *r1)
{
	return r1_get(r1, ACQ_R1_SERIAL_LO) | (u64)r1_get(r1, ACQ_R1_SERIAL_HI) << 32;
}

/** r1_regs_report() - the counters, from the registers: for when time does not matter */
void r1_regs_report(struct r1 *r1)
{
	u32 state = r1_get(r1, ACQ_R1_STATE);
	struct acq_report report = {
		.frames = r1_get64(r1, ACQ_R1_FRAMES_LO),
		.timestamp = r1_get64(r1, ACQ_R1_TIMESTAMP_LO),
		.trigger_index = r1_get64(r1, ACQ_R1_TRIGGER_INDEX_LO),
		.triggered = state & ACQ_R1_STATE_TRIGGERED,
	};

	/* Read last: a card that vanished or was reset meanwhile is seen here. */
	state = r1_get(r1, ACQ_R1_STATE);
	if (state != R1_ALL_ONES && r1_state(state) != ACQ_R1_IDLE)
		acq_stream_report(r1->stream, &report);
}

/** r1_regs_fail() - the run fails with @error, and the log says @why */
void r1_regs_fail(struct r1 *r1, int error, const char *why)
{
	dev_err_ratelimited(&r1->pci->pdev->dev, "%s: stopped\n", why);
	if (error == -ENODEV)
		acq_pci_lost(r1->pci);
	else
		r1_regs_report(r1);
	acq_stream_fail(r1->stream, error);
}

/** r1_regs_fail_by_card() - the card has stopped by itself; @state says why */
void r1_regs_fail_by_card(struct r1 *r1, u32 state)
{
	static const char *const whys[] = {
		[ACQ_R1_ERR_CONFIG]	= "the card refuses its configuration",
		[ACQ_R1_ERR_DMA]	= "the card cannot access memory",
		[ACQ_R1_ERR_TABLE]	= "the card finds its block table wrong",
		[ACQ_R1_ERR_UNDERRUN]	= "the card's FIFO was read when it was empty",
	};
	u32 code = ACQ_R1_STATE_CODE(state);

	r1_regs_fail(r1, -EIO, code < ARRAY_SIZE(whys) && whys[code] ? whys[code] :
		     "the card reports an unknown error");
}

/**
 * r1_regs_check() - does the card answer, and does it still run?
 * @r1: the card
 * @state: what STATE reads
 *
 * Return: true; false after having the run fail or begin anew.
 */
bool r1_regs_check(struct r1 *r1, u32 state)
{
	struct pci_dev *pdev = r1->pci->pdev;
	bool reset = r1_state(state) == ACQ_R1_IDLE;
	u16 command;

	if (state == R1_ALL_ONES) {
		r1_regs_fail(r1, -ENODEV, "the card does not answer");
		return false;
	}
	if (r1_state(state) == ACQ_R1_ERROR) {
		r1_regs_fail_by_card(r1, state);
		return false;
	}
	if (r1_state(state) > ACQ_R1_ERROR) {
		r1_regs_fail(r1, -EPROTO, "the card is in a state that there is not");
		return false;
	}
	pci_read_config_word(pdev, PCI_COMMAND, &command);
	if (command & PCI_COMMAND_MASTER && !reset)
		return true;
	if (!reset) {
		/* What it says from here on is not in memory. */
		r1_regs_fail(r1, -EIO, "bus mastering has been taken from the card");
		return false;
	}
	/* A reset of the function has taken its configuration with it. */
	if (!(command & PCI_COMMAND_MASTER))
		acq_pci_lost(r1->pci);
	dev_warn_ratelimited(&pdev->dev, "the card has been reset: starts it again\n");
	acq_stream_restart(r1->stream);
	return false;
}

/**
 * r1_regs_refuse() - what the card says cannot be
 * @r1: the card
 * @why: that
 *
 * Unless it has gone or been reset meanwhile, the run fails.
 *
 * Return: false.
 */
bool r1_regs_refuse(struct r1 *r1, const char *why)
{
	if (r1_regs_check(r1, r1_get(r1, ACQ_R1_STATE)))
		r1_regs_fail(r1, -EPROTO, why);
	return false;
}
