// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "ctl.h"
#include "def.h"
#include "fmt.h"
#include "paths.h"
#include "policy.h"

#define SUFFIX	".conf"
#define BLANKS	" \t\r\n"

void def_init(struct def *def, const char *name)
{
	memset(def, 0, sizeof(*def));
	snprintf(def->name, sizeof(def->name), "%s", name);
	strcpy(def->append, DEF_APPEND);
	def->mem_bytes = DEF_MEM_BYTES;
	def->cpus = 1;
}

static const char *set_text(const char *val, char *to, size_t size)
{
	const char *p;

	if (strlen(val) >= size)
		return "is too long";
	for (p = val; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return "has a control character";
	strcpy(to, val);
	return NULL;
}

static const char *set_path(const char *val, char *to, size_t size)
{
	return val[0] == '/' ? set_text(val, to, size) : "is not an absolute path";
}

/* checked now, kept as it is, and read again when the VM is started */
static const char *set_net_policy(struct def_net *net, const char *field)
{
	struct vmi_policy_spec spec = { 0 };
	const char *wrong = policy_field(field, &spec);
	size_t len = strlen(net->policy);

	if (wrong)
		return wrong;
	if (len + strlen(field) + 2 > sizeof(net->policy))
		return "is too long";
	snprintf(net->policy + len, sizeof(net->policy) - len, "%s%s", len ? "," : "", field);
	return NULL;
}

static const char *set_net_field(struct def_net *net, const char *field)
{
	if (!strncmp(field, "mac=", 4)) {
		if (parse_mac(field + 4, net->mac) || net->mac[0] & 1)
			return "has a mac= that is no unicast MAC address";
		net->has_mac = true;
		return NULL;
	}
	if (!strncmp(field, "ip=", 3)) {
		if (inet_pton(AF_INET, field + 3, &net->ip) != 1)
			return "has an ip= that is no IPv4 address";
		return NULL;
	}
	if (!strncmp(field, "queues=", 7)) {
		if (set_u32(field + 7, &net->queues) || !net->queues || net->queues > VMI_PAIRS_MAX)
			return "has a queues= that is not a number from 1 to 8";
		return NULL;
	}
	return set_net_policy(net, field);
}

static const char *set_net(struct def *def, const char *val)
{
	struct def_net net = { 0 };
	char copy[DEF_POLICY_LEN + 128];
	char *rest, *field;

	if (def->nnets == DEF_NETS_MAX)
		return "is one network too many";
	if (strlen(val) >= sizeof(copy))
		return "is too long";
	strcpy(copy, val);
	field = strtok_r(copy, ",", &rest);
	if (!field || !vmi_name_valid(field))
		return "does not begin with the name of a network";
	strcpy(net.name, field);
	while ((field = strtok_r(NULL, ",", &rest))) {
		const char *wrong = set_net_field(&net, field);

		if (wrong)
			return wrong;
	}
	def->nets[def->nnets++] = net;
	return NULL;
}

const char *def_set(struct def *def, const char *key, const char *val)
{
	if (!strcmp(key, "kernel"))
		return set_path(val, def->kernel, sizeof(def->kernel));
	if (!strcmp(key, "initrd"))
		return set_path(val, def->initrd, sizeof(def->initrd));
	if (!strcmp(key, "append"))
		return set_text(val, def->append, sizeof(def->append));
	if (!strcmp(key, "memory"))
		return set_memory(val, &def->mem_bytes);
	if (!strcmp(key, "note"))
		return set_text(val, def->note, sizeof(def->note));
	if (!strcmp(key, "net"))
		return set_net(def, val);
	if (!strcmp(key, "cpus")) {
		const char *wrong = set_u32(val, &def->cpus);

		return wrong ? wrong : def->cpus ? NULL : "is no CPU at all";
	}
	return "is the value of a key that does not exist";
}

static bool key_exists(const char *key)
{
	static const char *const keys[] = {
		"kernel", "initrd", "append", "memory", "cpus", "note", "net",
	};
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(key, keys[i]))
			return true;
	return false;
}

static char *trim(char *text)
{
	size_t n;

	text += strspn(text, BLANKS);
	n = strlen(text);
	while (n && strchr(BLANKS, text[n - 1]))
		n--;
	text[n] = '\0';
	return text;
}

/**
 * struct reader - a file being read
 * @path: of the file
 * @line: number of the line, from 1
 * @seen: keys that may stand once and did
 */
struct reader {
	const char *path;
	unsigned int line;
	char seen[256];
};

static int read_line(struct reader *r, struct def *def, char *text)
{
	char *eq, *key, *val;
	const char *wrong;
	char mark[64];

	text = trim(text);
	if (!text[0] || text[0] == '#')
		return 0;
	eq = strchr(text, '=');
	if (!eq)
		return fail(EXIT_FAILED, "%s:%u: not of the form key = value", r->path, r->line);
	*eq = '\0';
	key = trim(text);
	val = trim(eq + 1);
	if (!key_exists(key))
		return fail(EXIT_FAILED, "%s:%u: there is no key '%s'", r->path, r->line, key);
	wrong = def_set(def, key, val);
	if (wrong)
		return fail(EXIT_FAILED, "%s:%u: %s: '%s' %s", r->path, r->line, key, val, wrong);
	snprintf(mark, sizeof(mark), "<%s>", key);
	if (strcmp(key, "net") && strstr(r->seen, mark))
		return fail(EXIT_FAILED, "%s:%u: %s stands a second time", r->path, r->line, key);
	strcat(r->seen, mark);
	return 0;
}

