/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What acq's exit status says.
 */
#ifndef ACQ_EXIT_H
#define ACQ_EXIT_H

enum acq_exit {
	EXIT_OK,
	EXIT_USAGE,	/* the command line is wrong */
	EXIT_SYSTEM,	/* a device, file or system call failed */
	EXIT_GAP,	/* samples were lost, and --strict or --on-gap=stop asked for a status */
	EXIT_MISMATCH,	/* --verify found other samples than the pattern's, or none at all */
	EXIT_GONE,	/* the card was removed */
	EXIT_SHORT,	/* less came than --frames or --bytes asked for */
	EXIT_UNDERRUN,	/* the card ran dry, or was interrupted, while it played */
	EXIT_FULL,	/* there is no more room on the disk */
};

#define EXIT_HELP \
	"Exit status:\n" \
	"  0  done; gaps alone do not change it\n" \
	"  1  wrong command line\n" \
	"  2  a device, a file or a system call failed\n" \
	"  3  samples were lost (--strict, --on-gap=stop, or 'convert' cannot mark it)\n" \
	"  4  --verify found a mismatch, or no sample to compare\n" \
	"  5  the card was removed\n" \
	"  6  fewer samples came, or are there, than --frames or --bytes asked for\n" \
	"  7  'write': there were underruns, or other gaps in what was played\n" \
	"  8  the disk is full; what 'record' wrote is complete up to there\n"

#endif /* ACQ_EXIT_H */
