// SPDX-License-Identifier: GPL-2.0
/*
 * Guest memory, sessions, windows, the walker and the raw file.
 *
 * Plays the VMM and the tool. Needs root and a loaded module.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/userfaultfd.h>
#include <linux/vmi_chr.h>

#define VM_NAME		"test-mem"
#define VM_OTHER	"test-mem-2"
#define RAW		"/proc/vmi/" VM_NAME ".raw"

#define PAGE		4096UL
#define MIB		(1ULL << 20)
#define GIB		(1ULL << 30)
#define LOW_SIZE	(3 * GIB)
#define HIGH_GPA	(4 * GIB)
#define HIGH_SIZE	(1 * GIB)
#define TOP_GPA		(HIGH_GPA + HIGH_SIZE)
#define HOLE_GPA	LOW_SIZE

#define RIGHTS_RW	(VMI_RIGHT_READ | VMI_RIGHT_WRITE)

#define RACE_MS		3000

struct vm {
	int fd;
	char *low;
	char *high;
};

static int dev_fd;

#define CHECK(cond) do {							\
	if (!(cond)) {								\
		printf("# %s:%d: %s (errno %d %s)\n", __func__, __LINE__,	\
		       #cond, errno, strerror(errno));				\
		return -1;							\
	}									\
} while (0)

/* the call fails with exactly this errno */
#define REFUSED(call, err) do {							\
	long ret_ = (errno = 0, (long)(call));					\
	if (ret_ != -1 || errno != (err)) {					\
		printf("# %s:%d: %s: %ld, errno %d %s, not %s\n", __func__,	\
		       __LINE__, #call, ret_, errno, strerror(errno), #err);	\
		return -1;							\
	}									\
} while (0)

/* netlink */

static struct mnl_socket *nl;
static int nl_family;
static char nl_buf[8192];

static int nl_family_attr(const struct nlattr *attr, void *data)
{
	if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
		*(int *)data = mnl_attr_get_u16(attr);
	return MNL_CB_OK;
}

static int nl_family_msg(const struct nlmsghdr *nlh, void *data)
{
	return mnl_attr_parse(nlh, sizeof(struct genlmsghdr), nl_family_attr, data);
}

static struct nlmsghdr *nl_request(int type, int cmd)
{
	static unsigned int seq;
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(nl_buf);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	nlh->nlmsg_seq = ++seq;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = 1;
	return nlh;
}

static int nl_talk(struct nlmsghdr *nlh, mnl_cb_t cb, void *data)
{
	unsigned int seq = nlh->nlmsg_seq;
	int ret;

	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		return -1;
	do {
		ret = mnl_socket_recvfrom(nl, nl_buf, sizeof(nl_buf));
		if (ret > 0)
			ret = mnl_cb_run(nl_buf, ret, seq, mnl_socket_get_portid(nl), cb, data);
	} while (ret > 0);
	return ret;
}

static int nl_open(void)
{
	struct nlmsghdr *nlh;

	nl = mnl_socket_open(NETLINK_GENERIC);
	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		return -1;
	nlh = nl_request(GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, VMI_FAMILY_NAME);
	return nl_talk(nlh, nl_family_msg, &nl_family);
}

static int nl_vm(int cmd, const char *name)
{
	struct nlmsghdr *nlh = nl_request(nl_family, cmd);

	mnl_attr_put_strz(nlh, VMI_A_VM_NAME, name);
	return nl_talk(nlh, NULL, NULL);
}

/* the VMM's side */

static int vm_attach(const char *name)
{
	struct vmi_attach a = { 0 };

	snprintf(a.name, sizeof(a.name), "%s", name);
	return ioctl(dev_fd, VMI_ATTACH, &a);
}

static int vm_mem(int fd, uint32_t slot, uint64_t gpa, uint64_t size, void *addr, uint32_t flags)
{
	struct vmi_mem_region r = {
		.slot = slot,
		.flags = flags,
		.gpa = gpa,
		.size = size,
		.uaddr = (uintptr_t)addr,
	};

	return ioctl(fd, VMI_VM_MEM, &r);
}

static char *ram_map(size_t size)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* RAM of 4 GiB with the hole of a PC */
static int vm_start(struct vm *vm)
{
	vm->low = ram_map(LOW_SIZE);
	vm->high = ram_map(HIGH_SIZE);
	CHECK(vm->low && vm->high);
	vm->fd = vm_attach(VM_NAME);
	CHECK(vm->fd >= 0);
	CHECK(!vm_mem(vm->fd, 0, 0, LOW_SIZE, vm->low, 0));
	CHECK(!vm_mem(vm->fd, 1, HIGH_GPA, HIGH_SIZE, vm->high, 0));
	return 0;
}

static void vm_stop(struct vm *vm)
{
	if (vm->fd >= 0)
		close(vm->fd);
	munmap(vm->low, LOW_SIZE);
	munmap(vm->high, HIGH_SIZE);
}

/* the tool's side */

static int sess_open(uint32_t rights)
{
	struct vmi_session_open s = { .name = VM_NAME, .rights = rights };

	return ioctl(dev_fd, VMI_SESSION, &s);
}

static int sess_rw(int fd, struct vmi_seg *segs, uint32_t n)
{
	struct vmi_sess_rw rw = { .segs = (uintptr_t)segs, .nsegs = n };

	return ioctl(fd, VMI_SESS_RW, &rw);
}

/* one segment: its status */
static int sess_seg(int fd, uint64_t addr, void *buf, uint32_t len, uint32_t flags, uint64_t root)
{
	struct vmi_seg seg = {
		.addr = addr,
		.uaddr = (uintptr_t)buf,
		.len = len,
		.flags = flags,
		.root = root,
		.status = 12345,
	};

	if (sess_rw(fd, &seg, 1) != (seg.status == 0))
		return -EPROTO;
	if (!seg.status && seg.done != len)
		return -EPROTO;
	return seg.status;
}

static sigjmp_buf bus_jmp;

static void on_bus(int sig)
{
	siglongjmp(bus_jmp, sig);
}

/* does the access raise SIGBUS? */
static int bus_read(volatile char *p)
{
	if (sigsetjmp(bus_jmp, 1))
		return 1;
	(void)*p;
	return 0;
}

static int bus_write(volatile char *p)
{
	if (sigsetjmp(bus_jmp, 1))
		return 1;
	*p = 1;
	return 0;
}

/* the tests */

