import DurableFiles
import EventLoop
import Glibc
import JSON
import Routing
import TestSupport
import Testing

@testable import Router

extension TemporaryFolder {
    fileprivate func text(_ name: String) throws -> String {
        String(decoding: try DurableFile(path: "\(path)/\(name)").read(), as: UTF8.self)
    }

    /// All files of a log, the oldest first.
    fileprivate func all(_ name: String) throws -> String {
        let old = names.compactMap { $0.hasPrefix(name + ".") ? Int($0.dropFirst(name.count + 1)) : nil }
        return try old.sorted(by: >).map { try text("\(name).\($0)") }.joined() + text(name)
    }
}

struct AccessLogTests {
    private func line(_ number: Int) -> String {
        "{\"n\":\(number),\"pad\":\"\(String(repeating: "x", count: number % 97))\"}\n"
    }

    @Test(arguments: [1, 3, 40, 1000])
    func `a rotated file loses no line and tears none, whatever comes at once`(_ batch: Int) throws {
        let folder = try TemporaryFolder()
        let losses = AccessLogLosses()
        let file = try AccessLogFile(
            path: "\(folder.path)/a.log", rotation: .init(size: 1024, keep: 1000), losses: losses)
        let lines = (0..<1000).map(line)
        for start in stride(from: 0, to: lines.count, by: batch) {
            file.append(Array(lines[start..<min(start + batch, lines.count)].joined().utf8))
        }
        #expect(try folder.all("a.log") == lines.joined())
        #expect(folder.names.count > 40 && !folder.names.contains("a.log.new"))
        for name in folder.names {
            let text = try folder.text(name)
            #expect(text.utf8.count <= 1024 && text.hasSuffix("\n"))
        }
        #expect(losses.total == 0)
    }

    @Test func `only so many old files are kept, and a line that is longer than a file is whole`() throws {
        let folder = try TemporaryFolder()
        let file = try AccessLogFile(
            path: "\(folder.path)/a.log", rotation: .init(size: 1024, keep: 2), losses: AccessLogLosses())
        let long = String(repeating: "y", count: 5000) + "\n"
        for text in [line(1), long, line(2), long, long, line(3)] { file.append(Array(text.utf8)) }
        #expect(folder.names == ["a.log", "a.log.1", "a.log.2"])
        #expect(try folder.text("a.log") == line(3))
        #expect(try folder.text("a.log.1") == long && folder.text("a.log.2") == long)
    }

