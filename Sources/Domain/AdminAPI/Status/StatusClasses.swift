/// Responses by the class of their status.
package struct StatusClasses: WireObject, Equatable {
    package var informational = 0
    package var good = 0
    package var redirects = 0
    package var clientErrors = 0
    package var serverErrors = 0

    package init() {}

    package init(
        informational: Int = 0, good: Int = 0, redirects: Int = 0, clientErrors: Int = 0, serverErrors: Int = 0
    ) {
        self.informational = informational
        self.good = good
        self.redirects = redirects
        self.clientErrors = clientErrors
        self.serverErrors = serverErrors
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.member("1xx", &informational)
        try wire.member("2xx", &good)
        try wire.member("3xx", &redirects)
        try wire.member("4xx", &clientErrors)
        try wire.member("5xx", &serverErrors)
    }

    package var total: Int { informational + good + redirects + clientErrors + serverErrors }
}