static int test_regions(void)
{
	char *p = ram_map(16 * MIB);
	int fd = vm_attach(VM_NAME);

	CHECK(p && fd >= 0);
	REFUSED(vm_attach(VM_NAME), EBUSY);
	REFUSED(vm_mem(fd, 0, 0x800, MIB, p, 0), EINVAL);
	REFUSED(vm_mem(fd, 0, 0, MIB + 1, p, 0), EINVAL);
	REFUSED(vm_mem(fd, 0, 0, MIB, p + 1, 0), EINVAL);
	REFUSED(vm_mem(fd, 0, 0, MIB, p, 0x80), EINVAL);
	REFUSED(vm_mem(fd, VMI_REGIONS_MAX, 0, MIB, p, 0), EINVAL);
	REFUSED(vm_mem(fd, 0, -MIB, 2 * MIB, p, 0), EINVAL);
	REFUSED(vm_mem(fd, 0, 1ULL << 52, MIB, p, 0), EINVAL);
	REFUSED(vm_mem(fd, 0, 0, -PAGE, p, 0), EINVAL);
	REFUSED(vm_mem(fd, 0, 0, MIB, (void *)-MIB, 0), EINVAL);
	REFUSED(vm_mem(fd, 0, 0, 0, NULL, 0), ENOENT);
	CHECK(!vm_mem(fd, 3, 4 * MIB, 4 * MIB, p, 0));
	REFUSED(vm_mem(fd, 3, 64 * MIB, MIB, p, 0), EEXIST);
	REFUSED(vm_mem(fd, 4, 0, 4 * MIB + PAGE, p, 0), EEXIST);
	REFUSED(vm_mem(fd, 4, 8 * MIB - PAGE, MIB, p, 0), EEXIST);
	REFUSED(vm_mem(fd, 4, 5 * MIB, MIB, p, 0), EEXIST);
	REFUSED(vm_mem(fd, 4, 0, 16 * MIB, p, 0), EEXIST);
	CHECK(!vm_mem(fd, 4, 0, 4 * MIB, p, 0));
	CHECK(!vm_mem(fd, 5, 8 * MIB, MIB, p, 0));
	CHECK(!vm_mem(fd, 3, 0, 0, NULL, 0));
	CHECK(!vm_mem(fd, 3, 4 * MIB, 4 * MIB, p, 0));
	close(fd);
	munmap(p, 16 * MIB);
	return 0;
}

static int test_info(void)
{
	struct vmi_sess_info info;
	struct vm vm;
	int s;

	CHECK(!vm_start(&vm));
	s = sess_open(VMI_RIGHT_READ);
	CHECK(s >= 0);
	CHECK(fcntl(s, F_GETFD) & FD_CLOEXEC);
	CHECK(!ioctl(s, VMI_SESS_INFO, &info));
	CHECK(info.ram_bytes == LOW_SIZE + HIGH_SIZE);
	CHECK(info.top_gpa == TOP_GPA);
	CHECK(info.regions == 2 && info.rights == VMI_RIGHT_READ);
	CHECK(info.state == VMI_STATE_STARTING && !info.pad && info.vm_id);
	REFUSED(ioctl(s, VMI_SESS_INFO, NULL), EFAULT);
	REFUSED(ioctl(s, VMI_VM_MEM, NULL), ENOTTY);
	close(s);
	vm_stop(&vm);
	return 0;
}

static int test_vector(void)
{
	struct vmi_sess_rw rw = { .nsegs = 1 };
	char a[10000], b[10000];
	struct vmi_seg segs[40];
	struct vm vm;
	int i, s;

	CHECK(!vm_start(&vm));
	s = sess_open(RIGHTS_RW);
	CHECK(s >= 0);
	for (i = 0; i < (int)sizeof(a); i++)
		a[i] = i * 7 + i / 251;
	CHECK(!sess_seg(s, 0x1ffe, a, sizeof(a), VMI_SEG_WRITE, 0));
	CHECK(!memcmp(vm.low + 0x1ffe, a, sizeof(a)));
	CHECK(!sess_seg(s, 0x1ffe, b, sizeof(b), 0, 0));
	CHECK(!memcmp(a, b, sizeof(a)));
	CHECK(!sess_seg(s, HIGH_GPA + 5, a, 100, VMI_SEG_WRITE, 0));
	CHECK(!memcmp(vm.high + 5, a, 100));
	CHECK(!sess_seg(s, 0, NULL, 0, 0, 0));

	/* more than a chunk of the kernel's; every second one fails */
	memset(segs, 0, sizeof(segs));
	for (i = 0; i < 40; i++) {
		segs[i].addr = i & 1 ? HOLE_GPA - 8 : i * PAGE;
		segs[i].uaddr = (uintptr_t)(a + i);
		segs[i].len = 16;
		segs[i].flags = VMI_SEG_WRITE;
		segs[i].status = 77;
		segs[i].done = 77;
	}
	CHECK(sess_rw(s, segs, 40) == 20);
	for (i = 0; i < 40; i++) {
		CHECK(segs[i].status == (i & 1 ? -EFAULT : 0));
		CHECK(segs[i].done == (i & 1 ? 8 : 16));
		CHECK(i & 1 || !memcmp(vm.low + i * PAGE, a + i, 16));
	}

	/* a bad buffer, a good one after it, a buffer that ends in nowhere */
	memset(segs, 0, sizeof(segs));
	segs[0].uaddr = 0x10;
	segs[0].len = 8;
	segs[1].uaddr = (uintptr_t)b;
	segs[1].len = 8;
	CHECK(sess_rw(s, segs, 2) == 1);
	CHECK(segs[0].status == -EFAULT && !segs[0].done);
	CHECK(!segs[1].status && segs[1].done == 8);

	/* nonsense */
	CHECK(sess_seg(s, 0, b, 8, 0x100, 0) == -EINVAL);
	CHECK(sess_seg(s, 0, b, 8, 0, 0x1000) == -EINVAL);
	CHECK(sess_seg(s, 0, b, 8, VMI_SEG_LA57, 0) == -EINVAL);
	CHECK(sess_seg(s, 0, b, VMI_SEG_LEN_MAX + 1, 0, 0) == -EINVAL);
	CHECK(sess_seg(s, -4ULL, b, 8, 0, 0) == -EFAULT);
	CHECK(sess_seg(s, (1ULL << 52) - 4, b, 8, 0, 0) == -EFAULT);
	REFUSED(sess_rw(s, segs, 0), EINVAL);
	REFUSED(sess_rw(s, segs, VMI_SEGS_MAX + 1), EINVAL);
	REFUSED(sess_rw(s, (void *)0x10, 1), EFAULT);
	rw.segs = (uintptr_t)segs;
	rw.flags = 1;
	REFUSED(ioctl(s, VMI_SESS_RW, &rw), EINVAL);
	close(s);
	vm_stop(&vm);
	return 0;
}

