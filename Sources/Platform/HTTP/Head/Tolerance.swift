/// How strictly the responses of an upstream are read.
///
/// Both repair what the standard tells a proxy to repair: a blank before the colon of a field (RFC 9112 5.1), folded
/// lines (5.2), a body that is announced with 204 (6.3: there is none; the connection ends). Neither accepts two
/// framings, or anything else that can be read in two ways.
package enum Tolerance: UInt8, Sendable {
    /// Only these repairs.
    case strict
    /// What old servers send as well: heads whose lines all end in a line feed alone, blanks behind a chunk's size,
    /// `Transfer-Encoding: identity` alone and chunked in HTTP/1.0 (both end the connection), status codes 600 to 999.
    case legacy
}
