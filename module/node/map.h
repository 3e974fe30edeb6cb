/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ACQ_MAP_H
#define ACQ_MAP_H

struct acq_run;
struct vm_area_struct;

int acq_map_run(struct acq_run *run, struct vm_area_struct *vma, unsigned long pgoff,
		bool writer);

#endif /* ACQ_MAP_H */