static int test_holes(void)
{
	char buf[3 * PAGE], zero[3 * PAGE] = { 0 };
	char *rom = ram_map(MIB);
	struct vm vm;
	int s;

	CHECK(rom && !vm_start(&vm));
	s = sess_open(RIGHTS_RW);
	CHECK(s >= 0);
	memset(vm.low + LOW_SIZE - PAGE, 'l', PAGE);
	memset(buf, 'x', sizeof(buf));
	CHECK(!sess_seg(s, LOW_SIZE - PAGE, buf, sizeof(buf), 0, 0));
	CHECK(buf[0] == 'l' && buf[PAGE - 1] == 'l');
	CHECK(!memcmp(buf + PAGE, zero, 2 * PAGE));
	memset(buf, 'x', sizeof(buf));
	CHECK(!sess_seg(s, TOP_GPA + GIB, buf, sizeof(buf), 0, 0));
	CHECK(!memcmp(buf, zero, sizeof(buf)));
	CHECK(sess_seg(s, HOLE_GPA, buf, 8, VMI_SEG_WRITE, 0) == -EFAULT);

	/* a ROM in the hole: to be read, never to be written */
	rom[0] = 'r';
	CHECK(!vm_mem(vm.fd, 2, HOLE_GPA, MIB, rom, VMI_MEM_READONLY));
	CHECK(!sess_seg(s, HOLE_GPA, buf, 8, 0, 0));
	CHECK(buf[0] == 'r');
	CHECK(sess_seg(s, HOLE_GPA, buf, 8, VMI_SEG_WRITE, 0) == -EACCES);
	REFUSED(pwrite(s, buf, 8, HOLE_GPA), EACCES);
	CHECK(rom[0] == 'r' && !rom[1]);

	/* what the VMM has unmapped is not there, and comes back with it */
	munmap(rom, MIB);
	CHECK(sess_seg(s, HOLE_GPA, buf, 8, 0, 0) == -EFAULT);
	rom = mmap(rom, MIB, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	CHECK(rom != MAP_FAILED);
	rom[0] = 'R';
	CHECK(!sess_seg(s, HOLE_GPA, buf, 8, 0, 0));
	CHECK(buf[0] == 'R');

	/* what the VMM itself may not write, the kernel may not */
	CHECK(!mprotect(vm.low, PAGE, PROT_READ));
	CHECK(sess_seg(s, 0, buf, 8, VMI_SEG_WRITE, 0) == -EFAULT);
	close(s);
	vm_stop(&vm);
	munmap(rom, MIB);
	return 0;
}

static int open_as_nobody(void)
{
	int status;
	pid_t pid;

	pid = fork();
	if (!pid) {
		if (setresuid(65534, 65534, 65534))
			_exit(1);
		if (sess_open(VMI_RIGHT_READ) != -1 || errno != EPERM)
			_exit(2);
		if (open(RAW, O_RDONLY) != -1 || errno != EACCES)
			_exit(3);
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status));
	CHECK(WEXITSTATUS(status) == 0);
	return 0;
}

static int test_rights(void)
{
	struct vmi_session_open o = { .rights = VMI_RIGHT_READ };
	char path[64], buf[8] = "12345678";
	struct vm vm;
	char *p;
	int s;

	REFUSED(sess_open(VMI_RIGHT_READ), ENODEV);
	CHECK(!vm_start(&vm));
	memset(o.name, 'a', sizeof(o.name));
	REFUSED(ioctl(dev_fd, VMI_SESSION, &o), EINVAL);
	memset(o.name, 0, sizeof(o.name));
	REFUSED(ioctl(dev_fd, VMI_SESSION, &o), EINVAL);
	strcpy(o.name, "test-mem-none");
	REFUSED(ioctl(dev_fd, VMI_SESSION, &o), ENOENT);
	strcpy(o.name, VM_NAME);
	o.flags = 1;
	REFUSED(ioctl(dev_fd, VMI_SESSION, &o), EINVAL);
	REFUSED(sess_open(0), EINVAL);
	REFUSED(sess_open(VMI_RIGHT_EVENTS << 1 | VMI_RIGHT_READ), EINVAL);
	CHECK(!open_as_nobody());

	/* for reading: no way to write */
	memset(vm.low, 'o', PAGE);
	s = sess_open(VMI_RIGHT_READ);
	CHECK(s >= 0);
	CHECK(sess_seg(s, 0, buf, 8, VMI_SEG_WRITE, 0) == -EACCES);
	REFUSED(pwrite(s, buf, 8, 0), EACCES);
	REFUSED(write(s, buf, 8), EACCES);
	REFUSED(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, s, 0), EACCES);
	REFUSED(mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, s, 0), EACCES);
	REFUSED(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, s, 0), EINVAL);
	CHECK(mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, s, 0) == MAP_FAILED);
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, s, 0);
	CHECK(p != MAP_FAILED && *p == 'o');
	REFUSED(mprotect(p, PAGE, PROT_READ | PROT_WRITE), EACCES);
	REFUSED(mprotect(p, PAGE, PROT_READ | PROT_EXEC), EACCES);
	CHECK(mremap(p, PAGE, 2 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED);
	munmap(p, PAGE);
	p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, s, 0);
	CHECK(p != MAP_FAILED && *p == 'o');
	REFUSED(mprotect(p, PAGE, PROT_READ | PROT_WRITE), EACCES);
	munmap(p, PAGE);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", s);
	CHECK(open(path, O_RDWR) == -1);
	close(s);
	CHECK(vm.low[0] == 'o' && vm.low[7] == 'o');

	/* for writing: no way to read */
	s = sess_open(VMI_RIGHT_WRITE);
	CHECK(s >= 0);
	CHECK(sess_seg(s, 0, buf, 8, 0, 0) == -EACCES);
	REFUSED(pread(s, buf, 8, 0), EACCES);
	REFUSED(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, s, 0), EACCES);
	REFUSED(mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, s, 0), EACCES);
	CHECK(pwrite(s, "abc", 3, 1) == 3);
	CHECK(!memcmp(vm.low, "oabco", 5));
	close(s);

	/* for both */
	s = sess_open(RIGHTS_RW);
	CHECK(s >= 0);
	REFUSED(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, s, 0), EINVAL);
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, s, 0);
	CHECK(p != MAP_FAILED && *p == 'o');
	CHECK(!mprotect(p, PAGE, PROT_READ | PROT_WRITE));
	p[1] = 'X';
	CHECK(vm.low[1] == 'X');
	munmap(p, PAGE);
	close(s);
	vm_stop(&vm);
	return 0;
}

static int test_file(void)
{
	char *volatile bad = (char *)0x10;
	char buf[64];
	struct vm vm;
	int s;

	CHECK(!vm_start(&vm));
	s = sess_open(RIGHTS_RW);
	CHECK(s >= 0);
	CHECK(lseek(s, 0, SEEK_END) == (off_t)TOP_GPA);
	CHECK(read(s, buf, 1) == 0);
	CHECK(lseek(s, -4, SEEK_END) == (off_t)TOP_GPA - 4);
	strcpy(vm.high + HIGH_SIZE - 4, "end");
	CHECK(read(s, buf, sizeof(buf)) == 4 && !strcmp(buf, "end"));
	CHECK(lseek(s, 0, SEEK_CUR) == (off_t)TOP_GPA);
	REFUSED(lseek(s, 1, SEEK_END), EINVAL);
	REFUSED(pwrite(s, buf, 1, TOP_GPA), EFAULT);
	REFUSED(pwrite(s, buf, 1, HOLE_GPA), EFAULT);
	CHECK(pwrite(s, "abcdef", 6, LOW_SIZE - 3) == 3);
	CHECK(!memcmp(vm.low + LOW_SIZE - 3, "abc", 3));
	CHECK(pread(s, buf, 6, LOW_SIZE - 3) == 6 && !memcmp(buf, "abc\0\0", 6));
	REFUSED(pread(s, bad, 6, 0), EFAULT);
	close(s);
	vm_stop(&vm);
	return 0;
}

