#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <linux/sockios.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

_Static_assert(sizeof(struct linux_epoll_event) == sizeof(struct epoll_event), "layout of epoll_event");
_Static_assert(LINUX_EPOLLIN == EPOLLIN && LINUX_EPOLLOUT == EPOLLOUT && LINUX_EPOLLERR == EPOLLERR
                   && LINUX_EPOLLHUP == EPOLLHUP && LINUX_EPOLLRDHUP == EPOLLRDHUP,
               "epoll bits");

int linux_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int linux_epoll_ctl(int epoll, int operation, int fd, uint32_t events, uint64_t data) {
    struct epoll_event event = {.events = events, .data.u64 = data};
    return epoll_ctl(epoll, operation, fd, &event);
}

int linux_epoll_wait(int epoll, struct linux_epoll_event *events, int capacity, int timeout_milliseconds) {
    return epoll_wait(epoll, (struct epoll_event *)events, capacity, timeout_milliseconds);
}

int linux_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

static void fill(sigset_t *set, const int *signals, int count) {
    sigemptyset(set);
    for (int i = 0; i < count; i++) sigaddset(set, signals[i]);
}

int linux_block_signals(const int *signals, int count) {
    sigset_t set;
    fill(&set, signals, count);
    return pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int linux_signalfd(const int *signals, int count) {
    sigset_t set;
    fill(&set, signals, count);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int linux_read_signal(int fd) {
    struct signalfd_siginfo info;
    ssize_t n = read(fd, &info, sizeof info);
    return n == (ssize_t)sizeof info ? (int)info.ssi_signo : -1;
}

void linux_ignore_sigpipe(void) { signal(SIGPIPE, SIG_IGN); }

int linux_stream_socket(int family) { return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }

int linux_accept(int fd, void *address, uint32_t *length) {
    socklen_t capacity = *length;
    int accepted = accept4(fd, (struct sockaddr *)address, &capacity, SOCK_NONBLOCK | SOCK_CLOEXEC);
    *length = capacity;
    return accepted;
}

intptr_t linux_send2(int fd, const void *first, size_t first_count, const void *second, size_t second_count) {
    struct iovec pieces[2] = {{(void *)first, first_count}, {(void *)second, second_count}};
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};
    return sendmsg(fd, &message, MSG_NOSIGNAL);
}

// libc's send and recv are cancellation points: in a process with threads that is two atomic exchanges a call, for a
// cancellation that never comes. ThreadSanitizer learns from them what one thread hands to another through a socket, so
// its builds keep them.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CALLS_BY_LIBC 1
#endif
#endif

intptr_t linux_send(int fd, const void *bytes, size_t count) {
#ifdef CALLS_BY_LIBC
    return send(fd, bytes, count, MSG_NOSIGNAL);
#else
    return syscall(SYS_sendto, fd, bytes, count, MSG_NOSIGNAL, NULL, 0);
#endif
}

intptr_t linux_receive(int fd, void *bytes, size_t capacity) {
#ifdef CALLS_BY_LIBC
    return recv(fd, bytes, capacity, 0);
#else
    return syscall(SYS_recvfrom, fd, bytes, capacity, 0, NULL, NULL);
#endif
}

int linux_set_option(int fd, int level, int option, int value) {
    return setsockopt(fd, level, option, &value, sizeof value);
}

int linux_set_congestion_control(int fd, const char *name) {
    return setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, strlen(name));
}

int linux_socket_error(int fd) {
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return errno;
    return error;
}

// The kernel's SCM_MAX_FD.
enum { most_descriptors = 253 };
union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(most_descriptors * sizeof(int))];
};

int linux_packet_socket(int blocks) {
    return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | (blocks ? 0 : SOCK_NONBLOCK), 0);
}

intptr_t linux_send_descriptors(int fd, const void *bytes, size_t count, const int *descriptors, int descriptor_count) {
    if (descriptor_count < 0 || descriptor_count > most_descriptors) {
        errno = EINVAL;
        return -1;
    }
    struct iovec piece = {(void *)bytes, count};
    union control control;
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    if (descriptor_count > 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE((size_t)descriptor_count * sizeof(int));
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN((size_t)descriptor_count * sizeof(int));
        memcpy(CMSG_DATA(header), descriptors, (size_t)descriptor_count * sizeof(int));
    }
    return sendmsg(fd, &message, MSG_NOSIGNAL);
}

