// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>

#include <linux/vmi_chr.h>

#include "debug.h"
#include "fail.h"
#include "link.h"
#include "loop.h"
#include "options.h"
#include "probe.h"
#include "regs.h"
#include "vcpu.h"

#define HOLDERS_MAX	64	/* sessions that hold vCPUs */
#define EXPIRED_MAX	64
#define BATCH		16	/* requests before others are served again */

/**
 * struct holder - a session that holds vCPUs
 * @session: which, 0 for a free entry
 * @held: the vCPUs
 */
struct holder {
	uint64_t session;
	bool held[CPUS_MAX];
};

static struct holder holders[HOLDERS_MAX];

/* probes whose verdict did not come; filled by vCPUs */
static pthread_mutex_t expired_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	uint64_t session;
	uint64_t id;
} expired[EXPIRED_MAX];			/* expired_lock */
static unsigned int nexpired;		/* expired_lock */
static struct source expiry = { .fd = -1 };

static struct holder *holder_of(uint64_t session, bool make)
{
	struct holder *free = NULL;
	unsigned int i;

	for (i = 0; i < HOLDERS_MAX; i++) {
		if (holders[i].session == session)
			return &holders[i];
		if (!holders[i].session && !free)
			free = &holders[i];
	}
	if (!make || !free)
		return NULL;
	memset(free, 0, sizeof(*free));
	free->session = session;
	return free;
}

static void release(struct holder *h, unsigned int vcpu)
{
	if (!h->held[vcpu])
		return;
	h->held[vcpu] = false;
	vcpu_release(vcpu);
}

static int hold(const struct vmi_probe_req *req)
{
	struct holder *h = holder_of(req->session, true);
	unsigned int i;

	if (!h)
		return -EBUSY;
	for (i = 0; i < vcpu_count(); i++) {
		if ((req->vcpu != VMI_VCPU_ALL && req->vcpu != i) || h->held[i])
			continue;
		h->held[i] = true;
		vcpu_hold(i);
	}
	return 0;
}

static int let_go(uint64_t session, uint32_t vcpu)
{
	struct holder *h = holder_of(session, false);
	bool rest = false;
	unsigned int i;

	if (!h)
		return 0;
	for (i = 0; i < vcpu_count(); i++) {
		if (vcpu == VMI_VCPU_ALL || vcpu == i)
			release(h, i);
		rest |= h->held[i];
	}
	if (!rest)
		h->session = 0;
	return 0;
}

static int step(const struct vmi_probe_req *req)
{
	struct holder *h = holder_of(req->session, false);

	if (!h || !h->held[req->vcpu])
		return -EINVAL;
	return vcpu_step(req->vcpu);
}

/* held */
static int set_regs(const struct vmi_probe_req *req)
{
	int fd = vcpu_fd(req->vcpu), ret;
	struct vmi_gprs before;
	struct vmi_regs regs;

	memcpy(&regs, req->data, sizeof(regs));
	ret = regs_get_gprs(fd, &before);
	if (!ret)
		ret = regs_set(fd, &regs);
	if (!ret && before.rip != regs.gprs.rip)
		debug_moved(req->vcpu);
	return ret;
}

static int arm(const struct vmi_probe_req *req, uint64_t *id)
{
	struct probe probe = {
		.session = req->session,
		.kind = req->flags & VMI_PROBE_KIND_MASK,
		.sync = req->flags & VMI_PROBE_SYNC,
		.addr = req->arg[0],
		.bytes = req->arg[1] > 8 ? 0 : (uint32_t)req->arg[1],
		.access = req->arg[2] > VMI_HW_RW ? UINT32_MAX : (uint32_t)req->arg[2],
	};
	int ret = debug_arm(&probe);

	*id = probe.id;
	return ret;
}

static int serve(const struct vmi_probe_req *req, struct vmi_probe_done *done)
{
	bool all = req->op == VMI_PROBE_STOP || req->op == VMI_PROBE_RESUME;
	struct vmi_regs regs;
	int ret;

	if (req->vcpu >= vcpu_count() && !(all && req->vcpu == VMI_VCPU_ALL))
		return -EINVAL;
	switch (req->op) {
	case VMI_PROBE_GET_REGS:
		vcpu_hold(req->vcpu);
		ret = regs_get(vcpu_fd(req->vcpu), &regs);
		vcpu_release(req->vcpu);
		memcpy(done->data, &regs, sizeof(regs));
		done->len = sizeof(regs);
		return ret;
	case VMI_PROBE_SET_REGS:
		vcpu_hold(req->vcpu);
		ret = set_regs(req);
		vcpu_release(req->vcpu);
		return ret;
	case VMI_PROBE_GET_FPU:
		vcpu_hold(req->vcpu);
		ret = regs_get_fpu(vcpu_fd(req->vcpu), done->data);
		vcpu_release(req->vcpu);
		done->len = 512;
		return ret;
	case VMI_PROBE_STOP:
		return hold(req);
	case VMI_PROBE_RESUME:
		return let_go(req->session, req->vcpu);
	case VMI_PROBE_STEP:
		return step(req);
	case VMI_PROBE_ARM:
		return arm(req, (uint64_t *)&done->id);
	case VMI_PROBE_DISARM:
		return debug_disarm(req->session, req->id);
	default:
		return -EOPNOTSUPP;
	}
}

static bool serve_next(void)
{
	struct vmi_probe_req req;
	struct vmi_probe_done done = { 0 };

	if (link_probe_next(&req))
		return false;
	if (req.op == VMI_PROBE_GONE) {
		debug_disarm_session(req.session);
		let_go(req.session, VMI_VCPU_ALL);
		return true;
	}
	done.seq = req.seq;
	done.error = serve(&req, &done);
	if (done.error)
		done.len = 0;
	/* nobody waits any more: as if it had not been asked */
	if (link_probe_done(&done) && req.op == VMI_PROBE_ARM && !done.error)
		debug_disarm(req.session, done.id);
	return true;
}

static void serve_all(void)
{
	int i;

	for (i = 0; i < BATCH && serve_next(); i++)
		;
}

static void disarm_expired(struct source *src, short revents)
{
	uint64_t session, id;
	eventfd_t count;

	(void)revents;
	eventfd_read(src->fd, &count);
	for (;;) {
		pthread_mutex_lock(&expired_lock);
		if (!nexpired) {
			pthread_mutex_unlock(&expired_lock);
			return;
		}
		nexpired--;
		session = expired[nexpired].session;
		id = expired[nexpired].id;
		pthread_mutex_unlock(&expired_lock);
		debug_disarm(session, id);
	}
}

void probe_expired(uint64_t session, uint64_t id)
{
	pthread_mutex_lock(&expired_lock);
	/* one that finds no room is met, and expires, once more */
	if (nexpired < EXPIRED_MAX) {
		expired[nexpired].session = session;
		expired[nexpired].id = id;
		nexpired++;
	}
	pthread_mutex_unlock(&expired_lock);
	eventfd_write(expiry.fd, 1);
}

void probe_reset(void)
{
	memset(holders, 0, sizeof(holders));
	debug_reset();
}

int probe_init(void)
{
	expiry.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (expiry.fd < 0)
		return fail_errno(errno, "cannot make an eventfd");
	expiry.events = POLLIN;
	expiry.ready = disarm_expired;
	link_set_probe(serve_all);
	return loop_add(&expiry);
}