/* the mapping is the memory, whatever the VMM does to its own */
static int test_coherence(void)
{
	char *ro, *rw, c;
	int i, s, status;
	struct vm vm;
	pid_t pid;

	CHECK(!vm_start(&vm));
	s = sess_open(RIGHTS_RW);
	CHECK(s >= 0);
	ro = mmap(NULL, TOP_GPA, PROT_READ, MAP_SHARED, s, 0);
	rw = mmap(NULL, TOP_GPA, PROT_READ | PROT_WRITE, MAP_SHARED, s, 0);
	CHECK(ro != MAP_FAILED && rw != MAP_FAILED);

	strcpy(vm.low + PAGE, "one");
	CHECK(!strcmp(ro + PAGE, "one") && !strcmp(rw + PAGE, "one"));
	for (i = 0; i < 100; i++) {
		CHECK(!madvise(vm.low, 16 * PAGE, MADV_DONTNEED));
		CHECK(!ro[PAGE] && !rw[PAGE]);
		CHECK(!madvise(vm.low, 16 * PAGE, MADV_DONTNEED));
		snprintf(vm.low + PAGE, 16, "round %d", i);
		CHECK(!strcmp(ro + PAGE, vm.low + PAGE));
		CHECK(!strcmp(rw + PAGE, vm.low + PAGE));
		CHECK(pread(s, &c, 1, PAGE) == 1 && c == 'r');
	}

	/* read first, then write: the entry goes from read-only to writable */
	CHECK(!rw[HIGH_GPA]);
	strcpy(rw + HIGH_GPA, "from the tool");
	CHECK(!strcmp(vm.high, "from the tool") && !strcmp(ro + HIGH_GPA, "from the tool"));

	/* copy on write: whoever gets the copy, the tool sees the VMM's */
	for (i = 0; i < 20; i++) {
		rw[HIGH_GPA] = 'A';
		pid = fork();
		if (!pid) {
			pause();
			_exit(0);
		}
		if (i & 1)
			rw[HIGH_GPA] = 'B';
		else
			vm.high[0] = 'B';
		CHECK(ro[HIGH_GPA] == 'B' && vm.high[0] == 'B' && rw[HIGH_GPA] == 'B');
		CHECK(pwrite(s, "C", 1, HIGH_GPA) == 1);
		CHECK(ro[HIGH_GPA] == 'C' && vm.high[0] == 'C');
		kill(pid, SIGKILL);
		CHECK(waitpid(pid, &status, 0) == pid);
	}

	/* holes, ends, and protection */
	CHECK(!ro[HOLE_GPA] && !bus_read(rw + HOLE_GPA));
	CHECK(bus_write(rw + HOLE_GPA));
	CHECK(mmap(ro, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, s, TOP_GPA) == ro);
	CHECK(bus_read(ro));
	CHECK(!munmap(vm.low + 64 * PAGE, PAGE));
	CHECK(bus_read(rw + 64 * PAGE));

	/* a region taken away is a hole, and the other way round */
	strcpy(vm.high, "high");
	CHECK(!strcmp(ro + HIGH_GPA, "high"));
	CHECK(!vm_mem(vm.fd, 2, HOLE_GPA, PAGE, vm.high, VMI_MEM_READONLY));
	CHECK(!strcmp(ro + HOLE_GPA, "high"));
	CHECK(!strcmp(rw + HOLE_GPA, "high"));
	CHECK(bus_write(rw + HOLE_GPA));
	CHECK(!vm_mem(vm.fd, 2, 0, 0, NULL, 0));
	CHECK(!ro[HOLE_GPA]);
	CHECK(!vm_mem(vm.fd, 1, 0, 0, NULL, 0));
	CHECK(bus_read(ro + HIGH_GPA));

	munmap(ro, TOP_GPA);
	munmap(rw, TOP_GPA);
	close(s);
	vm_stop(&vm);
	return 0;
}

/* memory that others share: what happens to the file happens to the guest */
static int test_memfd(void)
{
	char *ram, *rw, buf[8];
	int fd, i, memfd, s;

	memfd = memfd_create("guest", MFD_CLOEXEC);
	CHECK(memfd >= 0 && !ftruncate(memfd, 16 * MIB));
	ram = mmap(NULL, 16 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
	CHECK(ram != MAP_FAILED);
	fd = vm_attach(VM_NAME);
	CHECK(fd >= 0 && !vm_mem(fd, 0, 0, 16 * MIB, ram, 0));
	s = sess_open(RIGHTS_RW);
	CHECK(s >= 0);
	rw = mmap(NULL, 16 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED, s, 0);
	CHECK(rw != MAP_FAILED);
	for (i = 0; i < 50; i++) {
		CHECK(pwrite(memfd, "file", 4, MIB) == 4);
		CHECK(!memcmp(rw + MIB, "file", 4));
		memcpy(rw + MIB, "tool", 4);
		CHECK(pread(memfd, buf, 4, MIB) == 4 && !memcmp(buf, "tool", 4));
		CHECK(pwrite(s, "sess", 4, MIB) == 4);
		CHECK(!memcmp(ram + MIB, "sess", 4));
		CHECK(!fallocate(memfd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, MIB, PAGE));
		CHECK(!rw[MIB] && pread(s, buf, 4, MIB) == 4 && !buf[0]);
	}
	/* a VMM's file that is too short faults in the tool as it does in the VMM */
	CHECK(!ftruncate(memfd, MIB));
	CHECK(bus_read(ram + MIB) && bus_read(rw + MIB));
	REFUSED(pread(s, buf, 4, MIB), EFAULT);
	CHECK(!ftruncate(memfd, 16 * MIB));
	CHECK(!bus_read(rw + MIB) && !rw[MIB]);
	munmap(rw, 16 * MIB);
	munmap(ram, 16 * MIB);
	close(s);
	close(fd);
	close(memfd);
	return 0;
}

/*
 * A tool with a window and the guest's own memory takes the locks of all its
 * mappings (its first region does that), while the VMM changes that memory,
 * which wants the window unmapped.
 */
static int lock_all_child(int s, int memfd)
{
	char *ram = ram_map(MIB), *w, *shared;
	int fd;

	w = mmap(NULL, MIB, PROT_READ, MAP_SHARED, s, 0);
	shared = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
	CHECK(w != MAP_FAILED && shared != MAP_FAILED);
	bus_read(w);
	fd = vm_attach(VM_OTHER);
	CHECK(fd >= 0 && !vm_mem(fd, 0, 0, MIB, ram, 0));
	bus_read(w);
	CHECK(!vm_mem(fd, 1, MIB, MIB, w, 0));
	bus_read(w);
	return 0;
}

static int test_lock_all(void)
{
	int fd, i, memfd, s, status = 0;
	struct timespec a, b;
	pid_t pid, done;
	char *ram;

	memfd = memfd_create("guest", MFD_CLOEXEC);
	CHECK(memfd >= 0 && !ftruncate(memfd, MIB));
	ram = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
	CHECK(ram != MAP_FAILED);
	fd = vm_attach(VM_NAME);
	CHECK(fd >= 0 && !vm_mem(fd, 0, 0, MIB, ram, 0));
	s = sess_open(VMI_RIGHT_READ);
	CHECK(s >= 0);
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (i = 0; i < 30; i++) {
		pid = fork();
		if (!pid)
			_exit(!!lock_all_child(s, memfd));
		do {
			CHECK(!fallocate(memfd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
					 0, PAGE));
			done = waitpid(pid, &status, WNOHANG);
		} while (!done);
		CHECK(done == pid && WIFEXITED(status) && !WEXITSTATUS(status));
	}
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("# %ld s\n", (long)(b.tv_sec - a.tv_sec));
	close(s);
	close(fd);
	return 0;
}

/* a guest's memory that is a window, of the same guest: no recursion, no access */
static int test_overlaid(void)
{
	char *w, buf[8];
	struct vm vm;
	int i, s;

	CHECK(!vm_start(&vm));
	s = sess_open(RIGHTS_RW);
	CHECK(s >= 0);
	w = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_SHARED, s, 0);
	CHECK(w != MAP_FAILED);
	CHECK(!vm_mem(vm.fd, 2, HOLE_GPA, MIB, w, 0));
	for (i = 0; i < 20; i++) {
		w[0] = 'w';
		CHECK(vm.low[0] == 'w');
		CHECK(sess_seg(s, HOLE_GPA, buf, 8, 0, 0) == -EFAULT);
		CHECK(!madvise(vm.low, MIB, MADV_DONTNEED));
		/* a buffer that is the page itself */
		vm.low[8] = 'x';
		CHECK(pread(s, w, 4, 8) == 4 && vm.low[0] == 'x');
		CHECK(!madvise(vm.low, MIB, MADV_DONTNEED));
		CHECK(pwrite(s, w, 4, 8) == 4);
	}
	munmap(w, MIB);
	close(s);
	vm_stop(&vm);
	return 0;
}

