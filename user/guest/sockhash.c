// SPDX-License-Identifier: GPL-2.0
#include <errno.h>

#include "list.h"
#include "socket.h"
#include "sockhash.h"

#define NETS_MAX	65536
#define BUCKETS_MAX	(1U << 22)
#define UNIX_BUCKETS	512		/* UNIX_HASH_SIZE, from 5.19 on */
#define NETLINK_TABLES	32		/* MAX_LINKS */

/* struct fields - members of the tables */
struct fields {
	struct guest_field node, net_list;
	struct guest_field hashinfo, ehash, ehash_mask, lhash2, lhash2_mask, listen_head;
	struct guest_field udp_table, udp_hash, udp_mask, unix_buckets, packet_list;
	struct guest_field raw_heads, nl_tbl, nl_size, nl_buckets, nl_next, nl_node;
};

#define NEED(field, type, path)		GUEST_WANT(fields, field, type, path)
#define MAYBE(field, type, path)	GUEST_MAY_WANT(fields, field, type, path)

static const struct guest_want wants[] = {
	NEED(node, "sock", "__sk_common.skc_node"),
	NEED(net_list, "net", "list"),
	NEED(hashinfo, "net", "ipv4.tcp_death_row.hashinfo"),
	NEED(ehash, "inet_hashinfo", "ehash"),
	NEED(ehash_mask, "inet_hashinfo", "ehash_mask"),
	NEED(lhash2, "inet_hashinfo", "lhash2"),
	NEED(lhash2_mask, "inet_hashinfo", "lhash2_mask"),
	NEED(listen_head, "inet_listen_hashbucket", "nulls_head"),
	/* one table for all before 6.2 */
	MAYBE(udp_table, "net", "ipv4.udp_table"),
	NEED(udp_hash, "udp_table", "hash"),
	NEED(udp_mask, "udp_table", "mask"),
	MAYBE(unix_buckets, "net", "unx.table.buckets"),
	/* these may be modules, or not be there at all */
	MAYBE(packet_list, "net", "packet.sklist"),
	MAYBE(raw_heads, "raw_hashinfo", "ht"),
	MAYBE(nl_tbl, "netlink_table", "hash.tbl"),
	MAYBE(nl_size, "bucket_table", "size"),
	MAYBE(nl_buckets, "bucket_table", "buckets"),
	MAYBE(nl_next, "rhash_head", "next"),
	MAYBE(nl_node, "netlink_sock", "node"),
};

struct reader {
	struct guest *g;
	struct fields f;
	struct vmi_vec *out;
};

static int add(struct reader *r, uint64_t sock)
{
	uint64_t *to;

	if (r->out->n >= GUEST_SOCKETS_MAX)
		return -EAGAIN;
	to = vmi_vec_add(r->out);
	if (!to)
		return -ENOMEM;
	*to = sock;
	return 0;
}

static int read_chain(struct reader *r, uint64_t head)
{
	struct guest_list l;
	int ret = 0;

	guest_hlist_begin(&l, r->g, head, GUEST_SOCKETS_MAX);
	while (!ret && guest_hlist_next(&l))
		ret = add(r, l.at - r->f.node.offset);
	return ret ? ret : l.err;
}

static int read_chains(struct reader *r, uint64_t first, uint64_t n, uint32_t step)
{
	uint64_t i;
	int ret = 0;

	if (n > BUCKETS_MAX)
		return -EAGAIN;
	for (i = 0; !ret && i < n; i++)
		ret = read_chain(r, first + i * step);
	return ret;
}

static int read_tcp(struct reader *r, uint64_t info)
{
	uint64_t ehash, mask, lhash, lmask;
	uint32_t step = 8, lstep;
	struct guest *g = r->g;
	int ret = guest_get(g, info, &r->f.ehash, &ehash);

	if (!ret)
		ret = guest_get(g, info, &r->f.ehash_mask, &mask);
	if (!ret)
		ret = guest_get(g, info, &r->f.lhash2, &lhash);
	if (!ret)
		ret = guest_get(g, info, &r->f.lhash2_mask, &lmask);
	if (ret)
		return ret;
	if (guest_types_size(&g->types, "inet_listen_hashbucket", &lstep))
		return guest_fail(g, -ENODATA, "the guest's kernel keeps TCP in an unknown way");
	ret = read_chains(r, ehash, mask + 1, step);
	if (!ret && lhash)
		ret = read_chains(r, lhash + r->f.listen_head.offset, lmask + 1, lstep);
	return ret;
}

