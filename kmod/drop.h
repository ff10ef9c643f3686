/* SPDX-License-Identifier: GPL-2.0 */
/* Why a frame was dropped: one list for the enum, the names and the counters. */
#ifndef VMI_DROP_H
#define VMI_DROP_H

#define VMI_DROPS(X) \
	X(LINK_DOWN,	"link-down") \
	X(RUNT,		"runt") \
	X(TOO_LONG,	"too-long") \
	X(BAD_HEADER,	"bad-header") \
	X(SRC_MAC,	"source-mac") \
	X(SRC_IP,	"source-ip") \
	X(ARP,		"arp-spoof") \
	X(ND,		"nd-spoof") \
	X(ROGUE_DHCP,	"rogue-dhcp-server") \
	X(ROGUE_RA,	"rogue-router-advertisement") \
	X(STORM,	"storm-limit") \
	X(ISOLATED,	"isolated") \
	X(SAME_PORT,	"same-port") \
	X(NO_DEST,	"no-destination") \
	X(RATE,		"rate-limit") \
	X(LOSS,		"impair-loss") \
	X(KEPT_FULL,	"impair-queue-full") \
	X(RX_FULL,	"receiver-full") \
	X(RX_OFF,	"receiver-off") \
	X(RX_SMALL,	"receiver-buffer-too-small") \
	X(NO_MEM,	"no-memory") \
	X(NO_FEATURE,	"receiver-lacks-feature") \
	X(PUNT_FULL,	"vmm-queue-full") \
	X(RESERVED,	"reserved-address") \
	X(UPLINK,	"uplink-refused") \
	X(UNSOLICITED,	"unsolicited") \
	X(HOST_FIREWALL, "host-firewall") \
	X(UNTRACKED,	"untracked") \
	X(NO_ADDRESS,	"uplink-without-address") \
	X(NO_ROUTE,	"no-route") \
	X(TTL,		"ttl-exceeded") \
	X(LOOPBACK,	"loopback-destination")

/* in the order of the list, which is not an ABI: clients get names */
enum vmi_drop {
#define X(id, name) VMI_DROP_##id,
	VMI_DROPS(X)
#undef X
	VMI_DROP_COUNT
};

extern const char * const vmi_drop_names[VMI_DROP_COUNT];

#endif /* VMI_DROP_H */
