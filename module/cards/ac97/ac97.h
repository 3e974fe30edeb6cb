/* SPDX-License-Identifier: GPL-2.0-only */
/* Card family AC97, for main.c. */
#ifndef ACQ_AC97_H
#define ACQ_AC97_H

int acq_ac97_register(void);
void acq_ac97_unregister(void);

#endif /* ACQ_AC97_H */