static int read_file(struct reader *r, struct def *def, FILE *f)
{
	size_t size = 0;
	char *text = NULL;
	ssize_t len;
	int ret = 0;

	while (!ret && (len = getline(&text, &size, f)) >= 0) {
		r->line++;
		if (strlen(text) != (size_t)len)
			ret = fail(EXIT_FAILED, "%s:%u: a zero byte", r->path, r->line);
		else
			ret = read_line(r, def, text);
	}
	free(text);
	if (!ret && ferror(f))
		ret = fail_errno(errno, "cannot read %s", r->path);
	if (!ret && !def->kernel[0])
		ret = fail(EXIT_FAILED, "%s: there is no line kernel = FILE", r->path);
	return ret;
}

int def_load(const char *name, struct def *def)
{
	char path[PATH_MAX];
	struct reader r = { .path = path };
	int ret = path_definition(name, path, sizeof(path));
	FILE *f;

	if (ret)
		return ret;
	def_init(def, name);
	f = fopen(path, "re");
	if (!f)
		return errno == ENOENT ? EXIT_NO_OBJECT : fail_errno(errno, "cannot open %s", path);
	ret = read_file(&r, def, f);
	fclose(f);
	return ret;
}

bool def_exists(const char *name)
{
	char path[PATH_MAX];

	return !path_definition(name, path, sizeof(path)) && !access(path, F_OK);
}

static void write_def(FILE *f, const struct def *def)
{
	char mac[FMT_LEN], ip[FMT_LEN];
	unsigned int i;

	fprintf(f, "# VM %s; see DEFINITIONS in vmictl(8)\n", def->name);
	fprintf(f, "kernel = %s\n", def->kernel);
	if (def->initrd[0])
		fprintf(f, "initrd = %s\n", def->initrd);
	fprintf(f, "append = %s\n", def->append);
	fprintf(f, "memory = %" PRIu64 "M\n", def->mem_bytes >> 20);
	fprintf(f, "cpus = %u\n", def->cpus);
	if (def->note[0])
		fprintf(f, "note = %s\n", def->note);
	for (i = 0; i < def->nnets; i++) {
		const struct def_net *net = &def->nets[i];

		fprintf(f, "net = %s", net->name);
		if (net->has_mac)
			fprintf(f, ",mac=%s", fmt_mac(net->mac, mac));
		if (net->ip.s_addr)
			fprintf(f, ",ip=%s", fmt_ip(net->ip, ip));
		if (net->queues)
			fprintf(f, ",queues=%u", net->queues);
		if (net->policy[0])
			fprintf(f, ",%s", net->policy);
		fputc('\n', f);
	}
}

/* the directory too must reach the disk, or the name may be gone after a crash */
static int sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (fsync(fd))
		ret = -errno;
	close(fd);
	return ret;
}

static int write_tmp(const char *tmp, const struct def *def)
{
	FILE *f = fopen(tmp, "wxe");
	int ret = 0;

	if (!f)
		return -errno;
	write_def(f, def);
	if (fflush(f) || fsync(fileno(f)))
		ret = -errno;
	if (fclose(f) && !ret)
		ret = -errno;
	return ret;
}

int def_save(const struct def *def, bool replace)
{
	char dir[PATH_MAX], path[PATH_MAX], tmp[PATH_MAX + 32];
	int ret;

	ret = path_config_dir(dir, sizeof(dir));
	if (!ret)
		ret = path_definition(def->name, path, sizeof(path));
	if (ret)
		return ret;
	ret = path_make_dirs(path);
	if (ret)
		return fail_errno(ret, "cannot make %s", dir);
	snprintf(tmp, sizeof(tmp), "%s.%d.tmp", path, (int)getpid());
	ret = write_tmp(tmp, def);
	/* link() refuses an existing name, rename() takes its place */
	if (!ret && replace)
		ret = rename(tmp, path) ? -errno : 0;
	else if (!ret)
		ret = link(tmp, path) ? -errno : 0;
	unlink(tmp);
	if (!ret)
		ret = sync_dir(dir);
	if (ret == -EEXIST)
		return fail(EXIT_FAILED, "%s is defined already (use --replace)", def->name);
	return ret ? fail_errno(ret, "cannot write %s", path) : 0;
}

int def_delete(const char *name)
{
	char path[PATH_MAX];
	int ret = path_definition(name, path, sizeof(path));

	if (!ret && unlink(path))
		ret = fail_errno(errno, "cannot delete %s", path);
	return ret;
}

int def_load_all(struct vmi_vec *defs)
{
	char dir[PATH_MAX];
	struct dirent *de;
	int ret = path_config_dir(dir, sizeof(dir));
	DIR *d;

	if (ret)
		return ret;
	d = opendir(dir);
	if (!d)
		return errno == ENOENT ? 0 : fail_errno(errno, "cannot read %s", dir);
	while ((de = readdir(d))) {
		size_t len = strlen(de->d_name);
		struct def *def;

		if (len <= strlen(SUFFIX) ||
		    strcmp(de->d_name + len - strlen(SUFFIX), SUFFIX))
			continue;
		de->d_name[len - strlen(SUFFIX)] = '\0';
		if (!vmi_name_valid(de->d_name))
			continue;
		def = vmi_vec_add(defs);
		if (!def) {
			ret = fail(EXIT_FAILED, "out of memory");
			break;
		}
		if (def_load(de->d_name, def))
			defs->n--;
	}
	closedir(d);
	return ret;
}

int def_lock(const char *name)
{
	char path[PATH_MAX];
	int fd;

	if (path_definition(name, path, sizeof(path)))
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && !flock(fd, LOCK_EX))
		return fd;
	fail_errno(errno, "cannot lock %s", path);
	if (fd >= 0)
		close(fd);
	return -1;
}