static int read_udp(struct reader *r, uint64_t table)
{
	uint64_t hash, mask;
	uint32_t step;
	int ret = guest_get(r->g, table, &r->f.udp_hash, &hash);

	if (!ret)
		ret = guest_get(r->g, table, &r->f.udp_mask, &mask);
	if (ret)
		return ret;
	if (guest_types_size(&r->g->types, "udp_hslot", &step))
		return guest_fail(r->g, -ENODATA, "the guest's kernel keeps UDP in an unknown way");
	return read_chains(r, hash, mask + 1, step);
}

static int read_raw(struct reader *r, const char *symbol)
{
	uint64_t at;

	if (!r->f.raw_heads.there || guest_kallsyms_find(&r->g->syms, symbol, &at))
		return 0;
	return read_chains(r, at + r->f.raw_heads.offset, r->f.raw_heads.bytes / 8, 8);
}

/* A resizable hash: pointers with a bit in them, and no way back to check. */
static int read_netlink_table(struct reader *r, uint64_t tbl)
{
	uint64_t size, i, at;
	int ret = guest_get(r->g, tbl, &r->f.nl_size, &size);

	if (!ret && size > BUCKETS_MAX)
		ret = -EAGAIN;
	for (i = 0; !ret && i < size; i++) {
		ret = guest_get_u64(r->g, tbl + r->f.nl_buckets.offset + 8 * i, &at);
		at &= ~1ULL;
		while (!ret && at && !(at & 1)) {
			ret = add(r, at - r->f.nl_node.offset);
			if (!ret)
				ret = guest_get(r->g, at, &r->f.nl_next, &at);
		}
	}
	return ret;
}

static int read_netlink(struct reader *r)
{
	uint64_t table, tbl;
	uint32_t step;
	unsigned int i;
	int ret;

	if (!r->f.nl_node.there || !r->f.nl_tbl.there || !r->f.nl_size.there ||
	    !r->f.nl_buckets.there || guest_kallsyms_find(&r->g->syms, "nl_table", &table) ||
	    guest_types_size(&r->g->types, "netlink_table", &step))
		return 0;
	ret = guest_get_u64(r->g, table, &table);
	for (i = 0; !ret && i < NETLINK_TABLES; i++) {
		ret = guest_get(r->g, table + (uint64_t)i * step, &r->f.nl_tbl, &tbl);
		if (!ret && tbl)
			ret = read_netlink_table(r, tbl);
	}
	return ret;
}

/* What a namespace has of its own; a table that all share is read once. */
static int read_net(struct reader *r, uint64_t net, uint64_t *tcp_seen, uint64_t *udp_seen)
{
	uint64_t tcp, udp = 0, buckets = 0;
	struct guest *g = r->g;
	int ret = guest_get(g, net, &r->f.hashinfo, &tcp);

	if (!ret)
		ret = guest_get(g, net, &r->f.udp_table, &udp);
	if (!ret)
		ret = guest_get(g, net, &r->f.unix_buckets, &buckets);
	if (!ret && !r->f.udp_table.there)
		ret = guest_symbol(g, "udp_table", &udp);
	if (!ret && tcp != *tcp_seen)
		ret = read_tcp(r, tcp);
	if (!ret && udp != *udp_seen)
		ret = read_udp(r, udp);
	if (!ret && buckets)
		ret = read_chains(r, buckets, UNIX_BUCKETS, 8);
	if (!ret && r->f.packet_list.there)
		ret = read_chain(r, net + r->f.packet_list.offset);
	*tcp_seen = tcp;
	*udp_seen = udp;
	return ret;
}

int guest_sockhash(struct guest *g, struct vmi_vec *socks)
{
	struct reader r = { .g = g, .out = socks };
	uint64_t head, tcp_seen = 0, udp_seen = 0;
	struct guest_list l;
	int ret = guest_fields(g, wants, sizeof(wants) / sizeof(wants[0]), &r.f);

	if (!ret)
		ret = guest_symbol(g, "net_namespace_list", &head);
	if (ret)
		return ret;
	guest_list_begin(&l, g, head, NETS_MAX);
	while (!ret && guest_list_next(&l))
		ret = read_net(&r, l.at - r.f.net_list.offset, &tcp_seen, &udp_seen);
	if (!ret)
		ret = l.err;
	if (!ret)
		ret = read_raw(&r, "raw_v4_hashinfo");
	if (!ret)
		ret = read_raw(&r, "raw_v6_hashinfo");
	return ret ? ret : read_netlink(&r);
}
