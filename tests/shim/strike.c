/*
 * Makes one call of a program fail: the n-th write, sync or open of a file under BOWLINE_HOME, or the n-th connect.
 *
 * Put before the C library by LD_PRELOAD. The plan is a file that the test and this share (BOWLINE_STRIKE): the test says
 * there which call is to fail, and with which error, and reads how many of each kind there were. What is no file of
 * Bowline's own is left alone: a pipe or a waker that fails is no fault of a disk or a network.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { WRITE, SYNC, OPEN, CONNECT, KINDS };

/* Also laid out in tests/processes/strikes/shim.rs. */
struct plan {
    int32_t kind;
    int32_t error;
    int64_t nth;
    int64_t count[KINDS];
    int64_t struck;
};

static struct plan *plan;
static char home[PATH_MAX];
static size_t home_length;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void)
{
    const char *file = getenv("BOWLINE_STRIKE");
    const char *folder = getenv("BOWLINE_HOME");
    /* What this program starts is not struck. */
    unsetenv("LD_PRELOAD");
    if (!file || !folder || !realpath(folder, home))
        return;
    home_length = strlen(home);
    int fd = REAL(open)(file, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return;
    void *shared = mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    REAL(close)(fd);
    if (shared != MAP_FAILED)
        plan = shared;
}

static int is_ours(const char *path)
{
    return plan && path && strncmp(path, home, home_length) == 0 && path[home_length] == '/';
}

static int is_our_file(int fd)
{
    char link[64], path[PATH_MAX];
    if (!plan)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0)
        return 0;
    path[length] = 0;
    return is_ours(path);
}

/* Counts the call; true when it is the one that is to fail. */
static int strikes(enum kind kind)
{
    int64_t now = __atomic_add_fetch(&plan->count[kind], 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&plan->kind, __ATOMIC_SEQ_CST) != (int32_t)kind || now != plan->nth)
        return 0;
    __atomic_store_n(&plan->struck, 1, __ATOMIC_SEQ_CST);
    errno = plan->error;
    return 1;
}

#define FAILS(ours, kind) ((ours) && strikes(kind))

ssize_t write(int fd, const void *bytes, size_t size)
{
    return FAILS(is_our_file(fd), WRITE) ? -1 : REAL(write)(fd, bytes, size);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    return FAILS(is_our_file(fd), WRITE) ? -1 : REAL(pwrite)(fd, bytes, size, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at)
{
    return FAILS(is_our_file(fd), WRITE) ? -1 : REAL(pwrite64)(fd, bytes, size, at);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    return FAILS(is_our_file(fd), WRITE) ? -1 : REAL(writev)(fd, parts, count);
}

int ftruncate64(int fd, off64_t size)
{
    return FAILS(is_our_file(fd), WRITE) ? -1 : REAL(ftruncate64)(fd, size);
}

int fsync(int fd)
{
    return FAILS(is_our_file(fd), SYNC) ? -1 : REAL(fsync)(fd);
}

int fdatasync(int fd)
{
    return FAILS(is_our_file(fd), SYNC) ? -1 : REAL(fdatasync)(fd);
}

int connect(int fd, const struct sockaddr *address, socklen_t length)
{
    return FAILS(plan != NULL, CONNECT) ? -1 : REAL(connect)(fd, address, length);
}

#define MODE(flags, mode)                                                                                            \
    mode_t mode = 0;                                                                                                 \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                                                           \
        va_list rest;                                                                                                \
        va_start(rest, flags);                                                                                       \
        mode = va_arg(rest, mode_t);                                                                                 \
        va_end(rest);                                                                                                \
    }

int open(const char *path, int flags, ...)
{
    MODE(flags, mode)
    return FAILS(is_ours(path), OPEN) ? -1 : REAL(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    MODE(flags, mode)
    return FAILS(is_ours(path), OPEN) ? -1 : REAL(open64)(path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
    MODE(flags, mode)
    return FAILS(is_ours(path), OPEN) ? -1 : REAL(openat)(folder, path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...)
{
    MODE(flags, mode)
    return FAILS(is_ours(path), OPEN) ? -1 : REAL(openat64)(folder, path, flags, mode);
}
