// SPDX-License-Identifier: GPL-2.0
/*
 * The peers: vhost-net with a tap on a bridge, with a tap on an Open vSwitch
 * datapath, and with a macvtap.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ovs.h"
#include "path.h"
#include "sh.h"
#include "vhost.h"
#include "wire.h"

#define BRIDGE	"bench-br"
#define LOWER	"bench-lower"	/* of the macvtaps, where there is no uplink */
#define STATION	"bench-st"	/* where those are who speak */
#define PORTS	1024

struct tap {
	char name[16];
	int fd;
	int vhost;
};

static unsigned int ntaps;
static int silent[PORTS];	/* files of the taps of silent guests */
static unsigned int nsilent;

static int modules(const char *names)
{
	return sh("for m in vhost_net %s; do modprobe $m || exit; done", names);
}

static struct tap *tap_new(struct nic *n)
{
	struct tap *t = calloc(1, sizeof(*t));

	t->fd = -1;
	t->vhost = -1;
	snprintf(t->name, sizeof(t->name), "bench%u", ntaps);
	nth_mac(n->mac, 0, ntaps);
	n->ip = nth_ip(ntaps);
	ntaps++;
	n->priv = t;
	return t;
}

static int tap_start(struct nic *n)
{
	struct tap *t = n->priv;

	t->vhost = vhost_start(n, t->fd);
	return t->vhost < 0 ? -1 : 0;
}

static void tap_unplug(struct nic *n)
{
	struct tap *t = n->priv;

	if (!t)
		return;
	if (t->vhost >= 0)
		close(t->vhost);
	if (t->fd >= 0)
		close(t->fd);
	free(t);
	n->priv = NULL;
}

static void silent_close(void)
{
	while (nsilent)
		close(silent[--nsilent]);
	ntaps = 0;
}

/* ---- bridge ---- */

static int bridge_open(const char *uplink)
{
	struct nic s;

	/* As libvirt makes them, but for snooping, which costs. */
	if (modules("tun bridge") ||
	    sh("ip link add " BRIDGE " address " STATIONS_MEET " type bridge stp_state 0 "
	       "forward_delay 0 mcast_snooping 0 && ip link set " BRIDGE " up"))
		return -1;
	if (!uplink)
		return 0;
	wire_station(&s);
	return sh("ip link set %s master " BRIDGE " && "
		  "bridge fdb add %02x:%02x:%02x:%02x:%02x:%02x dev %s master static",
		  uplink, s.mac[0], s.mac[1], s.mac[2], s.mac[3], s.mac[4], s.mac[5], uplink);
}

static int bridge_plug(struct nic *n)
{
	struct tap *t = tap_new(n);

	t->fd = tap_open(t->name);
	return t->fd < 0 ? -1 : sh("ip link set %s master " BRIDGE " up", t->name);
}

static int bridge_ports(unsigned int count)
{
	char name[16];
	FILE *ip;

	ip = popen("ip -batch -", "w");
	if (!ip)
		return fail("ip");
	for (; count; count--, nsilent++) {
		snprintf(name, sizeof(name), "silent%u", nsilent);
		silent[nsilent] = tap_open(name);
		if (silent[nsilent] < 0)
			break;
		fprintf(ip, "link set %s master " BRIDGE " up\n", name);
	}
	return pclose(ip) || count ? fail("ports of the bridge") : 0;
}

/* A bridge does not learn what the host itself sends: they are behind a port. */
static int bridge_stations(unsigned int count)
{
	return sh("modprobe veth; ip link add " STATION " type veth peer name " STATION "-br && "
		  "ip link set " STATION "-br master " BRIDGE " up && "
		  "ip link set " STATION " up") ||
	       send_stations(STATION, count);
}

static void bridge_close(void)
{
	silent_close();
	sh("ip link del " BRIDGE "; ip link del " STATION " 2>/dev/null; :");
}

const struct path path_bridge = {
	.name		= "bridge",
	.open		= bridge_open,
	.has_uplink	= true,
	.plug		= bridge_plug,
	.start		= tap_start,
	.unplug		= tap_unplug,
	.ports		= bridge_ports,
	.stations	= bridge_stations,
	.close		= bridge_close,
};

/* ---- macvtap ---- */

static const char *lower;

static int macvtap_up(const char *uplink)
{
	lower = uplink ? uplink : LOWER;
	return modules("macvtap dummy") ||
	       (!uplink && sh("ip link add " LOWER " type dummy && ip link set " LOWER " up"));
}

static int macvtap_plug(struct nic *n)
{
	struct tap *t = tap_new(n);
	const uint8_t *m = n->mac;

	if (sh("ip link add link %s name %s address %02x:%02x:%02x:%02x:%02x:%02x "
	       "type macvtap mode bridge && ip link set %s up",
	       lower, t->name, m[0], m[1], m[2], m[3], m[4], m[5], t->name))
		return -1;
	t->fd = macvtap_open(t->name);
	return t->fd < 0 ? -1 : 0;
}

static void macvtap_close(void)
{
	ntaps = 0;
	/* Those on an uplink go with it. */
	if (!strcmp(lower, LOWER))
		sh("ip link del " LOWER);
}

const struct path path_macvtap = {
	.name		= "macvtap",
	.open		= macvtap_up,
	.has_uplink	= true,
	.plug		= macvtap_plug,
	.start		= tap_start,
	.unplug		= tap_unplug,
	.close		= macvtap_close,
};

/* ---- Open vSwitch ---- */

static int ovs_up(const char *uplink)
{
	struct nic station;

	if (modules("tun openvswitch") || ovs_open())
		return -1;
	if (!uplink)
		return 0;
	wire_station(&station);
	return ovs_port(uplink, station.mac);
}

static int ovs_plug(struct nic *n)
{
	struct tap *t = tap_new(n);

	t->fd = tap_open(t->name);
	if (t->fd < 0 || sh("ip link set %s up", t->name))
		return -1;
	return ovs_port(t->name, n->mac);
}

static void ovs_down(void)
{
	silent_close();
	ovs_close();
}

const struct path path_ovs = {
	.name		= "ovs",
	.open		= ovs_up,
	.has_uplink	= true,
	.plug		= ovs_plug,
	.start		= tap_start,
	.unplug		= tap_unplug,
	.close		= ovs_down,
};
