/// How long holds may last. A test on a busy machine gives itself more time.
package struct HoldBounds: Sendable {
    /// Milliseconds that all holds together may add to a request, at most; then it gets 503. Default 2,000.
    package var wait: UInt32 = 2000
    /// Milliseconds for which a hold may be had without being renewed, at most: a dead owner parks users for no longer.
    /// Default 5,000.
    package var lease = 5000

    package init() {}
}
