// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqdev: gapless streams of samples from acquisition cards.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/pci.h>

#include "core/config.h"
#include "core/consumer.h"
#include "node/debugfs.h"
#include "cards/ac97/ac97.h"
#include "cards/litepcie/litepcie.h"
#include "cards/r1/r1.h"
#include "core/ring.h"
#include "core/run.h"
#include "core/stream.h"
#include "node/node.h"
#include "cards/xdma/xdma.h"

static int __init acqdev_init(void)
{
	int ret;

	if (acq_ring_kb < acq_block_kb * ACQ_SLOTS_MIN) {
		pr_err("ring_kb=%u: a ring needs %u blocks of block_kb=%u\n",
		       acq_ring_kb, ACQ_SLOTS_MIN, acq_block_kb);
		return -EINVAL;
	}
	ret = acq_runs_init();
	if (ret)
		return ret;
	ret = acq_consumers_init();
	if (ret)
		goto err_runs;
	acq_stream_set_node_ops(&acq_node_ops);
	acq_debugfs_init();
	ret = pci_register_driver(&acq_r1_driver);
	if (ret)
		goto err_debugfs;
	ret = acq_xdma_register();
	if (ret)
		goto err_r1;
	ret = acq_ac97_register();
	if (ret)
		goto err_xdma;
	ret = acq_litepcie_register();
	if (ret)
		goto err_ac97;
	return 0;

err_ac97:
	acq_ac97_unregister();
err_xdma:
	acq_xdma_unregister();
err_r1:
	pci_unregister_driver(&acq_r1_driver);
err_debugfs:
	acq_debugfs_exit();
	acq_consumers_exit();
err_runs:
	acq_runs_exit();
	return ret;
}
module_init(acqdev_init);

static void __exit acqdev_exit(void)
{
	acq_litepcie_unregister();
	acq_ac97_unregister();
	acq_xdma_unregister();
	pci_unregister_driver(&acq_r1_driver);
	acq_debugfs_exit();
	acq_consumers_exit();
	acq_runs_exit();
}
module_exit(acqdev_exit);

MODULE_DESCRIPTION("Gapless streams of samples from acquisition cards");
MODULE_AUTHOR("acqdev developers");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
