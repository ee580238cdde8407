/* Copyright (c) 2026, dockyard.gpu contributors
 * GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The stand-in of the management library. NVML asks the kernel's driver; the lab's kernel tells by a firmware file, which
 * NVIDIA's toolkit gives to containers too: a line "gpu MINOR UUID BUS-ID NAME" for each card, and
 * "mig MINOR GI-CAP CI-CAP UUID PROFILE" for each part of one. What can be opened is seen, as with the real one.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRMWARE "/lib/firmware/nvidia"
#define MOST 128
enum { SUCCESS = 0, INVALID = 2, NO_PERMISSION = 4, NOT_FOUND = 6, DRIVER_NOT_LOADED = 9, MISMATCH = 18, UNKNOWN = 999 };

struct device {
    int mig, minor, gi, ci;
    char uuid[64], bus[32], name[96];
};
typedef struct device *nvmlDevice_t;

static struct device gpus[MOST], parts[MOST];
static int gpu_count, part_count;
static char driver[64];

/* 1: it can be opened; 0: it is not there; -1: the cgroup forbids it; -2: its permissions do. */
static int reach(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd >= 0) {
        close(fd);
        return 1;
    }
    /* The lab's nodes have no driver behind them. */
    if (errno == ENXIO || errno == ENODEV)
        return 1;
    return errno == EPERM ? -1 : errno == EACCES ? -2 : 0;
}

static int reach_capability(int number)
{
    char path[64];
    snprintf(path, sizeof path, "/dev/nvidia-caps/nvidia-cap%d", number);
    return reach(path) == 1;
}

static void own_version(char *version, size_t size)
{
    Dl_info info;
    char path[PATH_MAX];
    const char *tail;
    version[0] = '\0';
    if (dladdr((void *)own_version, &info) && realpath(info.dli_fname, path) && (tail = strstr(path, ".so.")))
        snprintf(version, size, "%s", tail + 4);
}

static int read_table(const char *version)
{
    char path[PATH_MAX], line[512], node[64];
    struct device device;
    int present[MOST] = {0};
    snprintf(path, sizeof path, FIRMWARE "/%s/gsp_ga10x.bin", version);
    FILE *table = fopen(path, "re");
    if (!table)
        return 0;
    while (fgets(line, sizeof line, table)) {
        memset(&device, 0, sizeof device);
        if (sscanf(line, "gpu %d %63s %31s %95[^\n]", &device.minor, device.uuid, device.bus, device.name) == 4) {
            snprintf(node, sizeof node, "/dev/nvidia%d", device.minor);
            if (device.minor < MOST && gpu_count < MOST && reach(node) == 1) {
                present[device.minor] = 1;
                gpus[gpu_count++] = device;
            }
        } else if (sscanf(line, "mig %d %d %d %63s %95[^\n]", &device.minor, &device.gi, &device.ci, device.uuid,
                          device.name) == 5) {
            device.mig = 1;
            if (device.minor < MOST && part_count < MOST && present[device.minor] && reach_capability(device.gi)
                && reach_capability(device.ci))
                parts[part_count++] = device;
        }
    }
    fclose(table);
    return 1;
}

int nvmlInit_v2(void)
{
    char version[64];
    int control = reach("/dev/nvidiactl");
    gpu_count = part_count = 0;
    if (control == -2)
        return NO_PERMISSION;
    if (control == -1)
        return UNKNOWN;
    if (control == 0)
        return DRIVER_NOT_LOADED;
    own_version(version, sizeof version);
    if (read_table(version)) {
        snprintf(driver, sizeof driver, "%s", version);
        return SUCCESS;
    }
    /* Another version's table: the loaded module is not of this library. */
    DIR *folder = opendir(FIRMWARE);
    struct dirent *entry;
    int other = 0;
    while (folder && (entry = readdir(folder)))
        other = other || (entry->d_name[0] >= '0' && entry->d_name[0] <= '9');
    if (folder)
        closedir(folder);
    return other ? MISMATCH : DRIVER_NOT_LOADED;
}

int nvmlInit(void) { return nvmlInit_v2(); }
int nvmlInitWithFlags(unsigned flags) { (void)flags; return nvmlInit_v2(); }
int nvmlShutdown(void) { return SUCCESS; }

const char *nvmlErrorString(int code)
{
    switch (code) {
    case SUCCESS: return "Success";
    case INVALID: return "Invalid Argument";
    case NO_PERMISSION: return "Insufficient Permissions";
    case NOT_FOUND: return "Not Found";
    case DRIVER_NOT_LOADED: return "Driver Not Loaded";
    case MISMATCH: return "Driver/library version mismatch";
    default: return "Unknown Error";
    }
}

static int text(char *target, unsigned size, const char *value)
{
    return (unsigned)snprintf(target, size, "%s", value) < size ? SUCCESS : INVALID;
}

int nvmlSystemGetDriverVersion(char *version, unsigned size) { return text(version, size, driver); }

int nvmlDeviceGetCount_v2(unsigned *count)
{
    *count = (unsigned)gpu_count;
    return SUCCESS;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, nvmlDevice_t *device)
{
    if (index >= (unsigned)gpu_count)
        return INVALID;
    *device = &gpus[index];
    return SUCCESS;
}

int nvmlDeviceGetUUID(nvmlDevice_t device, char *uuid, unsigned size) { return text(uuid, size, device->uuid); }
int nvmlDeviceGetName(nvmlDevice_t device, char *name, unsigned size) { return text(name, size, device->name); }

int nvmlDeviceGetMinorNumber(nvmlDevice_t device, unsigned *minor)
{
    *minor = (unsigned)device->minor;
    return SUCCESS;
}

int nvmlDeviceGetMaxMigDeviceCount(nvmlDevice_t device, unsigned *count)
{
    (void)device;
    *count = 7;
    return SUCCESS;
}

int nvmlDeviceGetMigDeviceHandleByIndex(nvmlDevice_t device, unsigned index, nvmlDevice_t *part)
{
    for (int place = 0; place < part_count; place++)
        if (parts[place].minor == device->minor && index-- == 0) {
            *part = &parts[place];
            return SUCCESS;
        }
    return NOT_FOUND;
}
