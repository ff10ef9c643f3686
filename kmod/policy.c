// SPDX-License-Identifier: GPL-2.0
/*
 * What an operator imposes on a port.
 */
#include <linux/lockdep.h>
#include <linux/netdevice.h>
#include <linux/netlink.h>
#include <linux/skbuff.h>
#include <linux/timekeeping.h>

#include "compat.h"
#include "guard.h"
#include "policy.h"
#include "vm.h"

/* ---- the packet path's side ---- */

/**
 * vmi_policy_storm - may a guest send one more frame that is for many?
 * @p: the port's policy
 *
 * Context: softirq.
 * Return: false if it has sent too many.
 */
bool vmi_policy_storm(struct vmi_policy *p)
{
	u64 now_ns = ktime_get_ns();
	bool ok;

	spin_lock(&p->lock);
	ok = !vmi_bucket_wait_ns(&p->storm, now_ns);
	if (ok)
		vmi_bucket_take(&p->storm, now_ns, 1);
	spin_unlock(&p->lock);
	return ok;
}

/**
 * vmi_policy_wait_ns - how long until a frame may pass the limits
 * @p: the port's policy
 * @dir: VMI_RX or VMI_TX
 *
 * Context: bottom halves off.
 * Return: the time in ns, 0 if one may pass now.
 */
u64 vmi_policy_wait_ns(struct vmi_policy *p, unsigned int dir)
{
	u64 wait_ns;

	spin_lock(&p->lock);
	wait_ns = vmi_limit_wait_ns(&p->limit[dir], ktime_get_ns());
	spin_unlock(&p->lock);
	return wait_ns;
}

/**
 * vmi_policy_charge - charge a frame that has passed to the limits
 * @p: the port's policy
 * @dir: VMI_RX or VMI_TX
 * @packets: what it will be on a wire
 * @bytes: of these
 *
 * Context: bottom halves off.
 */
void vmi_policy_charge(struct vmi_policy *p, unsigned int dir, u32 packets, u64 bytes)
{
	spin_lock(&p->lock);
	vmi_limit_take(&p->limit[dir], ktime_get_ns(), packets, bytes);
	spin_unlock(&p->lock);
}

static void timer_arm(struct vmi_policy *p)
{
	u64 next_ns = min(vmi_impair_next_ns(&p->impair[0]), vmi_impair_next_ns(&p->impair[1]));

	lockdep_assert_held(&p->lock);
	if (!p->on || next_ns == U64_MAX)
		return;
	/* Not queued, though it may be running: it has looked already, or will be polled after. */
	if (!hrtimer_is_queued(&p->timer) || next_ns < ktime_to_ns(hrtimer_get_expires(&p->timer)))
		hrtimer_start(&p->timer, ns_to_ktime(next_ns), HRTIMER_MODE_ABS);
}

static void count_kept(struct vmi_policy *p)
{
	lockdep_assert_held(&p->lock);
	WRITE_ONCE(p->kept, p->impair[0].frames + p->impair[1].frames);
}

/**
 * vmi_policy_admit - do to a frame what the port's impairment asks for
 * @p: the port's policy
 * @dir: VMI_RX or VMI_TX
 * @skb: the frame, with no owner and no device; taken over if it is kept
 *
 * Context: bottom halves off.
 * Return: enum vmi_impair_fate.
 */
enum vmi_impair_fate vmi_policy_admit(struct vmi_policy *p, unsigned int dir, struct sk_buff *skb)
{
	enum vmi_impair_fate fate = VMI_IMPAIR_LOST;

	spin_lock(&p->lock);
	if (p->on)
		fate = vmi_impair_admit(&p->impair[dir], skb, ktime_get_ns());
	if (fate == VMI_IMPAIR_KEPT) {
		count_kept(p);
		timer_arm(p);
	}
	spin_unlock(&p->lock);
	return fate;
}

