/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VMICTL_CONSOLE_H
#define VMICTL_CONSOLE_H

#include "nl.h"

/**
 * console_attach() - connect the terminal to a VM's console
 * @nl: socket
 * @name: VM
 * @linger_ms: after the end of an input that is no terminal, stay so long;
 *	-1 until the console ends
 *
 * Return: 0, or an exit code after the message.
 */
int console_attach(struct vmi_nl *nl, const char *name, int linger_ms);

#endif /* VMICTL_CONSOLE_H */
