/* SPDX-License-Identifier: GPL-2.0 */
/* One netlink socket to the family "vmi": requests, dumps, events. */
#ifndef VMIC_NL_H
#define VMIC_NL_H

#include <stdint.h>

#include <libmnl/libmnl.h>

struct vmi_nl;

/* Called for each reply. Return: 0 or a negative errno, which ends the request. */
typedef int (*vmi_nl_cb)(const struct nlmsghdr *nlh, void *arg);

#define VMI_NL_TIMEOUT_MS	30000	/* for what the kernel answers by itself */

/**
 * vmi_nl_open() - connect to the family
 * @nlp: set on success
 *
 * Return: 0, -EPROTONOSUPPORT when the module is not loaded, or a negative errno.
 */
int vmi_nl_open(struct vmi_nl **nlp);
void vmi_nl_close(struct vmi_nl *nl);

/* Return: the kernel's text for the last request that failed, "" if it gave none. */
const char *vmi_nl_error(const struct vmi_nl *nl);

/* Return: the version of the family. */
uint32_t vmi_nl_version(const struct vmi_nl *nl);

/* Begin a request in the socket's buffer; attributes are added by libmnl. */
struct nlmsghdr *vmi_nl_request(struct vmi_nl *nl, uint8_t cmd);

/**
 * vmi_nl_talk() - send a request and wait for its acknowledgement
 * @nl: socket
 * @nlh: from vmi_nl_request()
 * @timeout_ms: how long to wait
 * @cb: for the reply, or NULL
 * @arg: for @cb
 *
 * Return: 0 or a negative errno, with vmi_nl_error() if the kernel explained it.
 */
int vmi_nl_talk(struct vmi_nl *nl, struct nlmsghdr *nlh, int timeout_ms,
		vmi_nl_cb cb, void *arg);

/**
 * vmi_nl_dump() - send a dump request and take all its messages
 * @nl: socket
 * @nlh: from vmi_nl_request()
 * @cb: for each message
 * @arg: for @cb
 *
 * Return: 0, -EAGAIN when the table changed meanwhile (ask again), or a
 * negative errno.
 */
int vmi_nl_dump(struct vmi_nl *nl, struct nlmsghdr *nlh, vmi_nl_cb cb, void *arg);

/* Join a multicast group by its name. Return: 0 or a negative errno. */
int vmi_nl_join(struct vmi_nl *nl, const char *group);

/**
 * vmi_nl_wait() - wait for multicast messages and pass those of one datagram
 * @nl: socket that has joined a group
 * @timeout_ms: -1 for ever
 * @cb: for each message
 * @arg: for @cb
 *
 * Return: 1 when messages were passed, 0 after the time, -ENOBUFS when the
 * kernel dropped some (see vmi_nl_drain()), -EINTR, or a negative errno.
 */
int vmi_nl_wait(struct vmi_nl *nl, int timeout_ms, vmi_nl_cb cb, void *arg);

/**
 * vmi_nl_drain() - throw away all that waits
 * @nl: socket
 *
 * The kernel drops every message for a socket that overflowed until its queue
 * is empty, and reports that only once: so empty it before asking for what
 * was missed.
 */
void vmi_nl_drain(struct vmi_nl *nl);

#endif /* VMIC_NL_H */
