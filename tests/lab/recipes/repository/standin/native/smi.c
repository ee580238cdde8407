/* Copyright (c) 2026, dockyard.gpu contributors
 * GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The stand-in of nvidia-smi. On a lab host the lab's program answers. In a container there is no Python, and this asks
 * the management library, as the real one does: `-L`, and `--query-gpu=index,uuid,name --format=csv,noheader`.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LAB "/usr/local/lib/dockyard-lab-gpus/nvidia-smi"
static void *library;

static void *function(const char *name)
{
    void *found = dlsym(library, name);
    if (!found) {
        fprintf(stderr, "the management library has no %s\n", name);
        exit(13);
    }
    return found;
}

static void start(void)
{
    library = dlopen("libnvidia-ml.so.1", RTLD_NOW);
    if (!library) {
        puts("NVIDIA-SMI couldn't find libnvidia-ml.so library in your system. Please make sure that the NVIDIA Display "
             "Driver is properly installed and present in your system.\n"
             "Please also try adding directory that contains libnvidia-ml.so to your system PATH.");
        exit(12);
    }
    int code = ((int (*)(void))function("nvmlInit_v2"))();
    if (code == 9) {
        puts("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest "
             "NVIDIA driver is installed and running.\n");
        exit(9);
    }
    if (code) {
        printf("Failed to initialize NVML: %s\n", ((const char *(*)(int))function("nvmlErrorString"))(code));
        exit(code > 255 ? 255 : code);
    }
}

static void list(void *gpu, unsigned index)
{
    int (*uuid_of)(void *, char *, unsigned) = (int (*)(void *, char *, unsigned))function("nvmlDeviceGetUUID");
    int (*name_of)(void *, char *, unsigned) = (int (*)(void *, char *, unsigned))function("nvmlDeviceGetName");
    int (*part_of)(void *, unsigned, void **) =
        (int (*)(void *, unsigned, void **))function("nvmlDeviceGetMigDeviceHandleByIndex");
    char uuid[96], name[96];
    void *part;
    uuid_of(gpu, uuid, sizeof uuid);
    name_of(gpu, name, sizeof name);
    printf("GPU %u: %s (UUID: %s)\n", index, name, uuid);
    for (unsigned place = 0; part_of(gpu, place, &part) == 0; place++) {
        uuid_of(part, uuid, sizeof uuid);
        name_of(part, name, sizeof name);
        printf("  MIG %-11s Device %2u: (UUID: %s)\n", name, place, uuid);
    }
}

static void query(void *gpu, unsigned index, const char *fields)
{
    char copy[256], value[96], *rest = copy, *field;
    const char *comma = "";
    snprintf(copy, sizeof copy, "%s", fields);
    while ((field = strsep(&rest, ","))) {
        field += strspn(field, " ");
        if (!strcmp(field, "index"))
            snprintf(value, sizeof value, "%u", index);
        else if (!strcmp(field, "uuid") || !strcmp(field, "gpu_uuid"))
            ((int (*)(void *, char *, unsigned))function("nvmlDeviceGetUUID"))(gpu, value, sizeof value);
        else if (!strcmp(field, "name") || !strcmp(field, "gpu_name"))
            ((int (*)(void *, char *, unsigned))function("nvmlDeviceGetName"))(gpu, value, sizeof value);
        else if (!strcmp(field, "driver_version"))
            ((int (*)(char *, unsigned))function("nvmlSystemGetDriverVersion"))(value, sizeof value);
        else {
            printf("Field \"%s\" is not a valid field to query.\n\n", field);
            exit(2);
        }
        printf("%s%s", comma, value);
        comma = ", ";
    }
    putchar('\n');
}

int main(int count, char **words)
{
    const char *fields = NULL, *format = "";
    unsigned gpus = 0;
    void *gpu;
    if (access(LAB, X_OK) == 0) {
        words[0] = LAB;
        execv(LAB, words);
    }
    for (int place = 1; place < count; place++) {
        if (!strncmp(words[place], "--query-gpu=", 12))
            fields = words[place] + 12;
        else if (!strncmp(words[place], "--format=", 9))
            format = words[place] + 9;
        else if (strcmp(words[place], "-L") && strcmp(words[place], "--list-gpus")) {
            puts("Invalid combination of input arguments. Please run 'nvidia-smi -h' for help.\n");
            return 2;
        }
    }
    start();
    ((int (*)(unsigned *))function("nvmlDeviceGetCount_v2"))(&gpus);
    if (!gpus) {
        puts("No devices were found");
        return 6;
    }
    if (fields && !strstr(format, "noheader"))
        puts(fields);
    for (unsigned index = 0; index < gpus; index++) {
        ((int (*)(unsigned, void **))function("nvmlDeviceGetHandleByIndex_v2"))(index, &gpu);
        if (fields)
            query(gpu, index, fields);
        else
            list(gpu, index);
    }
    return 0;
}
