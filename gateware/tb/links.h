/* SPDX-License-Identifier: GPL-2.0-only */
/* Part of dma.cpp, with packets of PCI Express: see tlp.h */

/* the link goes down at any time: the next packet is a whole one, the next run is right */
static void links(Bench &b)
{
	Host h(b);

	b.rate = 0.3;
	b.ready = 0.5;
	h.irq_us = PARTIAL;
	for (int i = 0; i < 40; i++) {
		h.block_bytes = 64u << b.below(5);
		h.begin();
		h.give((uint32_t)b.below(9));
		h.run_for(b.below(2000));
		h.gone = true;
		b.drop();
		CHECK(b.state() == 0 && !b.read(ACQ_R1_TABLE_LO), "state %x", b.state());
	}
	h.begin();
	h.give(8);
	h.run_for(20000);
	b.stop();
	h.drain();
}
