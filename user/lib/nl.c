// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <linux/genetlink.h>
#include <linux/vmi.h>

#include "nl.h"

#define REQUEST_BYTES	4096
#define RECEIVE_BYTES	65536	/* the kernel fills up to 32 KiB a message of a dump */
#define EVENT_BYTES	(1 << 20)	/* queue for events */
#define GROUPS_MAX	8

/**
 * struct vmi_nl - a socket
 * @sock: libmnl's
 * @portid: our address
 * @seq: number of the last request
 * @family: message type of the family
 * @version: of the family
 * @ngroups: entries of @groups
 * @groups: multicast groups of the family
 * @error: text of the last refusal
 * @out: request being built
 * @in: messages being read
 */
struct vmi_nl {
	struct mnl_socket *sock;
	unsigned int portid;
	uint32_t seq;
	uint16_t family;
	uint32_t version;
	unsigned int ngroups;
	struct {
		char name[16];
		uint32_t id;
	} groups[GROUPS_MAX];
	char error[256];
	char out[REQUEST_BYTES] __attribute__((aligned(8)));
	char in[RECEIVE_BYTES] __attribute__((aligned(8)));
};

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Return: bytes, 0 after the time, or a negative errno. */
static ssize_t receive(struct vmi_nl *nl, int64_t deadline_ms)
{
	struct pollfd pfd = {
		.fd = mnl_socket_get_fd(nl->sock),
		.events = POLLIN,
	};
	int left = -1;
	ssize_t n;
	int ret;

	if (deadline_ms >= 0) {
		int64_t diff = deadline_ms - now_ms();

		left = diff < 0 ? 0 : (int)diff;
	}
	ret = poll(&pfd, 1, left);
	if (ret < 0)
		return -errno;
	if (!ret)
		return 0;
	n = mnl_socket_recvfrom(nl->sock, nl->in, sizeof(nl->in));
	return n < 0 ? -errno : n;
}

static void keep_error_text(struct vmi_nl *nl, const struct nlmsghdr *nlh,
			    size_t offset)
{
	const struct nlattr *attr;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS) ||
	    mnl_nlmsg_get_payload_len(nlh) < offset)
		return;
	mnl_attr_for_each(attr, nlh, offset) {
		size_t len;

		if (mnl_attr_get_type(attr) != NLMSGERR_ATTR_MSG)
			continue;
		len = mnl_attr_get_payload_len(attr);
		if (len >= sizeof(nl->error))
			len = sizeof(nl->error) - 1;
		memcpy(nl->error, mnl_attr_get_payload(attr), len);
		nl->error[len] = '\0';
	}
}

static int end_by_error(struct vmi_nl *nl, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
	size_t offset = sizeof(*err);

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*err))
		return -EBADMSG;
	/* an uncapped error repeats the request's payload before the text */
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED) && err->error &&
	    err->msg.nlmsg_len >= sizeof(err->msg))
		offset += MNL_ALIGN(err->msg.nlmsg_len - sizeof(err->msg));
	keep_error_text(nl, nlh, offset);
	return err->error;
}

static int end_by_done(struct vmi_nl *nl, const struct nlmsghdr *nlh)
{
	const int *status = mnl_nlmsg_get_payload(nlh);

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*status))
		return 0;
	keep_error_text(nl, nlh, sizeof(*status));
	return *status;
}

/* Return: the result of the request; replies of earlier ones are passed over. */
static int collect(struct vmi_nl *nl, int timeout_ms, vmi_nl_cb cb, void *arg)
{
	int64_t deadline_ms = now_ms() + timeout_ms;
	bool changed = false;
	int failed = 0;

	for (;;) {
		const struct nlmsghdr *nlh;
		ssize_t got = receive(nl, deadline_ms);
		int len, ret;

		if (got == -EINTR)
			continue;
		if (got < 0)
			return (int)got;
		if (!got) {
			strcpy(nl->error, "the kernel did not answer in time");
			return -ETIMEDOUT;
		}
		len = (int)got;
		for (nlh = (void *)nl->in; mnl_nlmsg_ok(nlh, len);
		     nlh = mnl_nlmsg_next(nlh, &len)) {
			if (!mnl_nlmsg_portid_ok(nlh, nl->portid) ||
			    nlh->nlmsg_seq != nl->seq)
				continue;
			if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
				changed = true;
			if (nlh->nlmsg_type == NLMSG_ERROR) {
				ret = end_by_error(nl, nlh);
				return ret ? ret : failed;
			}
			if (nlh->nlmsg_type == NLMSG_DONE) {
				ret = end_by_done(nl, nlh);
				if (!ret)
					ret = failed;
				return !ret && changed ? -EAGAIN : ret;
			}
			/* after a failure go on reading: the socket stays usable */
			if (nlh->nlmsg_type >= NLMSG_MIN_TYPE && cb && !failed)
				failed = cb(nlh, arg);
		}
	}
}

