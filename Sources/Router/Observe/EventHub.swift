import AdminAPI
import HTTPTransport

/// Hands events to every client of `GET /v1/events`. Confined to the control loop.
final class EventHub {
    private var readers: [ObjectIdentifier: any ClientStream] = [:]

    var isEmpty: Bool { readers.isEmpty }
    static let readerLimit = 64

    func add(_ reader: any ClientStream) -> Bool {
        guard readers.count < Self.readerLimit else { return false }
        readers[ObjectIdentifier(reader)] = reader
        return true
    }

    func remove(_ reader: any ClientStream) { readers[ObjectIdentifier(reader)] = nil }

    /// - Parameter event: made only when somebody listens.
    func publish(_ event: @autoclosure () -> some AdminEvent) {
        if readers.isEmpty { return }
        send(event().text)
    }

    func keepAlive() { send(Array(": still here\n\n".utf8)) }

    private func send(_ bytes: [UInt8]) {
        for reader in readers.values {
            // A reader that does not read is cut: nothing queues without a bound.
            if reader.unsentCount > 64 << 10 {
                remove(reader)
                reader.abort()
            } else {
                bytes.withUnsafeBytes { reader.sendBody($0) }
            }
        }
    }

    func close() {
        for reader in readers.values { reader.finish() }
        readers = [:]
    }
}
