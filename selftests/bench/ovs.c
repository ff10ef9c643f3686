// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's Open vSwitch datapath, set up by its generic netlink families.
 *
 * The flows are those its daemon would install for a learning switch: the port
 * a frame comes in by, its two addresses and type; all else is wildcarded.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/if_ether.h>
#include <linux/openvswitch.h>

#include "ovs.h"
#include "sh.h"

#define DATAPATH	"bench-dp"
#define PORTS_MAX	16

struct port {
	uint32_t no;
	uint8_t mac[ETH_ALEN];
};

static struct mnl_socket *nl;
static char buf[8192];
static struct port ports[PORTS_MAX];
static unsigned int nports;

static int talk(struct nlmsghdr *nlh, mnl_cb_t cb, void *data)
{
	unsigned int seq = nlh->nlmsg_seq;
	int ret;

	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		return -1;
	do {
		ret = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		if (ret > 0)
			ret = mnl_cb_run(buf, ret, seq, mnl_socket_get_portid(nl), cb, data);
	} while (ret > 0);
	return ret;
}

static struct nlmsghdr *request(int type, int cmd, int version, int flags)
{
	static unsigned int seq;
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	nlh->nlmsg_seq = ++seq;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = version;
	return nlh;
}

struct want {
	int type;
	uint32_t value;
};

static int number_attr(const struct nlattr *attr, void *data)
{
	struct want *want = data;

	if (mnl_attr_get_type(attr) == want->type)
		want->value = mnl_attr_get_payload_len(attr) == 2 ? mnl_attr_get_u16(attr) :
								    mnl_attr_get_u32(attr);
	return MNL_CB_OK;
}

static int family_msg(const struct nlmsghdr *nlh, void *data)
{
	return mnl_attr_parse(nlh, sizeof(struct genlmsghdr), number_attr, data);
}

static int vport_msg(const struct nlmsghdr *nlh, void *data)
{
	return mnl_attr_parse(nlh, sizeof(struct genlmsghdr) + sizeof(struct ovs_header),
			      number_attr, data);
}

/* a request to one of the families; their messages begin with the datapath's index */
static struct nlmsghdr *ovs_request(const char *family, int cmd, int version, int flags, int dp)
{
	struct nlmsghdr *nlh = request(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, 0);
	struct want id = { .type = CTRL_ATTR_FAMILY_ID };
	struct ovs_header *ovs;

	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, family);
	if (talk(nlh, family_msg, &id))
		fail("no family %s", family);
	nlh = request(id.value, cmd, version, flags);
	ovs = mnl_nlmsg_put_extra_header(nlh, sizeof(*ovs));
	ovs->dp_ifindex = dp;
	return nlh;
}

static int dp_index(void)
{
	extern unsigned int if_nametoindex(const char *name);

	return if_nametoindex(DATAPATH);
}

int ovs_open(void)
{
	struct nlmsghdr *nlh;

	nports = 0;
	nl = mnl_socket_open(NETLINK_GENERIC);
	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		return fail("netlink");
	nlh = ovs_request(OVS_DATAPATH_FAMILY, OVS_DP_CMD_NEW, OVS_DATAPATH_VERSION, 0, 0);
	mnl_attr_put_strz(nlh, OVS_DP_ATTR_NAME, DATAPATH);
	mnl_attr_put_u32(nlh, OVS_DP_ATTR_UPCALL_PID, 0);
	mnl_attr_put_u32(nlh, OVS_DP_ATTR_USER_FEATURES, OVS_DP_F_UNALIGNED);
	return talk(nlh, NULL, NULL) ? fail("datapath") : sh("ip link set " DATAPATH " up");
}

static void put_key(struct nlmsghdr *nlh, int type, uint32_t in, const struct ovs_key_ethernet *eth,
		    uint16_t proto, int mask)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, type);
	struct ovs_key_ipv4 ip = { 0 };

	mnl_attr_put_u32(nlh, OVS_KEY_ATTR_IN_PORT, in);
	mnl_attr_put(nlh, OVS_KEY_ATTR_ETHERNET, sizeof(*eth), eth);
	mnl_attr_put_u16(nlh, OVS_KEY_ATTR_ETHERTYPE, proto);
	/* Fragments are told apart, as the daemon has it. */
	ip.ipv4_frag = mask ? 0xff : OVS_FRAG_TYPE_NONE;
	mnl_attr_put(nlh, OVS_KEY_ATTR_IPV4, sizeof(ip), &ip);
	mnl_attr_nest_end(nlh, nest);
}

static int flow(const struct port *from, const struct port *to)
{
	struct ovs_key_ethernet eth, all;
	struct nlmsghdr *nlh;
	struct nlattr *nest;

	nlh = ovs_request(OVS_FLOW_FAMILY, OVS_FLOW_CMD_NEW, OVS_FLOW_VERSION, NLM_F_CREATE,
			  dp_index());
	memcpy(eth.eth_src, from->mac, ETH_ALEN);
	memcpy(eth.eth_dst, to->mac, ETH_ALEN);
	memset(&all, 0xff, sizeof(all));
	put_key(nlh, OVS_FLOW_ATTR_KEY, from->no, &eth, htons(ETH_P_IP), 0);
	put_key(nlh, OVS_FLOW_ATTR_MASK, 0xffffffff, &all, 0xffff, 1);
	nest = mnl_attr_nest_start(nlh, OVS_FLOW_ATTR_ACTIONS);
	mnl_attr_put_u32(nlh, OVS_ACTION_ATTR_OUTPUT, to->no);
	mnl_attr_nest_end(nlh, nest);
	return talk(nlh, NULL, NULL) ? fail("flow") : 0;
}

int ovs_port(const char *name, const uint8_t *mac)
{
	struct want no = { .type = OVS_VPORT_ATTR_PORT_NO };
	struct port *p = &ports[nports];
	struct nlmsghdr *nlh;
	unsigned int i;

	nlh = ovs_request(OVS_VPORT_FAMILY, OVS_VPORT_CMD_NEW, OVS_VPORT_VERSION, NLM_F_ECHO,
			  dp_index());
	mnl_attr_put_u32(nlh, OVS_VPORT_ATTR_TYPE, OVS_VPORT_TYPE_NETDEV);
	mnl_attr_put_strz(nlh, OVS_VPORT_ATTR_NAME, name);
	mnl_attr_put_u32(nlh, OVS_VPORT_ATTR_UPCALL_PID, 0);
	if (talk(nlh, vport_msg, &no))
		return fail("port %s", name);
	p->no = no.value;
	memcpy(p->mac, mac, ETH_ALEN);
	for (i = 0; i < nports; i++) {
		if (flow(p, &ports[i]) || flow(&ports[i], p))
			return -1;
	}
	nports++;
	return 0;
}

void ovs_close(void)
{
	struct nlmsghdr *nlh;

	nlh = ovs_request(OVS_DATAPATH_FAMILY, OVS_DP_CMD_DEL, OVS_DATAPATH_VERSION, 0, dp_index());
	if (talk(nlh, NULL, NULL))
		fail("datapath not deleted");
	mnl_socket_close(nl);
}