static int test_raw(void)
{
	char buf[16], *p;
	struct stat st;
	struct vm vm;
	int fd;

	CHECK(!vm_start(&vm));
	CHECK(!stat(RAW, &st));
	CHECK(S_ISREG(st.st_mode) && (st.st_mode & 07777) == 0400 && st.st_uid == getuid());
	CHECK(st.st_size == (off_t)TOP_GPA);
	strcpy(vm.low + LOW_SIZE - 4, "abc");
	strcpy(vm.high, "high");
	REFUSED(open(RAW, O_RDWR), EACCES);
	REFUSED(open(RAW, O_WRONLY), EACCES);
	fd = open(RAW, O_RDONLY);
	CHECK(fd >= 0);
	CHECK(!fstat(fd, &st) && st.st_size == (off_t)TOP_GPA);
	CHECK(lseek(fd, 0, SEEK_END) == (off_t)TOP_GPA);
	CHECK(read(fd, buf, 1) == 0);
	CHECK(lseek(fd, LOW_SIZE - 4, SEEK_SET) == (off_t)LOW_SIZE - 4);
	CHECK(read(fd, buf, 8) == 8 && !memcmp(buf, "abc\0\0\0\0", 8));
	CHECK(pread(fd, buf, 5, HIGH_GPA) == 5 && !strcmp(buf, "high"));
	CHECK(pread(fd, buf, 8, TOP_GPA - 4) == 4);
	CHECK(write(fd, buf, 1) == -1);
	REFUSED(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), EACCES);
	p = mmap(NULL, TOP_GPA, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK(!strcmp(p + HIGH_GPA, "high") && !p[HOLE_GPA]);
	REFUSED(mprotect(p, PAGE, PROT_READ | PROT_WRITE), EACCES);
	CHECK(!madvise(vm.high, PAGE, MADV_DONTNEED));
	strcpy(vm.high, "new");
	CHECK(!strcmp(p + HIGH_GPA, "new"));

	/* the size follows the memory */
	CHECK(!vm_mem(vm.fd, 1, 0, 0, NULL, 0));
	CHECK(!stat(RAW, &st) && st.st_size == (off_t)LOW_SIZE);

	close(vm.fd);
	vm.fd = -1;
	REFUSED(stat(RAW, &st), ENOENT);
	CHECK(read(fd, buf, 1) == -1);
	CHECK(bus_read(p + PAGE));
	munmap(p, TOP_GPA);
	close(fd);
	vm_stop(&vm);
	return 0;
}

/* a reader whose buffer is not served: its page faults wait for us */
struct stuck {
	pthread_t thread;
	int fd;
	int uffd;
	char *buf;
	long ret;
};

static void *stuck_read(void *arg)
{
	struct stuck *r = arg;

	r->ret = pread(r->fd, r->buf, PAGE, 0);
	return NULL;
}

static int stuck_start(struct stuck *r, int fd)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct pollfd p = { .events = POLLIN };

	r->fd = fd;
	r->buf = ram_map(PAGE);
	r->uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	CHECK(r->buf && r->uffd >= 0);
	CHECK(!ioctl(r->uffd, UFFDIO_API, &api));
	reg.range.start = (uintptr_t)r->buf;
	reg.range.len = PAGE;
	CHECK(!ioctl(r->uffd, UFFDIO_REGISTER, &reg));
	CHECK(!pthread_create(&r->thread, NULL, stuck_read, r));
	/* it is in the kernel, at its buffer */
	p.fd = r->uffd;
	CHECK(poll(&p, 1, 10000) == 1);
	return 0;
}

/* its page is there at last */
static int stuck_end(struct stuck *r)
{
	close(r->uffd);
	CHECK(!pthread_join(r->thread, NULL));
	munmap(r->buf, PAGE);
	close(r->fd);
	return 0;
}

/* A reader that never gets on holds up neither the VM's end nor anybody else. */
static int test_stuck_reader(void)
{
	struct stuck raw, sess;
	struct vm vm;
	int fd;

	CHECK(!vm_start(&vm));
	strcpy(vm.low, "here");
	CHECK(!stuck_start(&raw, open(RAW, O_RDONLY)));
	CHECK(!stuck_start(&sess, sess_open(VMI_RIGHT_READ)));
	/* the raw file is made anew with another size */
	CHECK(!vm_mem(vm.fd, 1, 0, 0, NULL, 0));
	fd = vm_attach(VM_OTHER);
	CHECK(fd >= 0);
	close(fd);
	close(vm.fd);
	vm.fd = -1;
	fd = vm_attach(VM_NAME);
	CHECK(fd >= 0);
	close(fd);
	CHECK(!stuck_end(&raw) && !stuck_end(&sess));
	CHECK(raw.ret == PAGE && sess.ret == PAGE);
	vm_stop(&vm);
	return 0;
}

/* page tables, built at 1 MiB of the guest */

#define PT_P	1ULL
#define PT_RW	2ULL
#define PT_PS	0x80ULL
#define PT(n)	(MIB + (n) * PAGE)

static void pt_set(struct vm *vm, int table, int index, uint64_t entry)
{
	((uint64_t *)(vm->low + PT(table)))[index] = entry;
}

