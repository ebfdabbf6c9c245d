/* Lets user-mode Linux 6.1 run on processors whose floating-point registers are larger than it knows (AMX).
 *
 * It reads and writes the registers of its processes with ptrace(PTRACE_GETREGSET, NT_X86_XSTATE) and a buffer of a
 * fixed size. A host with AMX needs a larger one, and the kernel stops. Loaded with LD_PRELOAD, this passes a buffer that
 * is large enough, copies back as much as fits, and leaves the rest of the registers as they are when writing. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#ifndef NT_X86_XSTATE
#define NT_X86_XSTATE 0x202
#endif

typedef long (*call)(int, long, void *, void *);

long ptrace(enum __ptrace_request request, ...)
{
    static call next;
    static char whole[1 << 16] __attribute__((aligned(64)));
    struct iovec large = { whole, sizeof whole };
    va_list list;
    va_start(list, request);
    long pid = va_arg(list, int);
    void *address = va_arg(list, void *), *data = va_arg(list, void *);
    va_end(list);
    if (!next)
        next = (call)dlsym(RTLD_NEXT, "ptrace");
    int get = request == PTRACE_GETREGSET, set = request == PTRACE_SETREGSET;
    if (!(get || set) || (unsigned long)address != NT_X86_XSTATE)
        return next(request, pid, address, data);
    struct iovec *given = data;
    /* The registers as they are, whole. */
    if (next(PTRACE_GETREGSET, pid, address, &large) < 0)
        return -1;
    size_t both = given->iov_len < large.iov_len ? given->iov_len : large.iov_len;
    if (get) {
        memcpy(given->iov_base, whole, both);
        given->iov_len = both;
        return 0;
    }
    memcpy(whole, given->iov_base, both);
    return next(PTRACE_SETREGSET, pid, address, &large);
}
