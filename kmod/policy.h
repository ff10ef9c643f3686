/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an operator imposes on a port: guards, isolation, limits, impairments.
 *
 * The packet path reads one word. Only what is set there costs more, and takes the lock.
 */
#ifndef VMI_POLICY_H
#define VMI_POLICY_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/hrtimer.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "impair.h"
#include "limit.h"

struct napi_struct;
struct netlink_ext_ack;
struct sk_buff;

/* besides BIT(VMI_GUARD_*) in the word; of directions by VMI_RX and VMI_TX */
#define VMI_POLICY_ISOLATED	BIT(16)
#define VMI_POLICY_LIMIT(dir)	BIT(17 + (dir))
#define VMI_POLICY_IMPAIR(dir)	BIT(19 + (dir))

#define VMI_STORM_PPS		1000	/* default of networks */

/**
 * struct vmi_policy_conf - what a client asks for
 * @set_guard: @guard and @guard_mask are given
 * @set_own: @own is given
 * @set_isolated: @isolated is given
 * @set_limit: by direction, @limit is given
 * @set_impair: by direction, @impair is given
 * @own: false to follow the network's guards
 * @isolated: the guest reaches the host only
 * @guard: BIT(VMI_GUARD_*)
 * @guard_mask: which of them to change
 * @limit: by direction
 * @impair: by direction
 */
struct vmi_policy_conf {
	bool set_guard;
	bool set_own;
	bool set_isolated;
	bool set_limit[2];
	bool set_impair[2];
	bool own;
	bool isolated;
	u32 guard;
	u32 guard_mask;
	struct vmi_limit_conf limit[2];
	struct vmi_impair_conf impair[2];
};

/**
 * struct vmi_policy_view - what a client is shown
 * @guard: see struct vmi_policy_conf, here and below
 * @own: see there
 * @isolated: see there
 * @limit: see there
 * @impair: see there
 */
struct vmi_policy_view {
	u32 guard;
	bool own;
	bool isolated;
	struct vmi_limit_conf limit[2];
	struct vmi_impair_conf impair[2];
};

/**
 * struct vmi_policy - a port's policy
 * @word: BIT(VMI_GUARD_*) and VMI_POLICY_*; written under vmi_ctl, read without a lock
 * @own: the guards are not those of the network; vmi_ctl
 * @kept: frames in the queues of @impair; written under @lock, read without where it is a hint
 * @lock: leaf, bottom halves off; guards all below
 * @on: frames may be kept
 * @storm: multicast and broadcast frames that the guest may send
 * @limit: by direction
 * @impair: by direction
 * @napi: polled when a kept frame's time has come; const
 * @timer: for that
 */
struct vmi_policy {
	u32 word;
	bool own;
	u32 kept;
	spinlock_t lock;
	bool on;
	struct vmi_bucket storm;
	struct vmi_limit limit[2];
	struct vmi_impair impair[2];
	struct napi_struct *napi;
	struct hrtimer timer;
};

static inline u32 vmi_policy_word(const struct vmi_policy *p)
{
	return READ_ONCE(p->word);
}

/* For the packet path, bottom halves off; only where the word says so. */
bool vmi_policy_storm(struct vmi_policy *p);
u64 vmi_policy_wait_ns(struct vmi_policy *p, unsigned int dir);
void vmi_policy_charge(struct vmi_policy *p, unsigned int dir, u32 packets, u64 bytes);
enum vmi_impair_fate vmi_policy_admit(struct vmi_policy *p, unsigned int dir, struct sk_buff *skb);
/* where kept says so: the next frame whose time has come, or NULL */
struct sk_buff *vmi_policy_due(struct vmi_policy *p, unsigned int dir);

void vmi_policy_init(struct vmi_policy *p, struct napi_struct *napi);
void vmi_policy_start(struct vmi_policy *p);
void vmi_policy_stop(struct vmi_policy *p);
void vmi_policy_purge(struct vmi_policy *p);

/* vmi_ctl held */
int vmi_policy_check(struct vmi_policy_conf *conf, struct netlink_ext_ack *extack);
void vmi_policy_set(struct vmi_policy *p, const struct vmi_policy_conf *conf, u32 net_guard);
void vmi_policy_follow(struct vmi_policy *p, u32 net_guard, u32 storm_pps);
void vmi_policy_show(struct vmi_policy *p, struct vmi_policy_view *view);

#endif /* VMI_POLICY_H */
