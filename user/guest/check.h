/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Is the guest's kernel what it should be? Tables of entry points, code and what can
 * be written of it, and what is in one of the kernel's lists but not in another.
 */
#ifndef VMIG_CHECK_H
#define VMIG_CHECK_H

#include "guest.h"
#include "vec.h"

#define GUEST_FINDINGS_MAX	1024
#define GUEST_FINDING_LEN	256

/* enum guest_finding_kind - what is not as it should be */
enum guest_finding_kind {
	GUEST_FINDING_SYSCALL,	/* a system call leads elsewhere */
	GUEST_FINDING_IDT,	/* an interrupt does */
	GUEST_FINDING_WRITABLE,	/* code or constants can be written */
	GUEST_FINDING_HOOK,	/* a function begins with a jump out of the kernel */
	GUEST_FINDING_MODULE,	/* a module is loaded and not in the list */
	GUEST_FINDING_PROCESS,	/* a process is there and not in the list */
};

/**
 * struct guest_finding - one such
 * @kind: enum guest_finding_kind
 * @addr: where it was found
 * @text: one sentence, without a full stop
 */
struct guest_finding {
	uint32_t kind;
	uint64_t addr;
	char text[GUEST_FINDING_LEN];
};

/**
 * guest_check() - look for what is not as it should be
 * @g: guest
 * @findings: vector of struct guest_finding, empty; to be freed with vmi_vec_free()
 *
 * What is found must be there at each of three looks, for a list may be read while
 * it changes. Tracing and BPF programs put jumps at functions, too: a hook is no
 * proof. Return: 0 or see guest_open().
 */
int guest_check(struct guest *g, struct vmi_vec *findings);

/* Word of a kind, as "syscall". */
const char *guest_finding_word(uint32_t kind);

/*
 * Add one, unless there is one of its kind and address; for the parts of the check.
 * Return: 0, -ENOMEM, or -E2BIG where there are too many.
 */
int guest_finding_add(struct vmi_vec *findings, uint32_t kind, uint64_t addr, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* The parts: code and tables; what is in one list and not in another. */
int guest_check_code(struct guest *g, struct vmi_vec *findings);
int guest_check_hidden(struct guest *g, struct vmi_vec *findings);

#endif /* VMIG_CHECK_H */
