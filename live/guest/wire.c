/* The NFSv4.1 calls on a wire.
 *
 *   wire watch DEVICE             prints a line for each call that arrives: OPERATION SESSION
 *   wire destroy ADDRESS SESSION  sends DESTROY_SESSION on a connection of its own, and prints the status
 *
 * OPERATION is the first one of a COMPOUND after SEQUENCE, PUTFH and GETATTR; SESSION is 32 hexadecimal digits. Calls
 * that are sent again are printed once. */
#include <arpa/inet.h>
#include <net/if.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { GETATTR = 9, PUTFH = 22, SEQUENCE = 53 };

static const struct { uint32_t code; const char *name; } names[] = {
    { 4, "CLOSE" }, { 8, "DELEGRETURN" }, { 12, "LOCK" }, { 14, "LOCKU" }, { 18, "OPEN" }, { 24, "PUTROOTFH" }, { 42, "EXCHANGE_ID" },
    { 43, "CREATE_SESSION" }, { 44, "DESTROY_SESSION" }, { 53, "SEQUENCE" }, { 58, "RECLAIM_COMPLETE" },
};

/* What is left of a call. Reading beyond its end gives zeros. */
struct rest { const uint8_t *at, *end; };

static uint32_t word(struct rest *rest)
{
    uint32_t value = 0;
    if (rest->end - rest->at < 4)
        rest->at = rest->end;
    else {
        memcpy(&value, rest->at, 4);
        rest->at += 4;
    }
    return ntohl(value);
}

static void skip(struct rest *rest, uint32_t bytes)
{
    bytes = (bytes + 3) & ~3u;
    rest->at = (uint32_t)(rest->end - rest->at) < bytes ? rest->end : rest->at + bytes;
}

static void call(struct rest rest)
{
    static uint32_t seen[256], next;
    char session[33] = "-";
    uint32_t xid = word(&rest), operation;
    if (word(&rest) != 0 || word(&rest) != 2 || word(&rest) != 100003 || word(&rest) != 4 || word(&rest) != 1)
        return;
    for (int at = 0; at < 256; at++)
        if (seen[at] == xid)
            return;
    seen[next++ % 256] = xid;
    for (int part = 0; part < 2; part++) { /* credentials, verifier */
        word(&rest);
        skip(&rest, word(&rest));
    }
    skip(&rest, word(&rest)); /* tag */
    if (word(&rest) != 1)
        return;
    uint32_t count = word(&rest);
    for (operation = 0; count-- > 0;) {
        operation = word(&rest);
        if (operation == SEQUENCE && rest.end - rest.at >= 32) {
            for (int at = 0; at < 16; at++)
                sprintf(session + 2 * at, "%02x", rest.at[at]);
            skip(&rest, 32);
        } else if (operation == PUTFH)
            skip(&rest, word(&rest));
        else if (operation == GETATTR)
            skip(&rest, 4 * word(&rest));
        else
            break;
    }
    for (size_t at = 0; at < sizeof names / sizeof *names; at++)
        if (names[at].code == operation)
            printf("%s %s\n", names[at].name, session);
    fflush(stdout);
}

static int watch(const char *device)
{
    static uint8_t frame[1 << 16];
    int wire = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
    struct sockaddr_ll place = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP) };
    place.sll_ifindex = if_nametoindex(device);
    if (wire < 0 || bind(wire, (struct sockaddr *)&place, sizeof place) < 0)
        return perror("wire"), 1;
    for (;;) {
        struct sockaddr_ll from;
        socklen_t size = sizeof from;
        ssize_t length = recvfrom(wire, frame, sizeof frame, 0, (struct sockaddr *)&from, &size);
        int header = (frame[0] & 15) * 4;
        if (length < header + 20 || from.sll_pkttype == PACKET_OUTGOING || frame[9] != IPPROTO_TCP)
            continue;
        const uint8_t *tcp = frame + header;
        struct rest rest = { tcp + (tcp[12] >> 4) * 4, frame + length };
        if (tcp[2] != 2049 / 256 || tcp[3] != 2049 % 256)
            continue;
        while (rest.end - rest.at > 4) {
            uint32_t record = word(&rest) & 0x7fffffff;
            struct rest one = rest;
            skip(&rest, record);
            if ((uint32_t)(rest.at - one.at) == record)
                one.end = rest.at;
            call(one);
        }
    }
}

static int destroy(const char *address, const char *session)
{
    uint32_t message[32] = { 0 }, answer[64] = { 0 };
    /* After the record's mark: xid, CALL, RPC 2, NFS 4, COMPOUND; AUTH_SYS without groups; no verifier; an empty tag,
     * minor version 1, one operation. */
    uint32_t head[] = { 0, 0x6c617463, 0, 2, 100003, 4, 1, 1, 20, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 44 };
    size_t words = sizeof head / 4;
    head[0] = 0x80000000u | (uint32_t)(sizeof head - 4 + 16);
    for (size_t at = 0; at < words; at++)
        message[at] = htonl(head[at]);
    for (int at = 0; at < 16; at++) {
        unsigned byte;
        if (sscanf(session + 2 * at, "%2x", &byte) != 1)
            return 2;
        ((uint8_t *)(message + words))[at] = byte;
    }
    struct sockaddr_in server = { .sin_family = AF_INET, .sin_port = htons(2049) };
    inet_pton(AF_INET, address, &server.sin_addr);
    int wire = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(wire, (struct sockaddr *)&server, sizeof server) < 0 ||
        write(wire, message, sizeof head + 16) < 0 || read(wire, answer, sizeof answer) < 32)
        return perror("wire"), 1;
    /* mark, xid, REPLY, accepted, verifier (2), success, status */
    printf("DESTROY_SESSION -> %u\n", ntohl(answer[7]));
    return answer[7] != 0;
}

int main(int count, char **words)
{
    if (count == 3 && !strcmp(words[1], "watch"))
        return watch(words[2]);
    if (count == 4 && !strcmp(words[1], "destroy"))
        return destroy(words[2], words[3]);
    return 2;
}
