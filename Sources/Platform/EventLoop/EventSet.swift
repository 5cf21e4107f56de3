import CLinux

/// What epoll reports about a descriptor, or is asked to report. It always reports errors and hang-up.
public struct EventSet: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let readable = EventSet(rawValue: LINUX_EPOLLIN)
    package static let writable = EventSet(rawValue: LINUX_EPOLLOUT)
    /// The peer will send no more (FIN came), perhaps behind bytes that are still to be read.
    package static let peerFinished = EventSet(rawValue: LINUX_EPOLLRDHUP)
    package static let failed = EventSet(rawValue: LINUX_EPOLLERR)
    package static let hungUp = EventSet(rawValue: LINUX_EPOLLHUP)
}
