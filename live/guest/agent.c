/* A process of a client. It reads operations from its input, one a line, and writes what it was told in the format that
 * `latchwork conform --client NAME=LOG` reads:
 *
 *   TIME NAME OPERATION HANDLE [...] ...             when an operation begins that may take long
 *   TIME NAME OPERATION HANDLE [FIRST LENGTH] -> ok  when it has ended
 *
 * Operations: open H PATH r|rw, read H, write H, rdlck|wrlck|unlck H FIRST LENGTH, wrwait H FIRST LENGTH (a write lock that is
 * waited for; SIGUSR1 ends the wait), close H, chmod H MODE, acl H (an NFSv4 access control list that leaves others nothing
 * to read).
 * Usage: agent NAME */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

static const char *name;
static int handles[128];

static void say(const char *line, const char *result)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    printf("%ld.%06ld %s %s %s\n", (long)now.tv_sec, now.tv_nsec / 1000, name, line, result);
    fflush(stdout);
}

/* The access control list of mode 640, as the NFS client takes it: a count, and for each entry type, flags, rights and who. */
static int set_acl(int fd)
{
    static const struct { int flags, rights; const char *who; } entries[] = {
        { 0, 0x160187, "OWNER@" }, { 0x40, 0x120081, "GROUP@" }, { 0, 0x120080, "EVERYONE@" },
    };
    uint32_t list[32] = { htonl(3) };
    size_t words = 1;
    for (int at = 0; at < 3; at++) {
        size_t length = strlen(entries[at].who);
        uint32_t head[] = { 0, entries[at].flags, entries[at].rights, length };
        for (int word = 0; word < 4; word++)
            list[words++] = htonl(head[word]);
        memcpy(list + words, entries[at].who, length);
        words += (length + 3) / 4;
    }
    return fsetxattr(fd, "system.nfs4_acl", list, 4 * words, 0);
}

static int act(char *line)
{
    char what[16], handle, path[256], mode[8];
    long first = 0, length = 0;
    if (sscanf(line, "%15s %c", what, &handle) != 2)
        return errno = EINVAL, -1;
    int *fd = &handles[handle & 127];
    if (!strcmp(what, "open") && sscanf(line, "%*s %*c %255s %7s", path, mode) == 2)
        return *fd = open(path, !strcmp(mode, "r") ? O_RDONLY : O_RDWR);
    if (!strcmp(what, "close"))
        return close(*fd);
    if (!strcmp(what, "read"))
        return pread(*fd, path, 1, 0);
    if (!strcmp(what, "write"))
        return pwrite(*fd, "x", 1, 0);
    if (!strcmp(what, "acl"))
        return set_acl(*fd);
    if (!strcmp(what, "chmod") && sscanf(line, "%*s %*c %lo", (unsigned long *)&first) == 1)
        return fchmod(*fd, first);
    if (sscanf(line, "%*s %*c %ld %ld", &first, &length) != 2)
        return errno = EINVAL, -1;
    int waits = !strcmp(what, "wrwait");
    int kind = !strcmp(what, "rdlck") ? F_RDLCK : waits || !strcmp(what, "wrlck") ? F_WRLCK : F_UNLCK;
    struct flock lock = { .l_type = kind, .l_whence = SEEK_SET, .l_start = first, .l_len = length };
    return fcntl(*fd, waits ? F_SETLKW : F_SETLK, &lock);
}

static void interrupted(int signal)
{
    (void)signal;
}

int main(int count, char **words)
{
    char line[512], result[128];
    if (count != 2)
        return 2;
    name = words[1];
    sigaction(SIGUSR1, &(struct sigaction){ .sa_handler = interrupted }, NULL);
    for (;;) {
        errno = 0;
        if (!fgets(line, sizeof line, stdin)) {
            if (errno != EINTR)
                break;
            clearerr(stdin);
            continue;
        }
        line[strcspn(line, "\n")] = 0;
        say(line, "...");
        if (act(line) < 0)
            snprintf(result, sizeof result, "-> [Errno %d] %s", errno, strerror(errno));
        else
            snprintf(result, sizeof result, "-> ok");
        say(line, result);
    }
    return 0;
}