intptr_t linux_receive_descriptors(int fd, void *bytes, size_t capacity, int *descriptors, int *descriptor_count) {
    struct iovec piece = {bytes, capacity};
    union control control;
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    int room = *descriptor_count, received = 0, fits = 1;
    *descriptor_count = 0;
    ssize_t count = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    if (count < 0) return count;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t carried = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < carried; i++) {
            int descriptor;
            memcpy(&descriptor, CMSG_DATA(header) + i * sizeof(int), sizeof descriptor);
            if (received < room) {
                descriptors[received++] = descriptor;
            } else {
                close(descriptor);
                fits = 0;
            }
        }
    }
    if (!fits || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
        for (int i = 0; i < received; i++) close(descriptors[i]);
        errno = EMSGSIZE;
        return -1;
    }
    *descriptor_count = received;
    return count;
}

int linux_peer_credentials(int fd, uint32_t *user, int *process) {
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return -1;
    *user = peer.uid;
    *process = peer.pid;
    return 0;
}

int linux_is_listening(int fd) {
    int listening = 0;
    socklen_t length = sizeof listening;
    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) == 0 && listening;
}

int linux_set_patience(int fd, int milliseconds) {
    struct timeval span = {.tv_sec = milliseconds / 1000, .tv_usec = (milliseconds % 1000) * 1000};
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &span, sizeof span) != 0) return -1;
    return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &span, sizeof span);
}

int linux_reset_on_close(int fd) {
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    return setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

static __thread uint64_t current_loop_number;
uint64_t linux_current_loop_number(void) { return current_loop_number; }
void linux_set_current_loop(uint64_t number) { current_loop_number = number; }

void linux_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

static __thread volatile uint64_t ways_given;
uint64_t linux_ways_given(void) { return ways_given; }

// Async-signal-safe: one system call, one thread-local of the program itself, and errno as it was.
static void give_way(int signal) {
    (void)signal;
    int kept = errno;
    syscall(SYS_sched_yield);
    ways_given++;
    errno = kept;
}

static int give_way_handler;
static void install_give_way(void) {
    struct sigaction action = {.sa_handler = give_way, .sa_flags = SA_RESTART};
    give_way_handler = sigaction(SIGURG, &action, NULL);
}

int linux_give_way_every(int microseconds) {
    static __thread timer_t timer;
    static __thread int has_timer;
    if (!has_timer) {
        if (microseconds == 0) return 0;
        static pthread_once_t once = PTHREAD_ONCE_INIT;
        pthread_once(&once, install_give_way);
        struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGURG};
        event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
        // Threads of pools come with everything blocked.
        sigset_t set;
        fill(&set, (const int[]){SIGURG}, 1);
        if (pthread_sigmask(SIG_UNBLOCK, &set, NULL) != 0) return -1;
        if (give_way_handler != 0 || timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) return -1;
        has_timer = 1;
    }
    struct timespec span = {.tv_sec = microseconds / 1000000, .tv_nsec = microseconds % 1000000 * 1000L};
    struct itimerspec times = {.it_value = span, .it_interval = span};
    return timer_settime(timer, 0, &times, NULL);
}

void linux_return_memory_from(int bytes) {
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, bytes);
#else
    (void)bytes;
#endif
}

uint64_t linux_monotonic_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int linux_errno(void) { return errno; }

int linux_is_connected(int fd) {
    struct sockaddr_storage peer;
    socklen_t length = sizeof peer;
    return getpeername(fd, (struct sockaddr *)&peer, &length) == 0;
}

intptr_t linux_peek(int fd) {
    char byte;
    return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
}

int linux_unsent_count(int fd) {
    int count = 0;
    // Unix sockets know only the other question, and answer it with what the peer has not read.
    if (ioctl(fd, SIOCOUTQNSD, &count) == 0 || ioctl(fd, SIOCOUTQ, &count) == 0) return count;
    return 0;
}