/**
 * vmi_policy_due - take out a frame that has been kept for long enough
 * @p: the port's policy
 * @dir: VMI_RX or VMI_TX
 *
 * Context: softirq.
 * Return: the frame, or NULL; then the port is polled again when there is one.
 */
struct sk_buff *vmi_policy_due(struct vmi_policy *p, unsigned int dir)
{
	struct sk_buff *skb;

	spin_lock(&p->lock);
	skb = vmi_impair_due(&p->impair[dir], ktime_get_ns());
	if (skb)
		count_kept(p);
	else
		timer_arm(p);
	spin_unlock(&p->lock);
	return skb;
}

static enum hrtimer_restart policy_timer(struct hrtimer *timer)
{
	struct vmi_policy *p = container_of(timer, struct vmi_policy, timer);

	napi_schedule(p->napi);
	return HRTIMER_NORESTART;
}

/* ---- the port's side ---- */

/**
 * vmi_policy_init - make a policy that does nothing
 * @p: the policy, zeroed
 * @napi: the port's
 *
 * Context: process.
 */
void vmi_policy_init(struct vmi_policy *p, struct napi_struct *napi)
{
	spin_lock_init(&p->lock);
	p->impair[0].queue = RB_ROOT;
	p->impair[1].queue = RB_ROOT;
	p->napi = napi;
	vmi_compat_hrtimer_setup(&p->timer, policy_timer);
}

/**
 * vmi_policy_start - let frames be kept from now on
 * @p: the policy of a port whose rings are started
 *
 * Context: process.
 */
void vmi_policy_start(struct vmi_policy *p)
{
	spin_lock_bh(&p->lock);
	p->on = true;
	spin_unlock_bh(&p->lock);
}

static void purge(struct vmi_policy *p)
{
	struct sk_buff *skb;
	unsigned int dir;

	lockdep_assert_held(&p->lock);
	for (dir = 0; dir < 2; dir++) {
		while ((skb = vmi_impair_due(&p->impair[dir], U64_MAX)))
			kfree_skb(skb);
	}
	count_kept(p);
}

/**
 * vmi_policy_purge - free the frames kept
 * @p: the policy of a port
 *
 * Context: process.
 */
void vmi_policy_purge(struct vmi_policy *p)
{
	spin_lock_bh(&p->lock);
	purge(p);
	spin_unlock_bh(&p->lock);
}

/**
 * vmi_policy_stop - free the frames kept, and keep no more
 * @p: the policy of a port whose poll has been disabled
 *
 * Context: process.
 */
void vmi_policy_stop(struct vmi_policy *p)
{
	spin_lock_bh(&p->lock);
	p->on = false;
	purge(p);
	spin_unlock_bh(&p->lock);
	/* It is started under the lock, while on. */
	hrtimer_cancel(&p->timer);
}

/* ---- configuration ---- */

/**
 * vmi_policy_check - complete and check what a client asks for
 * @conf: what it is; bursts that it left open are set
 * @extack: for the explanation
 *
 * Context: process.
 * Return: 0 or -EINVAL.
 */
int vmi_policy_check(struct vmi_policy_conf *conf, struct netlink_ext_ack *extack)
{
	unsigned int dir;

	if ((conf->guard | conf->guard_mask) & ~VMI_GUARD_ALL) {
		NL_SET_ERR_MSG_MOD(extack, "unknown guard");
		return -EINVAL;
	}
	if (conf->set_guard && conf->set_own && !conf->own) {
		NL_SET_ERR_MSG_MOD(extack, "guards of the port's own and those of the network exclude each other");
		return -EINVAL;
	}
	for (dir = 0; dir < 2; dir++) {
		if (conf->set_limit[dir] && !vmi_limit_fill_in(&conf->limit[dir])) {
			NL_SET_ERR_MSG_MOD(extack, "a limit or its burst is too large");
			return -EINVAL;
		}
		if (conf->set_impair[dir] &&
		    conf->impair[dir].jitter_us > conf->impair[dir].delay_us) {
			NL_SET_ERR_MSG_MOD(extack, "the jitter is larger than the delay");
			return -EINVAL;
		}
	}
	return 0;
}

