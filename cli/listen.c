/* HTTP, as much as a scraper needs: one request a connection, GET /metrics, and nobody holds it up for long. */
#include "listen.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "command.h"

#define PATIENCE 2.0 /* seconds for a request, and for its answer */

static volatile sig_atomic_t ended;

static void on_signal(int number)
{
    ended = number;
}

static int split(char **host, char **port, const char *address)
{
    const char *colon = strrchr(address, ':');
    if (!colon || !colon[1] || strspn(colon + 1, "0123456789") != strlen(colon + 1) || atoi(colon + 1) > 65535 ||
        strlen(colon + 1) > 5) /* getaddrinfo takes 99999999 for another */
        return -1;
    size_t length = (size_t)(colon - address);
    if (length > 1 && address[0] == '[' && colon[-1] == ']') {
        address++;
        length -= 2;
    }
    *host = length > 0 ? keep_text(address, length) : keep_text("localhost", 9);
    *port = keep_text(colon + 1, strlen(colon + 1));
    return 0;
}

static int bound(const struct addrinfo *from)
{
    const int yes = 1;
    for (; from; from = from->ai_next) {
        int made = socket(from->ai_family, from->ai_socktype | SOCK_CLOEXEC, from->ai_protocol);
        if (made < 0)
            continue;
        setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        if (bind(made, from->ai_addr, from->ai_addrlen) == 0 && listen(made, 16) == 0)
            return made;
        int error = errno;
        close(made);
        errno = error;
    }
    return -1;
}

static bool ready(int connection, short events, shoal_time deadline)
{
    struct pollfd one = {connection, events, 0};
    shoal_time left = (deadline - shoal_now()) / 1000000;
    return left > 0 && poll(&one, 1, (int)left) > 0;
}

/* Until the empty line that ends the head. */
static bool read_head(char *head, size_t room, int connection)
{
    shoal_time deadline = shoal_deadline(PATIENCE);
    for (size_t size = 0; size < room - 1 && ready(connection, POLLIN, deadline);) {
        ssize_t got = recv(connection, head + size, room - 1 - size, MSG_DONTWAIT);
        if (got <= 0)
            return false;
        size += (size_t)got;
        head[size] = 0;
        if (strstr(head, "\r\n\r\n"))
            return true;
    }
    return false;
}

static void write_all(int connection, const char *bytes, size_t size)
{
    shoal_time deadline = shoal_deadline(PATIENCE);
    while (size > 0 && ready(connection, POLLOUT, deadline)) {
        ssize_t sent = send(connection, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        bytes += sent;
        size -= (size_t)sent;
    }
}

static void answer(int connection, listen_page *page)
{
    char head[8192] = "", *text = NULL;
    size_t size = 0;
    if (!read_head(head, sizeof head, connection))
        return;
    bool known = strncmp(head, "GET /metrics", 12) == 0 && strchr(" ?", head[12]) && head[12];
    const char *status = known ? (text = page(&size)) ? "200 OK" : "500 Internal Server Error" : "404 Not Found";
    char *first =
        keep_print("HTTP/1.1 %s\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: %zu\r\n"
                   "Connection: close\r\n\r\n",
                   status, size);
    write_all(connection, first, strlen(first));
    write_all(connection, text, size);
    free(text);
}

static void serve(int server, listen_page *page)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    while (!ended) {
        struct pollfd one = {server, POLLIN, 0};
        if (poll(&one, 1, 500) <= 0) /* a signal that comes just before it is seen half a second later */
            continue;
        int connection = accept4(server, NULL, NULL, SOCK_CLOEXEC);
        if (connection < 0)
            continue;
        answer(connection, page);
        shutdown(connection, SHUT_WR);
        close(connection);
        keep_reset();
    }
}

int listen_at(const char *address, listen_page *page)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found = NULL;
    char *host, *port, name[256] = "?", number[32] = "?";
    struct sockaddr_storage own;
    socklen_t size = sizeof own;
    if (split(&host, &port, address) < 0)
        return fail_with(USAGE, "--listen wants HOST:PORT, or :PORT: %s", address);
    int error = getaddrinfo(host, port, &hints, &found);
    if (error != 0)
        return fail_with(USAGE, "--listen %s: %s", address, gai_strerror(error));
    int server = bound(found);
    freeaddrinfo(found);
    if (server < 0)
        return fail_with(errno == EACCES ? DENIED : FAILED, "--listen %s: %s", address, strerror(errno));
    if (getsockname(server, (struct sockaddr *)&own, &size) == 0)
        getnameinfo((struct sockaddr *)&own, size, name, sizeof name, number, sizeof number,
                    NI_NUMERICHOST | NI_NUMERICSERV);
    printf(strchr(name, ':') ? "http://[%s]:%s/metrics\n" : "http://%s:%s/metrics\n", name, number);
    fflush(stdout);
    serve(server, page);
    close(server);
    return WELL;
}