    @Test func `rotation writes through no link, wherever one lies`() throws {
        let folder = try TemporaryFolder()
        let victim = "\(folder.path)/victim"
        try DurableFile(path: victim).replace(with: Array("precious".utf8))
        for name in ["a.log.new", "a.log.1", "a.log.2"] { symlink(victim, "\(folder.path)/\(name)") }
        let file = try AccessLogFile(
            path: "\(folder.path)/a.log", rotation: .init(size: 64, keep: 2), losses: AccessLogLosses())
        for number in 90..<97 { file.append(Array(line(number).utf8)) }
        #expect(try folder.text("victim") == "precious")
        #expect(try folder.text("a.log") == line(96))
        #expect(folder.names == ["a.log", "a.log.1", "a.log.2", "victim"])
        // The log itself: a link that is to be rotated is refused, one that is only written to leads where somebody
        // meant it to.
        symlink(victim, "\(folder.path)/b.log")
        #expect(throws: SystemError("open", ELOOP)) {
            _ = try AccessLogFile(
                path: "\(folder.path)/b.log", rotation: .init(size: 64, keep: 2), losses: AccessLogLosses())
        }
        let linked = try AccessLogFile(path: "\(folder.path)/b.log", rotation: nil, losses: AccessLogLosses())
        linked.append(Array(line(1).utf8))
        #expect(try folder.text("victim") == "precious" + line(1))
    }

    @Test func `a pipe that nobody reads is refused, and not waited for`() throws {
        let folder = try TemporaryFolder()
        mkfifo("\(folder.path)/a.log", 0o600)
        #expect(throws: SystemError("open", ENXIO)) {
            _ = try AccessLogFile(path: "\(folder.path)/a.log", rotation: nil, losses: AccessLogLosses())
        }
    }

    @Test func `a file that was begun earlier counts with what it has`() throws {
        let folder = try TemporaryFolder()
        for turn in 0..<3 {
            let file = try AccessLogFile(
                path: "\(folder.path)/a.log", rotation: .init(size: 1024, keep: 9), losses: AccessLogLosses())
            file.append(Array(repeating: UInt8(ascii: "a"), count: 699) + [UInt8(ascii: "\n")])
            #expect(folder.names.count == turn + 1)
        }
    }

    @Test func `when no new file can be made, the present one goes on`() throws {
        let folder = try TemporaryFolder()
        let file = try AccessLogFile(
            path: "\(folder.path)/a.log", rotation: .init(size: 1024, keep: 3), losses: AccessLogLosses())
        // A folder where the new file would be.
        mkdir("\(folder.path)/a.log.new", 0o700)
        let lines = (0..<100).map(line).joined()
        file.append(Array(lines.utf8))
        rmdir("\(folder.path)/a.log.new")
        #expect(try folder.text("a.log") == lines)
    }

    @Test func `a disk without room costs whole lines, which are counted`() throws {
        let losses = AccessLogLosses()
        let file = try AccessLogFile(path: "/dev/full", rotation: nil, losses: losses)
        file.append(Array((line(1) + line(2)).utf8))
        #expect(losses.file == 2)
    }

    @Test func `what a disk that filled up left of a line is cut off again, and the log goes on when there is room`()
        throws
    {
        let folder = try TemporaryFolder()
        let losses = AccessLogLosses()
        let room = Guarded(0)
        let file = try AccessLogFile(
            path: "\(folder.path)/a.log", rotation: .init(size: 1 << 20, keep: 2), losses: losses,
            write: { fd, bytes, count in
                let taken = room.withLock { room in
                    let taken = min(room, count)
                    room -= taken
                    return taken
                }
                guard taken == 0 else { return Glibc.write(fd, bytes, taken) }
                errno = ENOSPC
                return -1
            })
        let lines = (0..<4).map(line)
        room.withLock { $0 = lines[0].utf8.count + lines[1].utf8.count + 5 }
        file.append(Array(lines.joined().utf8))
        #expect(try folder.text("a.log") == lines[0] + lines[1])
        #expect(losses.file == 2)
        room.withLock { $0 = 1 << 20 }
        file.append(Array(line(5).utf8))
        #expect(try folder.text("a.log") == lines[0] + lines[1] + line(5))
        #expect(losses.file == 2)
    }

    @Test(arguments: [1, 2])
    func `under load and rotation each request has its line`(threads: Int) throws {
        let folder = try TemporaryFolder()
        let old = try EchoUpstream("old")
        let log = #""accessLog": {"file": "\#(folder.path)/access.log", "rotate": "4KiB", "keep": 900},"#
        let router = try RouterFixture(
            configuration(legacy: old.port, service: try refusedPort(), top: log), threads: threads)
        let clients = try (0..<4).map { _ in try router.client() }
        for number in 0..<100 {
            for (index, client) in clients.enumerated() {
                try client.send("GET /\(index)/\(number) HTTP/1.1\r\nHost: a\r\n\r\n")
            }
            for client in clients { _ = try client.readMessage() }
            if number == 50 { #expect(try router.admin("POST", "/v1/reload").status == 200) }
        }
        #expect(router.stop() == 0)
        let lines = try folder.all("access.log").split(separator: "\n")
        let paths = try lines.map { try JSONDocument(Array($0.utf8)).root["path"]?.string ?? "" }
        let expected = Set((0..<4).flatMap { index in (0..<100).map { "/\(index)/\($0)" } })
        #expect(paths.count == 400 && Set(paths) == expected)
        #expect(folder.names.count > 10)
    }

    // MARK: Sockets

    /// A datagram socket with a short queue.
    private func reader(_ path: String) throws -> RawClient {
        let reader = RawClient(fd: socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0))
        let address = try #require(SocketAddress(unixPath: path))
        #expect(address.withSockAddr { Glibc.bind(reader.fd, $0, $1) } == 0)
        return reader
    }

    private func router(_ log: String) throws -> (RouterFixture, EchoUpstream) {
        let old = try EchoUpstream("old")
        return (
            try RouterFixture(
                configuration(legacy: old.port, service: try refusedPort(), top: "\"accessLog\": \"\(log)\",")), old
        )
    }

    private func dropped(_ router: RouterFixture) throws -> Int {
        let client = try RawClient(port: router.adminPort)
        try client.send("GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n")
        let text = String(decoding: try client.readMessage().body, as: UTF8.self)
        let line = try #require(text.split(separator: "\n").first { $0.contains("dropped_total{place=\"socket\"}") })
        return try #require(Int(line.split(separator: " ").last ?? ""))
    }

    @Test func `a socket gets a datagram per line, also those that did not fit its queue at once`() throws {
        let folder = try TemporaryFolder()
        let reader = try reader("\(folder.path)/log.sock")
        let (router, old) = try router("unix:\(folder.path)/log.sock")
        let client = try router.client()
        for number in 0..<600 {
            try client.send("GET /\(number) HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try client.readMessage()
        }
        for number in 0..<600 {
            guard case .bytes(let bytes) = reader.read() else {
                Issue.record("nothing came after \(number)")
                return
            }
            #expect(bytes.last == UInt8(ascii: "\n"))
            #expect(try JSONDocument(bytes).root["path"]?.string == "/\(number)")
        }
        #expect(try dropped(router) == 0)
        withExtendedLifetime(old) {}
    }

    @Test func `a reader that comes later gets what waited`() throws {
        let folder = try TemporaryFolder()
        let (router, old) = try router("unix:\(folder.path)/log.sock")
        _ = try router.get("/early")
        let reader = try reader("\(folder.path)/log.sock")
        guard case .bytes(let bytes) = reader.read() else {
            Issue.record("nothing came")
            return
        }
        #expect(try JSONDocument(bytes).root["path"]?.string == "/early")
        withExtendedLifetime(old) {}
    }

    @Test func `a reader that is stuck holds up nobody, what waits is bounded, and the rest is counted`() throws {
        let folder = try TemporaryFolder()
        let stuck = try reader("\(folder.path)/log.sock")
        let server = try RawServer { client in
            var head: [UInt8] = []
            while case .bytes(let bytes) = client.read() {
                head += bytes
                guard head.suffix(4).elementsEqual("\r\n\r\n".utf8) else { continue }
                head = []
                try client.send("HTTP/1.1 204 No Content\r\n\r\n")
            }
        }
        let router = try RouterFixture(
            configuration(
                legacy: server.port, service: try refusedPort(), top: "\"accessLog\": \"unix:\(folder.path)/log.sock\","
            )
        )
        let client = try router.client()
        let path = String(repeating: "p", count: 7000)
        // More than the loop's buffer, what may wait, and the socket's queue hold together.
        let end = Moment.read() + .seconds(30)
        var answered = 0
        while try dropped(router) == 0, Moment.read() < end {
            for _ in 0..<50 {
                try client.send("GET /\(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try client.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 204"))
                answered += 1
            }
        }
        #expect(try dropped(router) > 0)
        #expect(answered * 7000 > AccessLogSocket.pendingLimit)
        withExtendedLifetime(stuck) {}
    }
}