static int test_walk(void)
{
	const uint64_t root = PT(1) | 0x18 | 1ULL << 63;	/* PCID and no-flush: ignored */
	const uint64_t root5 = PT(0);
	char buf[64];
	struct vm vm;
	int s;

	CHECK(!vm_start(&vm));
	s = sess_open(RIGHTS_RW);
	CHECK(s >= 0);
	pt_set(&vm, 0, 1, PT(1) | PT_P);		/* five levels: 1 << 48 */
	pt_set(&vm, 0, 256, PT(1) | PT_P);
	pt_set(&vm, 1, 0, PT(2) | PT_P | PT_RW);
	pt_set(&vm, 1, 511, PT(2) | PT_P);		/* the upper half */
	pt_set(&vm, 2, 0, PT(3) | PT_P);
	pt_set(&vm, 2, 1, (1 * GIB) | PT_P | PT_PS);	/* 1G page */
	pt_set(&vm, 3, 0, PT(4) | PT_P);
	pt_set(&vm, 3, 1, (64 * MIB) | PT_P | PT_PS | 0x1000);	/* 2M page, PAT set */
	pt_set(&vm, 4, 5, 0x200000 | PT_P | PT_PS);	/* 4K page, PAT set */
	pt_set(&vm, 4, 6, 0x100000000 | PT_P);		/* in the high region */
	strcpy(vm.low + 0x200ffc, "abcd");
	vm.low[0x201000] = '!';
	strcpy(vm.high, "efgh");
	strcpy(vm.low + 64 * MIB + 0x12345, "two meg");
	strcpy(vm.low + GIB + 0x1234567, "one gig");

	/* 4K pages, the second of which is elsewhere */
	CHECK(!sess_seg(s, 0x5ffc, buf, 9, VMI_SEG_GVA, root));
	CHECK(!memcmp(buf, "abcdefgh", 9));
	CHECK(!sess_seg(s, 0x212345, buf, 8, VMI_SEG_GVA, root) && !strcmp(buf, "two meg"));
	CHECK(!sess_seg(s, 0x41234567, buf, 8, VMI_SEG_GVA, root) && !strcmp(buf, "one gig"));
	CHECK(!sess_seg(s, 0xffffff8000000000 + 0x41234567, buf, 8, VMI_SEG_GVA, root));
	CHECK(!strcmp(buf, "one gig"));
	CHECK(!sess_seg(s, (1ULL << 48) + 0x212345, buf, 8, VMI_SEG_GVA | VMI_SEG_LA57, root5));
	CHECK(!strcmp(buf, "two meg"));
	CHECK(!sess_seg(s, 0xff00000000212345, buf, 8, VMI_SEG_GVA | VMI_SEG_LA57, root5));
	CHECK(!sess_seg(s, 0x5ffe, "XYZ", 3, VMI_SEG_GVA | VMI_SEG_WRITE, root));
	CHECK(!memcmp(vm.low + 0x200ffc, "abXY!", 5) && vm.high[0] == 'Z');

	/* the end of what is mapped: what went before is told */
	CHECK(sess_seg(s, 0x6ffc, buf, 8, VMI_SEG_GVA, root) == -EFAULT);
	/* not canonical */
	CHECK(sess_seg(s, 1ULL << 47, buf, 8, VMI_SEG_GVA, root) == -EFAULT);
	CHECK(sess_seg(s, (1ULL << 48) + 0x212345, buf, 8, VMI_SEG_GVA, root) == -EFAULT);
	CHECK(sess_seg(s, 0x0100000000000000, buf, 8, VMI_SEG_GVA | VMI_SEG_LA57, root5) ==
	      -EFAULT);
	close(s);
	vm_stop(&vm);
	return 0;
}

static uint64_t rnd_state = 0x123456789abcdef;

static uint64_t rnd(void)
{
	rnd_state ^= rnd_state << 13;
	rnd_state ^= rnd_state >> 7;
	rnd_state ^= rnd_state << 17;
	return rnd_state;
}

static int test_malicious_tables(void)
{
	int i, j, s, st;
	struct vm vm;
	char buf[64];

	CHECK(!vm_start(&vm));
	s = sess_open(RIGHTS_RW);
	CHECK(s >= 0);

	/* tables outside memory */
	CHECK(sess_seg(s, 0, buf, 8, VMI_SEG_GVA, HOLE_GPA) == -ENXIO);
	CHECK(sess_seg(s, 0, buf, 8, VMI_SEG_GVA, 0x000ffffffffff000) == -ENXIO);
	pt_set(&vm, 1, 0, 0x000ffffffffff000 | PT_P);
	CHECK(sess_seg(s, 0, buf, 8, VMI_SEG_GVA, PT(1)) == -ENXIO);
	/* a table that is its own, on every level: a page like any other */
	pt_set(&vm, 1, 0, PT(1) | PT_P);
	CHECK(!sess_seg(s, 0, buf, 8, VMI_SEG_GVA, PT(1)));
	CHECK(!sess_seg(s, 0, buf, 8, VMI_SEG_GVA | VMI_SEG_LA57, PT(1)));
	/* large pages where there are none, and crooked ones */
	pt_set(&vm, 1, 0, PT(2) | PT_P | PT_PS);
	CHECK(sess_seg(s, 0, buf, 8, VMI_SEG_GVA, PT(1)) == -EFAULT);
	pt_set(&vm, 1, 0, PT(2) | PT_P);
	pt_set(&vm, 2, 0, 0x2000 | PT_P | PT_PS);
	CHECK(sess_seg(s, 0, buf, 8, VMI_SEG_GVA, PT(1)) == -EFAULT);
	pt_set(&vm, 2, 0, PT(3) | PT_P);
	pt_set(&vm, 3, 0, 0x100000 | PT_P | PT_PS);
	CHECK(sess_seg(s, 0, buf, 8, VMI_SEG_GVA, PT(1)) == -EFAULT);
	/* a page in a hole reads as the hole does */
	pt_set(&vm, 3, 0, HOLE_GPA | PT_P | PT_PS);
	memset(buf, 'x', sizeof(buf));
	CHECK(!sess_seg(s, 0, buf, 8, VMI_SEG_GVA, PT(1)) && !buf[0]);
	CHECK(sess_seg(s, 0, buf, 8, VMI_SEG_GVA | VMI_SEG_WRITE, PT(1)) == -EFAULT);

	/* anything */
	for (i = 0; i < 20000; i++) {
		if (i % 100 == 0)
			for (j = 0; j < 8 * 512; j++)
				pt_set(&vm, j / 512, j % 512,
				       j & 1 ? PT(rnd() % 8) | (rnd() & 0x80000000000000ff) |
					       PT_P : rnd());
		st = sess_seg(s, i & 1 ? rnd() : (uint64_t)((int64_t)rnd() >> 17), buf,
			      rnd() % sizeof(buf), VMI_SEG_GVA | (i & 2 ? VMI_SEG_LA57 : 0),
			      PT(rnd() % 8));
		CHECK(!st || st == -EFAULT || st == -ENXIO);
	}
	close(s);
	vm_stop(&vm);
	return 0;
}

static long region_time_ns(int fd, void *p, uint64_t size)
{
	struct timespec a, b;
	long ns, best = -1;
	int i;

	for (i = 0; i < 20; i++) {
		clock_gettime(CLOCK_MONOTONIC, &a);
		if (vm_mem(fd, 0, 0, size, p, 0))
			return -1;
		clock_gettime(CLOCK_MONOTONIC, &b);
		if (vm_mem(fd, 0, 0, 0, NULL, 0))
			return -1;
		ns = (b.tv_sec - a.tv_sec) * 1000000000L + b.tv_nsec - a.tv_nsec;
		if (best < 0 || ns < best)
			best = ns;
	}
	return best;
}

