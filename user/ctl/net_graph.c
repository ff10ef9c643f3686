// SPDX-License-Identifier: GPL-2.0
/* Networks, ports and guests in the language of graphviz, which draws them. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/vmi.h>

#include "fmt.h"
#include "host.h"
#include "verbs.h"

extern char **environ;

/**
 * struct graph - what is drawn
 * @nets: of struct vmi_net
 * @ports: of struct vmi_port, of all networks that may be seen
 * @vms: of struct vmi_vm
 * @whole: VMs without a port are drawn too
 */
struct graph {
	struct vmi_vec nets;
	struct vmi_vec ports;
	struct vmi_vec vms;
	bool whole;
};

/* ---- DOT ---- */

/* Text of others in a quoted string: it ends no string, and is no entity or escape. */
static void put_text(FILE *f, const char *text)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fprintf(f, "\\%c", *text);
		else if (*text == '&')
			fputs("&amp;", f);
		else
			fputc(*text >= ' ' && *text <= '~' ? *text : '?', f);
	}
}

/* A node's name: those of networks and VMs may be the same. */
static void put_node(FILE *f, const char *kind, const char *name)
{
	fprintf(f, "\"%s ", kind);
	put_text(f, name);
	fputc('"', f);
}

static void put_uplink(FILE *f, const struct vmi_net *net, const char *ifname, const char *style)
{
	fputc('\t', f);
	put_node(f, "uplink", ifname);
	fputs(" [shape=ellipse, label=\"", f);
	put_text(f, ifname);
	fputs("\"];\n\t", f);
	put_node(f, "uplink", ifname);
	fputs(" -- ", f);
	put_node(f, "net", net->name);
	fprintf(f, "%s;\n", style);
}

/* Guests of a NAT network go by the host, wherever its default route leads today. */
static void put_way_out(FILE *f, const struct vmi_net *net)
{
	struct host_route r;

	if (!host_route_get(HOST_WORLD, net->range_first, net->ifindex, &r) && r.ifname[0])
		put_uplink(f, net, r.ifname, " [style=dashed, label=\"NAT\"]");
}

static void put_net(FILE *f, const struct vmi_net *net)
{
	char ip[FMT_LEN], ip6[FMT_IP6_LEN];

	fputc('\t', f);
	put_node(f, "net", net->name);
	fputs(" [shape=box, style=\"rounded,filled\", fillcolor=\"#dbe9f6\", label=\"", f);
	put_text(f, net->name);
	fprintf(f, "\\n%s", vmi_net_mode_name(net->mode));
	if (net->flags & (1U << VMI_NET_FLAG_ISOLATED))
		fputs(", isolated", f);
	if (net->subnet.s_addr)
		fprintf(f, "\\n%s/%u", fmt_ip(net->subnet, ip), net->prefix_len);
	if (!IN6_IS_ADDR_UNSPECIFIED(&net->subnet6))
		fprintf(f, "\\n%s/48", fmt_ip6(&net->subnet6, ip6));
	fputs("\"];\n", f);
	if (net->uplink_ifname[0])
		put_uplink(f, net, net->uplink_ifname, "");
	if (net->mode == VMI_NET_MODE_NAT)
		put_way_out(f, net);
	if (!net->ifname[0])
		return;
	fputs("\t\"host\" -- ", f);
	put_node(f, "net", net->name);
	fputs(" [label=\"", f);
	put_text(f, net->ifname);
	if (net->gateway.s_addr)
		fprintf(f, "\\n%s", fmt_ip(net->gateway, ip));
	fputs("\"];\n", f);
}

static void put_vm(FILE *f, const char *name, const struct vmi_vm *vm)
{
	bool runs = vm && vm->state == VMI_STATE_RUNNING;

	fputc('\t', f);
	put_node(f, "vm", name);
	fprintf(f, " [shape=box, style=filled, fillcolor=\"%s\", label=\"",
		runs ? "#dff0d8" : "#eeeeee");
	put_text(f, name);
	if (vm)
		fprintf(f, "\\n%s", vmi_state_name(vm->state));
	fputs("\"];\n", f);
}

static void put_port(FILE *f, const struct vmi_port *p)
{
	char ip[FMT_LEN], mac[FMT_LEN];

	fputc('\t', f);
	put_node(f, "net", p->net);
	fputs(" -- ", f);
	put_node(f, "vm", p->vm);
	fprintf(f, " [label=\"port %u\\n%s", p->id, fmt_mac(p->mac, mac));
	if (p->ip.s_addr)
		fprintf(f, "\\n%s", fmt_ip(p->ip, ip));
	if (p->fault)
		fprintf(f, "\\n%s", vmi_port_fault_name(p->fault));
	fprintf(f, "\"%s];\n", !p->link ? ", style=dashed, color=red" :
			       p->active ? "" : ", color=gray");
}

static const struct vmi_vm *find_vm(const struct graph *g, const char *name)
{
	const struct vmi_vm *vm;

	vmi_vec_for_each(vm, &g->vms)
		if (!strcmp(vm->name, name))
			return vm;
	return NULL;
}

