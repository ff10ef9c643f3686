// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>

#include "host.h"

/* One request on a socket of its own. Return: 0 or a negative errno. */
static int talk(int bus, struct nlmsghdr *nlh, mnl_cb_t cb, void *arg)
{
	struct mnl_socket *nl = mnl_socket_open(bus);
	char buf[16384];
	int ret = -1;

	if (!nl)
		return -errno;
	if (!mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) &&
	    mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) >= 0) {
		do {
			ret = (int)mnl_socket_recvfrom(nl, buf, sizeof(buf));
			if (ret > 0)
				ret = mnl_cb_run(buf, (size_t)ret, nlh->nlmsg_seq,
						 mnl_socket_get_portid(nl), cb, arg);
		} while (ret > 0);
	}
	if (ret)
		ret = -errno;
	mnl_socket_close(nl);
	return ret;
}

static int route_attr(const struct nlattr *attr, void *arg)
{
	const struct nlattr **tb = arg;

	if (mnl_attr_get_type(attr) <= RTA_MAX)
		tb[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

static int route_cb(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *tb[RTA_MAX + 1] = { NULL };
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	struct host_route *r = arg;

	mnl_attr_parse(nlh, sizeof(*rtm), route_attr, tb);
	if (tb[RTA_OIF])
		r->ifindex = mnl_attr_get_u32(tb[RTA_OIF]);
	switch (rtm->rtm_type) {
	case RTN_BLACKHOLE:
		r->error = EINVAL;
		break;
	case RTN_UNREACHABLE:
		r->error = EHOSTUNREACH;
		break;
	case RTN_PROHIBIT:
		r->error = EACCES;
		break;
	}
	return MNL_CB_STOP;
}

static void look_at_interface(struct host_route *r)
{
	struct ifreq ifr = { 0 };
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (s < 0 || !if_indextoname(r->ifindex, r->ifname))
		goto out;
	strcpy(ifr.ifr_name, r->ifname);
	if (!ioctl(s, SIOCGIFFLAGS, &ifr))
		r->up = (ifr.ifr_flags & IFF_UP) && (ifr.ifr_flags & IFF_RUNNING);
	if (!ioctl(s, SIOCGIFMTU, &ifr))
		r->mtu = (uint32_t)ifr.ifr_mtu;
	r->has_address = !ioctl(s, SIOCGIFADDR, &ifr);
out:
	if (s >= 0)
		close(s);
}

/* Ask, and tell a route that there is not from an answer that there is not. */
static int route_get(struct nlmsghdr *nlh, struct host_route *r)
{
	int ret;

	memset(r, 0, sizeof(*r));
	ret = talk(NETLINK_ROUTE, nlh, route_cb, r);
	switch (-ret) {
	case ENETUNREACH:
	case EHOSTUNREACH:
	case EACCES:
	case EINVAL:
		r->error = -ret;
		return 0;
	}
	if (!ret && !r->error)
		look_at_interface(r);
	return ret;
}

static struct nlmsghdr *route_request(char *buf, uint8_t family, uint8_t dst_len, uint8_t src_len)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct rtmsg *rtm;

	nlh->nlmsg_type = RTM_GETROUTE;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	nlh->nlmsg_seq = 1;
	rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
	rtm->rtm_family = family;
	rtm->rtm_dst_len = dst_len;
	rtm->rtm_src_len = src_len;
	return nlh;
}

int host_route_get(struct in_addr to, struct in_addr from, uint32_t iif, struct host_route *r)
{
	char buf[256];
	struct nlmsghdr *nlh = route_request(buf, AF_INET, 32, 32);

	mnl_attr_put_u32(nlh, RTA_DST, to.s_addr);
	mnl_attr_put_u32(nlh, RTA_SRC, from.s_addr);
	mnl_attr_put_u32(nlh, RTA_IIF, iif);
	return route_get(nlh, r);
}

int host_route_get6(const struct in6_addr *to, struct host_route *r)
{
	char buf[256];
	struct nlmsghdr *nlh = route_request(buf, AF_INET6, 128, 0);

	mnl_attr_put(nlh, RTA_DST, sizeof(*to), to);
	return route_get(nlh, r);
}

struct overlap {
	uint32_t subnet;	/* host byte order */
	unsigned int len;
	uint32_t ifindex;
	char *ifname;
};

static int overlap_cb(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *tb[RTA_MAX + 1] = { NULL };
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	struct overlap *o = arg;
	uint32_t dst, mask, oif;
	unsigned int len;

	mnl_attr_parse(nlh, sizeof(*rtm), route_attr, tb);
	if (rtm->rtm_type != RTN_UNICAST || !rtm->rtm_dst_len || !tb[RTA_DST] || !tb[RTA_OIF])
		return MNL_CB_OK;
	oif = mnl_attr_get_u32(tb[RTA_OIF]);
	dst = ntohl(mnl_attr_get_u32(tb[RTA_DST]));
	len = rtm->rtm_dst_len < o->len ? rtm->rtm_dst_len : o->len;
	mask = ~0U << (32 - len);
	/* a wider one behind another interface yields to ours, as a default route does */
	if (oif != o->ifindex && rtm->rtm_dst_len >= o->len && !((dst ^ o->subnet) & mask))
		if_indextoname(oif, o->ifname);
	return MNL_CB_OK;
}

int host_overlap(struct in_addr subnet, unsigned int len, uint32_t ifindex, char *ifname)
{
	struct overlap o = {
		.subnet = ntohl(subnet.s_addr), .len = len, .ifindex = ifindex, .ifname = ifname,
	};
	char buf[256];
	struct nlmsghdr *nlh = route_request(buf, AF_INET, 0, 0);

	ifname[0] = '\0';
	nlh->nlmsg_flags |= NLM_F_DUMP;
	return talk(NETLINK_ROUTE, nlh, overlap_cb, &o);
}

/* struct names - a text that names are added to */
struct names {
	char *text;
	size_t size;
};

static int chain_attr(const struct nlattr *attr, void *arg)
{
	const struct nlattr **tb = arg;

	if (mnl_attr_get_type(attr) <= NFTA_CHAIN_MAX)
		tb[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

static int hook_attr(const struct nlattr *attr, void *arg)
{
	if (mnl_attr_get_type(attr) == NFTA_HOOK_HOOKNUM)
		*(uint32_t *)arg = ntohl(mnl_attr_get_u32(attr));
	return MNL_CB_OK;
}

static const char *family_name(uint8_t family)
{
	switch (family) {
	case NFPROTO_INET:
		return "inet";
	case NFPROTO_IPV4:
		return "ip";
	}
	return NULL;
}

static int chain_cb(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *tb[NFTA_CHAIN_MAX + 1] = { NULL };
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
	const char *family = family_name(nfg->nfgen_family);
	uint32_t hook = NF_INET_NUMHOOKS;
	struct names *n = arg;
	size_t len;

	mnl_attr_parse(nlh, sizeof(*nfg), chain_attr, tb);
	if (!family || !tb[NFTA_CHAIN_HOOK] || !tb[NFTA_CHAIN_POLICY] || !tb[NFTA_CHAIN_TABLE] ||
	    !tb[NFTA_CHAIN_NAME] || ntohl(mnl_attr_get_u32(tb[NFTA_CHAIN_POLICY])) != NF_DROP)
		return MNL_CB_OK;
	mnl_attr_parse_nested(tb[NFTA_CHAIN_HOOK], hook_attr, &hook);
	if (hook != NF_INET_FORWARD)
		return MNL_CB_OK;
	len = strlen(n->text);
	snprintf(n->text + len, n->size - len, "%s%s of table %s %s", len ? ", " : "",
		 mnl_attr_get_str(tb[NFTA_CHAIN_NAME]), family,
		 mnl_attr_get_str(tb[NFTA_CHAIN_TABLE]));
	return MNL_CB_OK;
}

int host_forward_drop(char *text, size_t size)
{
	struct names n = { .text = text, .size = size };
	char buf[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *nfg;
	int ret;

	text[0] = '\0';
	nlh->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = 1;
	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	nfg->nfgen_family = NFPROTO_UNSPEC;
	nfg->version = NFNETLINK_V0;
	ret = talk(NETLINK_NETFILTER, nlh, chain_cb, &n);
	/* without nf_tables there is no chain */
	return ret == -EINVAL || ret == -EPROTONOSUPPORT || ret == -ENOENT ? 0 : ret;
}

void host_number(const char *path, uint64_t *val)
{
	unsigned long long n;
	FILE *f = fopen(path, "re");

	if (!f)
		return;
	if (fscanf(f, "%llu", &n) == 1)
		*val = n;
	fclose(f);
}