static int test_attach_flat(void)
{
	const long floor_ns = 200000;
	char *p = ram_map(4 * GIB);
	int fd = vm_attach(VM_NAME);
	long small, large;

	CHECK(p && fd >= 0);
	region_time_ns(fd, p, PAGE);
	small = region_time_ns(fd, p, 256 * MIB);
	large = region_time_ns(fd, p, 4 * GIB);
	printf("# 256 MiB: %ld ns, 4 GiB: %ld ns\n", small, large);
	CHECK(small >= 0 && large >= 0);
	CHECK(large < 4 * (small > floor_ns ? small : floor_ns));
	close(fd);
	munmap(p, 4 * GIB);
	return 0;
}

/*
 * Races: one thread discards and rewrites pages, one forks, the others look
 * through session and windows, and must never see what was before.
 */
struct race {
	struct vm vm;
	int sess;
	char *ro;
	char *rw;
	atomic_int stop;
	atomic_long starting;	/* the value about to be written */
	atomic_long published;	/* the value that is there */
	atomic_long reads;
	atomic_int bad;
};

#define RACE_GPA	(8 * MIB)	/* discarded and rewritten by the VMM */
#define TOOL_GPA	(16 * MIB)	/* written by the tool */
#define PROT_GPA	(24 * MIB)	/* write-protected by the VMM now and then */

static void race_bad(struct race *r, const char *what, long lo, long v, long hi)
{
	if (!atomic_exchange(&r->bad, 1))
		printf("# race: %s: saw %ld, not in %ld..%ld\n", what, v, lo, hi);
}

static void *race_vmm(void *arg)
{
	struct race *r = arg;
	volatile long *p = (volatile long *)(r->vm.low + RACE_GPA);
	long g = 0;

	while (!r->stop) {
		r->starting = ++g;
		madvise(r->vm.low + RACE_GPA, 4 * PAGE, MADV_DONTNEED);
		*p = g;
		r->published = g;
		if (g % 16 == 0) {
			mprotect(r->vm.low + PROT_GPA, PAGE, PROT_READ);
			mprotect(r->vm.low + PROT_GPA, PAGE, PROT_READ | PROT_WRITE);
		}
	}
	return NULL;
}

static void *race_forker(void *arg)
{
	struct race *r = arg;
	int status;
	pid_t pid;

	while (!r->stop) {
		pid = fork();
		if (!pid)
			_exit(0);
		if (pid > 0)
			waitpid(pid, &status, 0);
	}
	return NULL;
}

/* pages move and are swapped out while in use; does nothing where the kernel cannot */
static void *race_reclaimer(void *arg)
{
	struct race *r = arg;
	int fd = open("/proc/sys/vm/compact_memory", O_WRONLY);

	while (!r->stop) {
		write(fd, "1", 1);
		madvise(r->vm.low + RACE_GPA, 4 * PAGE, MADV_PAGEOUT);
		madvise(r->vm.low + TOOL_GPA, 4 * PAGE, MADV_PAGEOUT);
		usleep(10000);
	}
	close(fd);
	return NULL;
}

static void race_look(struct race *r, const char *what, long (*look)(struct race *))
{
	long lo, v, hi;

	lo = r->published;
	v = look(r);
	hi = r->starting;
	/* zero is what stands between a discard and the write */
	if (v ? v < lo || v > hi : hi <= lo && lo)
		race_bad(r, what, lo, v, hi);
	r->reads++;
}

static long look_pread(struct race *r)
{
	long v = -1;

	if (pread(r->sess, &v, sizeof(v), RACE_GPA) != sizeof(v))
		return -1;
	return v;
}

static long look_ro(struct race *r)
{
	return *(volatile long *)(r->ro + RACE_GPA);
}

static long look_rw(struct race *r)
{
	return *(volatile long *)(r->rw + RACE_GPA);
}

static void *race_reader(void *arg)
{
	struct race *r = arg;

	while (!r->stop) {
		race_look(r, "pread", look_pread);
		race_look(r, "window", look_ro);
		race_look(r, "writable window", look_rw);
	}
	return NULL;
}

/* what the tool wrote is at once what the VMM has, copies on write or not */
static void *race_writer(void *arg)
{
	struct race *r = arg;
	volatile long *vmm = (volatile long *)(r->vm.low + TOOL_GPA);
	volatile long *win = (volatile long *)(r->rw + TOOL_GPA);
	long v = 0;

	while (!r->stop) {
		v++;
		if (pwrite(r->sess, &v, sizeof(v), TOOL_GPA) != sizeof(v))
			race_bad(r, "pwrite, errno", 0, errno, 0);
		if (*vmm != v)
			race_bad(r, "pwrite", v, *vmm, v);
		if (*win != v)
			race_bad(r, "pwrite, window", v, *win, v);
		*win = ++v;
		if (*vmm != v)
			race_bad(r, "write to the window", v, *vmm, v);
		*vmm = ++v;
		if (*win != v)
			race_bad(r, "write of the VMM", v, *win, v);
		/* may be refused */
		pwrite(r->sess, &v, sizeof(v), PROT_GPA);
		bus_write(r->rw + PROT_GPA);
	}
	return NULL;
}

static int test_race(void)
{
	static void *(*const body[])(void *) = {
		race_vmm, race_forker, race_reclaimer, race_reader, race_reader, race_writer,
	};
	pthread_t t[sizeof(body) / sizeof(*body)];
	static struct race r;
	unsigned int i;

	CHECK(!vm_start(&r.vm));
	r.sess = sess_open(RIGHTS_RW);
	CHECK(r.sess >= 0);
	r.ro = mmap(NULL, 64 * MIB, PROT_READ, MAP_SHARED, r.sess, 0);
	r.rw = mmap(NULL, 64 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED, r.sess, 0);
	CHECK(r.ro != MAP_FAILED && r.rw != MAP_FAILED);
	for (i = 0; i < sizeof(body) / sizeof(*body); i++)
		CHECK(!pthread_create(&t[i], NULL, body[i], &r));
	usleep(RACE_MS * 1000);
	r.stop = 1;
	for (i = 0; i < sizeof(body) / sizeof(*body); i++)
		pthread_join(t[i], NULL);
	printf("# %ld rewrites, %ld looks\n", r.published, r.reads);
	CHECK(!r.bad && r.reads && r.published);
	munmap(r.ro, 64 * MIB);
	munmap(r.rw, 64 * MIB);
	close(r.sess);
	vm_stop(&r.vm);
	return 0;
}

/* regions come and go, and windows too, under readers */
struct churn {
	struct vm vm;
	int sess;
	atomic_int stop;
};

static void *churn_regions(void *arg)
{
	struct churn *c = arg;

	while (!c->stop) {
		vm_mem(c->vm.fd, 1, 0, 0, NULL, 0);
		vm_mem(c->vm.fd, 1, HIGH_GPA, HIGH_SIZE, c->vm.high, 0);
		madvise(c->vm.high, MIB, MADV_DONTNEED);
	}
	return NULL;
}

