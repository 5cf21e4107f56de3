import EventLoop
import HTTP
import HTTPTransport

/// The upstream of the benchmarks: answers every request with as many bytes as the number behind the last `/` of its
/// path says. `/served` answers with how many requests it has served, itself not counted.
final class Upstream: ClientStreamDelegate {
    fileprivate var served = 0
    private let loop: Loop
    private var free: [Answering] = []
    /// Bodies by their size, made at first use and kept.
    private var bodies: [Int: UnsafeRawBufferPointer] = [:]

    init(loop: Loop) { self.loop = loop }

    func requestHead(_ connection: any ClientStream, _ request: RequestHeadView) {
        let answering = free.popLast() ?? Answering(self)
        connection.delegate = answering
        let path = request[request.head.pathAndQuery]
        answering.wantsCount = path.elementsEqual("/served".utf8)
        answering.size = Self.number(behindLastSlashOf: path)
    }

    private static func number(behindLastSlashOf path: UnsafeRawBufferPointer) -> Int {
        var size = 0
        var inNumber = true
        for byte in path {
            switch byte {
            case UInt8(ascii: "/"): (size, inNumber) = (0, true)
            case 0x30...0x39 where inNumber: size = min(size * 10 + Int(byte - 0x30), 16 << 20)
            default: inNumber = false
            }
        }
        return size
    }

    fileprivate func answer(_ connection: any ClientStream, _ answering: Answering) {
        guard !answering.wantsCount else {
            var text = "\(served)\n"
            text.withUTF8 { respond(connection, UnsafeRawBufferPointer($0)) }
            return
        }
        served += 1
        respond(connection, body(answering.size))
    }

    private func respond(_ connection: any ClientStream, _ body: UnsafeRawBufferPointer) {
        var head = connection.beginHead(.ok)
        head.append("content-type: application/octet-stream\r\n")
        connection.sendHead(head, body: .length(UInt64(body.count)))
        connection.sendBody(body)
        connection.finish()
    }

    private func body(_ size: Int) -> UnsafeRawBufferPointer {
        if let made = bodies[size] { return made }
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
        bytes.initializeMemory(as: UInt8.self, repeating: UInt8(ascii: "x"))
        bodies[size] = UnsafeRawBufferPointer(bytes)
        return UnsafeRawBufferPointer(bytes)
    }

    fileprivate func recycle(_ answering: Answering) { free.append(answering) }
}

/// One request, answered when it has come whole.
private final class Answering: ClientStreamDelegate {
    unowned let upstream: Upstream
    var size = 0
    var wantsCount = false

    init(_ upstream: Upstream) { self.upstream = upstream }

    func requestHead(_ connection: any ClientStream, _ request: RequestHeadView) {}
    func requestEnd(_ connection: any ClientStream) { upstream.answer(connection, self) }
    func exchangeEnded(_ connection: any ClientStream, _ end: ExchangeEnd) { upstream.recycle(self) }
}
