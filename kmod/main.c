// SPDX-License-Identifier: GPL-2.0
/*
 * Table of contents: what is set up, in which order, and undone in the reverse one.
 *
 * What user space can reach comes last, so nothing is called before it is
 * ready. rmmod says "Module vmi is in use" while there is a VM, a network or an
 * open file: each holds a reference to the module.
 */
#include <linux/module.h>

#include "capture.h"
#include "chr.h"
#include "cmd.h"
#include "event.h"
#include "fwd.h"
#include "mem.h"
#include "nat.h"
#include "net.h"
#include "nl.h"
#include "port.h"
#include "proc.h"

static int __init vmi_init(void)
{
	int err;

	/* what the networks and ports below call into */
	vmi_fwd_init();
	err = vmi_event_init();
	if (err)
		return err;
	err = vmi_mem_init();
	if (err)
		goto err_event;
	err = vmi_cmd_init();
	if (err)
		goto err_mem;
	err = vmi_nat_init();
	if (err)
		goto err_cmd;
	err = vmi_net_init();
	if (err)
		goto err_nat;
	err = vmi_pairs_init();
	if (err)
		goto err_net;
	err = vmi_proc_init();
	if (err)
		goto err_port;
	err = vmi_chr_init();
	if (err)
		goto err_proc;
	err = vmi_nl_init();
	if (err)
		goto err_chr;
	return 0;

err_chr:
	vmi_chr_exit();
err_proc:
	vmi_proc_exit();
err_port:
	vmi_pairs_exit();
err_net:
	vmi_net_exit();
err_nat:
	vmi_nat_exit();
err_cmd:
	vmi_cmd_exit();
err_mem:
	vmi_mem_exit();
err_event:
	vmi_event_exit();
	return err;
}

static void __exit vmi_exit(void)
{
	vmi_nl_exit();
	vmi_chr_exit();
	vmi_proc_exit();
	vmi_pairs_exit();
	vmi_net_exit();
	vmi_nat_exit();
	vmi_cmd_exit();
	vmi_mem_exit();
	vmi_event_exit();
	/* there is no file since vmi_chr_exit() */
	vmi_capture_exit();
}

module_init(vmi_init);
module_exit(vmi_exit);

MODULE_DESCRIPTION("Virtual machine interface: lifecycle, switch and introspection of VMs");
MODULE_LICENSE("GPL");
