/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Errors: the one sentence that tells the user why it did not work.
 *
 * Who finds the cause says it, once; everybody up to main() only passes on -1.
 */
#ifndef VMM_FAIL_H
#define VMM_FAIL_H

/* Return: -1, so that one can return it. */
int fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* likewise, followed by ": " and what @err, an errno, means */
int fail_errno(int err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* the sentence, without a newline */
const char *fail_text(void);

#endif /* VMM_FAIL_H */
