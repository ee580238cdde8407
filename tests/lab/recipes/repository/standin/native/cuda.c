/* Copyright (c) 2026, dockyard.gpu contributors
 * GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The stand-in of the driver's CUDA library: it starts where a card and the memory device can be opened.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { SUCCESS = 0, NOT_INITIALIZED = 3, NO_DEVICE = 100, SYSTEM_NOT_READY = 802, UNKNOWN = 999 };
static int devices, started;

static int opens(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd >= 0)
        close(fd);
    return fd >= 0 || errno == ENXIO || errno == ENODEV;
}

int cuInit(unsigned flags)
{
    char node[32];
    (void)flags;
    devices = 0;
    for (int minor = 0; minor < 128; minor++) {
        snprintf(node, sizeof node, "/dev/nvidia%d", minor);
        devices += opens(node);
    }
    if (!devices || !opens("/dev/nvidiactl"))
        return NO_DEVICE;
    if (!opens("/dev/nvidia-uvm"))
        return UNKNOWN;
    started = 1;
    return SUCCESS;
}

int cuDeviceGetCount(int *count)
{
    *count = devices;
    return started ? SUCCESS : NOT_INITIALIZED;
}

int cuDriverGetVersion(int *version)
{
    *version = 13000;
    return SUCCESS;
}