static bool is_drawn(const struct graph *g, const char *net)
{
	const struct vmi_net *n;

	vmi_vec_for_each(n, &g->nets)
		if (!strcmp(n->name, net))
			return true;
	return false;
}

static bool has_port(const struct graph *g, const char *vm)
{
	const struct vmi_port *p;

	vmi_vec_for_each(p, &g->ports)
		if (!strcmp(p->vm, vm) && is_drawn(g, p->net))
			return true;
	return false;
}

static void put_graph(FILE *f, const struct graph *g)
{
	const struct vmi_port *p;
	const struct vmi_net *net;
	const struct vmi_vm *vm;
	bool host = false;

	fputs("graph vmi {\n"
	      "\tgraph [rankdir=LR];\n"
	      "\tnode [fontname=\"sans-serif\", fontsize=11];\n"
	      "\tedge [fontname=\"sans-serif\", fontsize=9];\n", f);
	vmi_vec_for_each(net, &g->nets)
		host |= net->ifname[0] != '\0';
	if (host)
		fputs("\t\"host\" [shape=box, style=bold];\n", f);
	vmi_vec_for_each(net, &g->nets)
		put_net(f, net);
	vmi_vec_for_each(vm, &g->vms)
		if (g->whole || has_port(g, vm->name))
			put_vm(f, vm->name, vm);
	vmi_vec_for_each(p, &g->ports) {
		if (!is_drawn(g, p->net))
			continue;
		/* one that came after the VMs were listed */
		if (!find_vm(g, p->vm))
			put_vm(f, p->vm, NULL);
		put_port(f, p);
	}
	fputs("}\n", f);
}

/* ---- SVG ---- */

static int start_dot(pid_t *pid, int *to)
{
	char *argv[] = { "dot", "-Tsvg", NULL };
	posix_spawn_file_actions_t actions;
	int pipe_fd[2], err;

	if (pipe2(pipe_fd, O_CLOEXEC))
		return errno;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pipe_fd[0], STDIN_FILENO);
	err = posix_spawnp(pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(pipe_fd[0]);
	if (err)
		close(pipe_fd[1]);
	*to = pipe_fd[1];
	return err;
}

static int draw(const struct graph *g)
{
	int to = -1, err, status;
	pid_t pid;
	FILE *f;

	signal(SIGPIPE, SIG_IGN);
	err = start_dot(&pid, &to);
	if (err == ENOENT)
		return fail(EXIT_FAILED, "there is no dot, which draws: install graphviz, or take the text of it (--dot)");
	if (err)
		return fail_errno(err, "cannot run dot");
	f = fdopen(to, "w");
	if (f) {
		put_graph(f, g);
		fclose(f);
	} else {
		close(to);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) || !f)
		return fail(EXIT_FAILED, "dot has failed");
	return 0;
}

/* ---- the verb ---- */

static int collect(struct vmi_nl *nl, struct graph *g, int n, char **names)
{
	struct vmi_net *net;
	int i, ret = 0;

	if (!n)
		ret = vmi_net_dump(nl, &g->nets);
	for (i = 0; i < n && !ret; i++) {
		net = vmi_vec_add(&g->nets);
		ret = net ? vmi_net_get(nl, names[i], net) : -ENOMEM;
	}
	if (!ret)
		ret = vmi_vm_dump(nl, &g->vms);
	return ret ? ret : vmi_port_dump(nl, NULL, NULL, &g->ports);
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct graph g = {
		.nets = VMI_VEC_INIT(struct vmi_net),
		.ports = VMI_VEC_INIT(struct vmi_port),
		.vms = VMI_VEC_INIT(struct vmi_vm),
	};
	bool dot = false;
	const struct opt opts[] = {
		{ "dot", 'd', NULL, NULL, &dot, "print the text that dot draws from" },
		OPT_END
	};
	char **names = opts_parse(verb, opts, &argc, argv, 0, -1);
	struct vmi_nl *nl;
	int i, ret;

	if (ctl.json)
		return usage(verb, "net graph: a drawing has no JSON form (see: net list, port list, list)");
	for (i = 0; i < argc; i++)
		if (check_name(names[i]))
			return EXIT_USAGE;
	ret = ctl_open(&nl);
	if (ret)
		return ret;
	g.whole = !argc;
	ret = collect(nl, &g, argc, names);
	if (ret)
		ret = fail_nl(nl, ret, "cannot draw the networks");
	else if (dot)
		put_graph(stdout, &g);
	else
		ret = draw(&g);
	vmi_vec_free(&g.nets);
	vmi_vec_free(&g.ports);
	vmi_vec_free(&g.vms);
	vmi_nl_close(nl);
	return ret;
}

const struct verb verb_net_graph = {
	.name = "net graph",
	.args = "[NAME...]",
	.summary = "Draw networks, ports and guests as SVG, with graphviz",
	.help = "What you may see of all networks, or of some: vmictl net graph >nets.svg",
	.run = run,
};
