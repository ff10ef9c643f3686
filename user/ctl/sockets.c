// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "../guest/socket.h"
#include "fmt.h"
#include "json.h"
#include "table.h"
#include "verbs.h"
#include "view.h"

#define END_LEN	(GUEST_SOCKNAME_LEN + INET6_ADDRSTRLEN)

static bool is_inet(const struct guest_socket *s)
{
	return s->family == AF_INET || s->family == AF_INET6;
}

static char *end_text(const struct guest_socket *s, bool local, char *buf)
{
	uint32_t port = local ? s->local_port : s->remote_port;
	char ip[INET6_ADDRSTRLEN] = "?", number[FMT_LEN] = "*";

	buf[0] = '\0';
	if (is_inet(s)) {
		inet_ntop(s->family, local ? s->local : s->remote, ip, sizeof(ip));
		if (port)
			snprintf(number, sizeof(number), "%" PRIu32, port);
		snprintf(buf, END_LEN, s->family == AF_INET6 ? "[%s]:%s" : "%s:%s", ip, number);
	} else if (local && s->family == AF_UNIX) {
		snprintf(buf, END_LEN, "%s", s->name);
	} else if (local && s->family == AF_NETLINK) {
		snprintf(buf, END_LEN, "%" PRIu16 ":%" PRIu32, s->protocol, s->local_port);
	}
	return buf;
}

static void print_table(const struct vmi_vec *sockets)
{
	struct table t = TABLE_INIT("KIND", "STATE", "LOCAL", "REMOTE", ">UID", ">INODE",
				    "PROCESS");
	const struct guest_socket *s;

	vmi_vec_for_each(s, sockets) {
		char local[END_LEN], remote[END_LEN], uid[FMT_LEN], ino[FMT_LEN] = "-";
		char process[64] = "-";

		snprintf(uid, sizeof(uid), "%" PRIu32, s->uid);
		if (s->ino)
			snprintf(ino, sizeof(ino), "%" PRIu64, s->ino);
		if (s->owners)
			snprintf(process, sizeof(process), "%s[%" PRId32 "] fd %" PRIu32 "%s",
				 s->comm, s->pid, s->fd, s->owners > 1 ? ", ..." : "");
		table_row(&t, guest_socket_kind(s), guest_socket_state(s), end_text(s, true, local),
			  end_text(s, false, remote), uid, ino, process);
	}
	table_print(&t);
}

static void put_end(struct json_object *obj, const struct guest_socket *s, bool local)
{
	char ip[INET6_ADDRSTRLEN] = "";

	inet_ntop(s->family, local ? s->local : s->remote, ip, sizeof(ip));
	json_put_text(obj, local ? "local" : "remote", ip);
	json_put_number(obj, local ? "local-port" : "remote-port",
			local ? s->local_port : s->remote_port);
}

static void print_json(const struct vmi_vec *sockets)
{
	struct json_object *list = json_object_new_array();
	const struct guest_socket *s;

	vmi_vec_for_each(s, sockets) {
		struct json_object *obj = json_object_new_object();

		json_put_text(obj, "kind", guest_socket_kind(s));
		json_put_text(obj, "state", guest_socket_state(s));
		json_put_number(obj, "family", s->family);
		json_put_number(obj, "type", s->type);
		json_put_number(obj, "protocol", s->protocol);
		if (is_inet(s)) {
			put_end(obj, s, true);
			put_end(obj, s, false);
		}
		if (s->name[0])
			json_put_text(obj, "name", s->name);
		if (s->family == AF_NETLINK)
			json_put_number(obj, "port-id", s->local_port);
		json_put_number(obj, "inode", s->ino);
		json_put_number(obj, "uid", s->uid);
		json_put_number(obj, "netns", s->netns);
		json_put_number(obj, "owners", s->owners);
		if (s->owners) {
			json_put_number(obj, "pid", s->pid);
			json_put_number(obj, "fd", s->fd);
			json_put_text(obj, "comm", s->comm);
		}
		json_object_array_add(list, obj);
	}
	json_print(list);
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct vmi_vec sockets = VMI_VEC_INIT(struct guest_socket);
	const char *image = NULL;
	const struct opt opts[] = {
		VIEW_IMAGE_OPT(&image),
		OPT_END
	};
	char **args = opts_parse(verb, opts, &argc, argv, 0, 1);
	struct view v;
	int ret = view_open(&v, verb, image, &argc, &args, 0);

	if (ret)
		return ret;
	ret = guest_sockets(&v.guest, &sockets);
	if (!ret && ctl.json)
		print_json(&sockets);
	else if (!ret)
		print_table(&sockets);
	ret = view_fail(&v, ret);
	vmi_vec_free(&sockets);
	view_close(&v);
	return ret;
}

const struct verb verb_sockets = {
	.name = "sockets",
	.args = "NAME",
	.summary = "List a Linux guest's sockets and their processes, from outside",
	.help = "Those of all network namespaces, also where no process has them open.",
	.run = run,
};
