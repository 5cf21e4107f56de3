import EventLoop
import HTTP
import HTTPTransport

/// The listener's delegate: makes an exchange of every request head.
final class ServiceConnections: ServerConnectionDelegate {
    private let app: ServiceApp
    private let counters: ServiceCounters
    private let bodyLimit: UInt64

    init(app: ServiceApp, counters: ServiceCounters, bodyLimit: UInt64) {
        self.app = app
        self.counters = counters
        self.bodyLimit = bodyLimit
    }

    func requestHead(_ connection: ServerConnection, _ view: RequestHeadView) {
        let exchange = ServiceExchange(connection, counters: counters)
        connection.delegate = exchange
        exchange.start(view, app: app, bodyLimit: bodyLimit)
    }

    // Everything after the head goes to the exchange, which takes the delegate's place for its time.
    func requestBody(_ connection: ServerConnection, _ bytes: UnsafeRawBufferPointer) {}
    func requestEnd(_ connection: ServerConnection) {}
    func responseWritable(_ connection: ServerConnection) {}
    func exchangeEnded(_ connection: ServerConnection, _ end: ExchangeEnd) {}
}