static int send_request(struct vmi_nl *nl, struct nlmsghdr *nlh)
{
	nl->error[0] = '\0';
	nlh->nlmsg_seq = ++nl->seq;
	if (mnl_socket_sendto(nl->sock, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	return 0;
}

static int keep_group(struct vmi_nl *nl, const struct nlattr *nest)
{
	const struct nlattr *attr;
	const char *name = NULL;
	uint32_t id = 0;

	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case CTRL_ATTR_MCAST_GRP_NAME:
			if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
				return -EBADMSG;
			name = mnl_attr_get_str(attr);
			break;
		case CTRL_ATTR_MCAST_GRP_ID:
			if (mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
				return -EBADMSG;
			id = mnl_attr_get_u32(attr);
			break;
		}
	}
	if (!name || strlen(name) >= sizeof(nl->groups[0].name) ||
	    nl->ngroups == GROUPS_MAX)
		return 0;
	strcpy(nl->groups[nl->ngroups].name, name);
	nl->groups[nl->ngroups++].id = id;
	return 0;
}

static int keep_family(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *attr, *nest;
	struct vmi_nl *nl = arg;
	int ret;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		switch (mnl_attr_get_type(attr)) {
		case CTRL_ATTR_FAMILY_ID:
			if (mnl_attr_validate(attr, MNL_TYPE_U16) < 0)
				return -EBADMSG;
			nl->family = mnl_attr_get_u16(attr);
			break;
		case CTRL_ATTR_VERSION:
			if (mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
				return -EBADMSG;
			nl->version = mnl_attr_get_u32(attr);
			break;
		case CTRL_ATTR_MCAST_GROUPS:
			mnl_attr_for_each_nested(nest, attr) {
				ret = keep_group(nl, nest);
				if (ret)
					return ret;
			}
			break;
		}
	}
	return nl->family ? 0 : -EBADMSG;
}

static int resolve(struct vmi_nl *nl)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(nl->out);
	struct genlmsghdr *genl;
	int ret;

	nlh->nlmsg_type = GENL_ID_CTRL;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = CTRL_CMD_GETFAMILY;
	genl->version = 1;
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, VMI_FAMILY_NAME);
	ret = vmi_nl_talk(nl, nlh, VMI_NL_TIMEOUT_MS, keep_family, nl);
	return ret == -ENOENT ? -EPROTONOSUPPORT : ret;
}

int vmi_nl_open(struct vmi_nl **nlp)
{
	struct vmi_nl *nl = calloc(1, sizeof(*nl));
	int one = 1;
	int ret;

	if (!nl)
		return -ENOMEM;
	nl->sock = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!nl->sock) {
		ret = -errno;
		goto err_free;
	}
	if (mnl_socket_bind(nl->sock, 0, MNL_SOCKET_AUTOPID) < 0) {
		ret = -errno;
		goto err_close;
	}
	nl->portid = mnl_socket_get_portid(nl->sock);
	/* both only make errors better: older kernels may refuse them */
	mnl_socket_setsockopt(nl->sock, NETLINK_EXT_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(nl->sock, NETLINK_CAP_ACK, &one, sizeof(one));
	ret = resolve(nl);
	if (ret)
		goto err_close;
	*nlp = nl;
	return 0;

err_close:
	mnl_socket_close(nl->sock);
err_free:
	free(nl);
	return ret;
}

void vmi_nl_close(struct vmi_nl *nl)
{
	if (!nl)
		return;
	mnl_socket_close(nl->sock);
	free(nl);
}

const char *vmi_nl_error(const struct vmi_nl *nl)
{
	return nl->error;
}

uint32_t vmi_nl_version(const struct vmi_nl *nl)
{
	return nl->version;
}

struct nlmsghdr *vmi_nl_request(struct vmi_nl *nl, uint8_t cmd)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(nl->out);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = nl->family;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = VMI_FAMILY_VERSION;
	return nlh;
}

int vmi_nl_talk(struct vmi_nl *nl, struct nlmsghdr *nlh, int timeout_ms,
		vmi_nl_cb cb, void *arg)
{
	int ret;

	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	ret = send_request(nl, nlh);
	return ret ? ret : collect(nl, timeout_ms, cb, arg);
}

int vmi_nl_dump(struct vmi_nl *nl, struct nlmsghdr *nlh, vmi_nl_cb cb, void *arg)
{
	int ret;

	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	ret = send_request(nl, nlh);
	return ret ? ret : collect(nl, VMI_NL_TIMEOUT_MS, cb, arg);
}

int vmi_nl_join(struct vmi_nl *nl, const char *group)
{
	int fd = mnl_socket_get_fd(nl->sock);
	int bytes = EVENT_BYTES;
	unsigned int i;

	for (i = 0; i < nl->ngroups; i++) {
		if (strcmp(nl->groups[i].name, group))
			continue;
		/* the forced form needs CAP_NET_ADMIN; without it the limit holds */
		if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)))
			setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
		if (mnl_socket_setsockopt(nl->sock, NETLINK_ADD_MEMBERSHIP,
					  &nl->groups[i].id, sizeof(nl->groups[i].id)) < 0)
			return -errno;
		return 0;
	}
	return -ENOENT;
}

int vmi_nl_wait(struct vmi_nl *nl, int timeout_ms, vmi_nl_cb cb, void *arg)
{
	const struct nlmsghdr *nlh;
	ssize_t got;
	int len, ret;

	got = receive(nl, timeout_ms < 0 ? -1 : now_ms() + timeout_ms);
	if (got <= 0)
		return (int)got;
	len = (int)got;
	for (nlh = (void *)nl->in; mnl_nlmsg_ok(nlh, len);
	     nlh = mnl_nlmsg_next(nlh, &len)) {
		if (nlh->nlmsg_type != nl->family)
			continue;
		ret = cb(nlh, arg);
		if (ret)
			return ret;
	}
	return 1;
}

void vmi_nl_drain(struct vmi_nl *nl)
{
	int fd = mnl_socket_get_fd(nl->sock);

	while (recv(fd, nl->in, sizeof(nl->in), MSG_DONTWAIT) >= 0 ||
	       errno == ENOBUFS || errno == EINTR)
		;
}
