import EventLoop
import HTTP
import HTTPTransport

/// The listener's delegate: makes an exchange of every request head.
final class ServiceConnections: ClientStreamDelegate {
    private let app: ServiceApp
    private let counters: ServiceCounters
    private let bodyLimit: UInt64

    init(app: ServiceApp, counters: ServiceCounters, bodyLimit: UInt64) {
        self.app = app
        self.counters = counters
        self.bodyLimit = bodyLimit
    }

    func requestHead(_ connection: any ClientStream, _ view: RequestHeadView) {
        let exchange = ServiceExchange(connection, counters: counters)
        connection.delegate = exchange
        exchange.start(view, app: app, bodyLimit: bodyLimit)
    }

    // Everything after the head goes to the exchange, which takes the delegate's place for its time.
    func requestBody(_ connection: any ClientStream, _ bytes: UnsafeRawBufferPointer) {}
    func requestEnd(_ connection: any ClientStream) {}
    func responseWritable(_ connection: any ClientStream) {}
    func exchangeEnded(_ connection: any ClientStream, _ end: ExchangeEnd) {}
}