static void *churn_windows(void *arg)
{
	struct churn *c = arg;
	unsigned int i;
	char *p;

	while (!c->stop) {
		p = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_SHARED, c->sess, HIGH_GPA);
		if (p == MAP_FAILED)
			break;
		for (i = 0; i < 16; i++) {
			bus_read(p + i * PAGE);
			bus_write(p + i * PAGE);
		}
		munmap(p, MIB);
	}
	return NULL;
}

static int test_churn(void)
{
	struct churn c = { 0 };
	pthread_t t;
	pid_t pid;
	int i, status;
	char buf[64];

	CHECK(!vm_start(&c.vm));
	c.sess = sess_open(RIGHTS_RW);
	CHECK(c.sess >= 0);
	/* a process of its own for the windows, a thread for the regions */
	pid = fork();
	if (!pid) {
		signal(SIGALRM, SIG_DFL);
		alarm(60);
		churn_windows(&c);
		_exit(1);
	}
	CHECK(!pthread_create(&t, NULL, churn_regions, &c));
	for (i = 0; i < 2000; i++) {
		pread(c.sess, buf, sizeof(buf), HIGH_GPA + (i % 16) * PAGE);
		pwrite(c.sess, buf, sizeof(buf), HIGH_GPA + (i % 16) * PAGE);
	}
	usleep(500000);
	c.stop = 1;
	pthread_join(t, NULL);
	kill(pid, SIGKILL);
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	close(c.sess);
	vm_stop(&c.vm);
	return 0;
}

static int test_vm_file_closed(void)
{
	struct vmi_sess_info info;
	char buf[8], *ro, *rw;
	struct vm vm;
	int s;

	CHECK(!vm_start(&vm));
	s = sess_open(RIGHTS_RW);
	CHECK(s >= 0);
	ro = mmap(NULL, TOP_GPA, PROT_READ, MAP_SHARED, s, 0);
	rw = mmap(NULL, TOP_GPA, PROT_READ | PROT_WRITE, MAP_SHARED, s, 0);
	CHECK(ro != MAP_FAILED && rw != MAP_FAILED);
	strcpy(vm.low, "here");
	CHECK(!strcmp(ro, "here") && !strcmp(rw, "here") && !ro[HOLE_GPA]);
	close(vm.fd);
	vm.fd = -1;
	CHECK(bus_read(ro) && bus_read(rw) && bus_write(rw) && bus_read(ro + HOLE_GPA));
	REFUSED(ioctl(s, VMI_SESS_INFO, &info), ENODEV);
	REFUSED(sess_rw(s, NULL, 1), ENODEV);
	REFUSED(pread(s, buf, 8, 0), ENODEV);
	REFUSED(pwrite(s, buf, 8, 0), ENODEV);
	REFUSED(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, s, 0), ENODEV);
	REFUSED(sess_open(VMI_RIGHT_READ), ENODEV);
	CHECK(!strcmp(vm.low, "here"));

	/* a new VMM is not the old session's business */
	vm_stop(&vm);
	CHECK(!vm_start(&vm));
	REFUSED(pread(s, buf, 8, 0), ENODEV);
	CHECK(bus_read(ro));
	munmap(ro, TOP_GPA);
	munmap(rw, TOP_GPA);
	close(s);
	vm_stop(&vm);
	return 0;
}

static int test_vmm_killed(void)
{
	int i, s, status, pipefd[2];
	char buf[8], *w;
	struct vm vm;
	pid_t pid;

	for (i = 0; i < 20; i++) {
		CHECK(!pipe(pipefd));
		pid = fork();
		if (!pid) {
			if (vm_start(&vm))
				_exit(1);
			strcpy(vm.low, "child");
			write(pipefd[1], "", 1);
			for (;;)
				madvise(vm.low, PAGE, MADV_DONTNEED);
		}
		close(pipefd[1]);
		CHECK(read(pipefd[0], buf, 1) == 1);
		close(pipefd[0]);
		s = sess_open(VMI_RIGHT_READ);
		CHECK(s >= 0);
		w = mmap(NULL, MIB, PROT_READ, MAP_SHARED, s, 0);
		CHECK(w != MAP_FAILED);
		CHECK(!bus_read(w) && !bus_read(w + PAGE));
		usleep(1000 * i);
		kill(pid, SIGKILL);
		CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
		REFUSED(pread(s, buf, 8, 0), ENODEV);
		CHECK(bus_read(w) && bus_read(w + PAGE));
		munmap(w, MIB);
		close(s);
	}
	return 0;
}

static const struct {
	const char *name;
	int (*fn)(void);
} tests[] = {
	{ "regions", test_regions },
	{ "info", test_info },
	{ "vector", test_vector },
	{ "holes", test_holes },
	{ "rights", test_rights },
	{ "file", test_file },
	{ "coherence", test_coherence },
	{ "memfd", test_memfd },
	{ "lock_all", test_lock_all },
	{ "overlaid", test_overlaid },
	{ "raw", test_raw },
	{ "stuck_reader", test_stuck_reader },
	{ "walk", test_walk },
	{ "malicious_tables", test_malicious_tables },
	{ "attach_flat", test_attach_flat },
	{ "race", test_race },
	{ "churn", test_churn },
	{ "vm_file_closed", test_vm_file_closed },
	{ "vmm_killed", test_vmm_killed },
};

/* in a process of its own, whose end cleans up whatever it left */
static int run(int (*fn)(void))
{
	int status;
	pid_t pid;

	pid = fork();
	if (!pid)
		exit(!!fn());
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	if (WIFSIGNALED(status))
		printf("# killed by signal %d\n", WTERMSIG(status));
	return status;
}

int main(void)
{
	const unsigned int n = sizeof(tests) / sizeof(*tests);
	unsigned int i, failed = 0;
	struct sigaction sa = { .sa_handler = on_bus };

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n1..%u\n", n);
	sigaction(SIGBUS, &sa, NULL);
	dev_fd = open("/dev/vmi", O_RDWR | O_CLOEXEC);
	if (dev_fd < 0 || nl_open()) {
		for (i = 0; i < n; i++)
			printf("ok %u %s # SKIP no /dev/vmi or no netlink family\n", i + 1,
			       tests[i].name);
		return 4;
	}
	nl_vm(VMI_CMD_VM_DEL, VM_NAME);
	nl_vm(VMI_CMD_VM_DEL, VM_OTHER);
	if (nl_vm(VMI_CMD_VM_NEW, VM_NAME) || nl_vm(VMI_CMD_VM_NEW, VM_OTHER)) {
		printf("Bail out! cannot define the VMs: %s\n", strerror(errno));
		return 1;
	}
	for (i = 0; i < n; i++) {
		int err = run(tests[i].fn);

		printf("%sok %u %s\n", err ? "not " : "", i + 1, tests[i].name);
		failed += !!err;
	}
	if (nl_vm(VMI_CMD_VM_DEL, VM_NAME) || nl_vm(VMI_CMD_VM_DEL, VM_OTHER)) {
		printf("# cannot delete the VMs: %s\n", strerror(errno));
		failed++;
	}
	return !!failed;
}
