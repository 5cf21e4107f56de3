// What `import Glibc` lacks or cannot import: calls hidden behind _GNU_SOURCE, cast macros, thread-locals.
// Everything is a plain function compiled in CLinux.c, because a header that Swift's Glibc module has already
// seen cannot be re-read with other feature macros.
#ifndef STRANGLER_CLINUX_H
#define STRANGLER_CLINUX_H

#include <stddef.h>
#include <stdint.h>

// --- epoll -------------------------------------------------------------------------------------------------
/// Mirrors `struct epoll_event` (packed on x86-64, naturally aligned elsewhere): checked by a static assertion.
struct linux_epoll_event {
    uint32_t events;
    uint64_t data;
}
#if defined(__x86_64__)
__attribute__((packed))
#endif
;
#define LINUX_EPOLLIN 0x001u
#define LINUX_EPOLLOUT 0x004u
#define LINUX_EPOLLERR 0x008u
#define LINUX_EPOLLHUP 0x010u
#define LINUX_EPOLLRDHUP 0x2000u

int linux_epoll_create(void);
/// operation: 1 add, 2 delete, 3 modify.
int linux_epoll_ctl(int epoll, int operation, int fd, uint32_t events, uint64_t data);
int linux_epoll_wait(int epoll, struct linux_epoll_event *events, int capacity, int timeout_milliseconds);

// --- other descriptors -------------------------------------------------------------------------------------
int linux_eventfd(void);
/// Blocks the given signals in the calling thread (threads started later inherit that).
int linux_block_signals(const int *signals, int count);
int linux_signalfd(const int *signals, int count);
/// The next signal number read from a signalfd; -1 with errno otherwise.
int linux_read_signal(int fd);
void linux_ignore_sigpipe(void);

// --- sockets -----------------------------------------------------------------------------------------------
/// Stream socket, non-blocking and close-on-exec.
int linux_stream_socket(int family);
/// accept4 with SOCK_NONBLOCK | SOCK_CLOEXEC; the peer's address goes into `address` (128 bytes at least).
int linux_accept(int fd, void *address, uint32_t *length);
/// send of up to two pieces with MSG_NOSIGNAL, in one call.
intptr_t linux_send2(int fd, const void *first, size_t first_count, const void *second, size_t second_count);
intptr_t linux_send(int fd, const void *bytes, size_t count);
intptr_t linux_receive(int fd, void *bytes, size_t capacity);
int linux_set_option(int fd, int level, int option, int value);
/// By its name in /proc/sys/net/ipv4/tcp_available_congestion_control.
int linux_set_congestion_control(int fd, const char *name);
/// The pending error of a socket (SO_ERROR), which this call clears.
int linux_socket_error(int fd);
/// 1 once a connection that was started is established.
int linux_is_connected(int fd);
/// Looks for one byte without taking it: 1, 0 at the end of the stream, -1 with errno (EAGAIN: nothing there).
intptr_t linux_peek(int fd);
/// Bytes that were written and have not been sent, for want of room at the peer; 0 when the kernel does not know.
int linux_unsent_count(int fd);
/// Unix socket that keeps the borders of messages (SOCK_SEQPACKET); non-blocking when asked, always close-on-exec.
int linux_packet_socket(int blocks);
/// Sends one message and copies of `descriptor_count` descriptors (SCM_RIGHTS, at most 253) with it.
intptr_t linux_send_descriptors(int fd, const void *bytes, size_t count, const int *descriptors, int descriptor_count);
/// Receives one message and the descriptors that came with it, close-on-exec; `descriptor_count` is the room there is,
/// then how many came. -1 with errno; EMSGSIZE for a message or a set of descriptors that does not fit, none of which
/// is kept.
intptr_t linux_receive_descriptors(int fd, void *bytes, size_t capacity, int *descriptors, int *descriptor_count);
/// SO_PEERCRED: who connected, or who listens. -1 with errno.
int linux_peer_credentials(int fd, uint32_t *user, int *process);
/// SO_ACCEPTCONN: 1 for a listening socket.
int linux_is_listening(int fd);
/// SO_RCVTIMEO and SO_SNDTIMEO of a blocking socket.
int linux_set_patience(int fd, int milliseconds);
/// SO_LINGER with zero seconds: the next close sends RST.
int linux_reset_on_close(int fd);

// --- threads -----------------------------------------------------------------------------------------------
/// The number of the loop that the calling thread runs, which is never given again; 0 for none.
uint64_t linux_current_loop_number(void);
void linux_set_current_loop(uint64_t number);
void linux_name_thread(const char *name);
/// From now on the calling thread offers its core to whoever waits for one every so many microseconds, whatever it is
/// doing; 0: no longer. -1 with errno when the system has no timer left. By SIGURG, which nobody else may use: calls
/// that do not restart may end with EINTR.
int linux_give_way_every(int microseconds);
/// How often the calling thread has done so.
uint64_t linux_ways_given(void);

/// Memory of so many bytes and more goes back to the system when it is freed, always: glibc by itself stops doing so
/// for sizes that it has seen freed before, up to 32 MiB, and then keeps them with holes for each thread (mallopt(3),
/// M_MMAP_THRESHOLD).
void linux_return_memory_from(int bytes);

/// Monotonic nanoseconds.
uint64_t linux_monotonic_nanoseconds(void);
/// The calling thread's errno.
int linux_errno(void);

#endif
