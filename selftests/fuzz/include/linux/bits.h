/* SPDX-License-Identifier: GPL-2.0 */
/* Not in the headers for user space; what is needed of it is in kernel.h. */