static bool is_limit(const struct vmi_limit_conf *conf)
{
	return conf->packets || conf->bytes;
}

static bool is_impairment(const struct vmi_impair_conf *conf)
{
	return conf->loss_ppm || conf->delay_us;
}

/**
 * vmi_policy_set - do what a client asks for
 * @p: the policy
 * @conf: complete and checked
 * @net_guard: the network's guards
 *
 * Frames that are kept already stay until their time comes.
 *
 * Context: process, vmi_ctl held.
 */
void vmi_policy_set(struct vmi_policy *p, const struct vmi_policy_conf *conf, u32 net_guard)
{
	u32 word = p->word, guard = word & VMI_GUARD_ALL;
	unsigned int dir;

	lockdep_assert_held(&vmi_ctl);
	if (conf->set_guard)
		guard = (guard & ~conf->guard_mask) | (conf->guard & conf->guard_mask);
	if (conf->set_guard || conf->set_own)
		p->own = conf->set_guard || conf->own;
	word = (word & ~VMI_GUARD_ALL) | (p->own ? guard : net_guard);
	if (conf->set_isolated)
		word = conf->isolated ? word | VMI_POLICY_ISOLATED : word & ~VMI_POLICY_ISOLATED;

	spin_lock_bh(&p->lock);
	for (dir = 0; dir < 2; dir++) {
		if (conf->set_limit[dir]) {
			vmi_limit_set(&p->limit[dir], &conf->limit[dir]);
			word &= ~VMI_POLICY_LIMIT(dir);
			if (is_limit(&conf->limit[dir]))
				word |= VMI_POLICY_LIMIT(dir);
		}
		if (conf->set_impair[dir]) {
			p->impair[dir].conf = conf->impair[dir];
			word &= ~VMI_POLICY_IMPAIR(dir);
			if (is_impairment(&conf->impair[dir]))
				word |= VMI_POLICY_IMPAIR(dir);
		}
	}
	spin_unlock_bh(&p->lock);
	WRITE_ONCE(p->word, word);
}

/**
 * vmi_policy_follow - take what the network has over
 * @p: the policy
 * @net_guard: the network's guards; left alone where the port has its own
 * @storm_pps: multicast and broadcast frames a second
 *
 * Context: process, vmi_ctl held.
 */
void vmi_policy_follow(struct vmi_policy *p, u32 net_guard, u32 storm_pps)
{
	lockdep_assert_held(&vmi_ctl);
	if (!p->own)
		WRITE_ONCE(p->word, (p->word & ~VMI_GUARD_ALL) | net_guard);
	spin_lock_bh(&p->lock);
	if (p->storm.rate != storm_pps)
		vmi_bucket_set(&p->storm, storm_pps, storm_pps);
	spin_unlock_bh(&p->lock);
}

/**
 * vmi_policy_show - show a policy
 * @p: the policy
 * @view: result
 *
 * Context: process, vmi_ctl held.
 */
void vmi_policy_show(struct vmi_policy *p, struct vmi_policy_view *view)
{
	unsigned int dir;

	lockdep_assert_held(&vmi_ctl);
	view->guard = p->word & VMI_GUARD_ALL;
	view->own = p->own;
	view->isolated = p->word & VMI_POLICY_ISOLATED;
	spin_lock_bh(&p->lock);
	for (dir = 0; dir < 2; dir++) {
		view->limit[dir].packets = p->limit[dir].packets.rate;
		view->limit[dir].packets_burst = p->limit[dir].packets.burst;
		view->limit[dir].bytes = p->limit[dir].bytes.rate;
		view->limit[dir].bytes_burst = p->limit[dir].bytes.burst;
		view->impair[dir] = p->impair[dir].conf;
	}
	spin_unlock_bh(&p->lock);
}
