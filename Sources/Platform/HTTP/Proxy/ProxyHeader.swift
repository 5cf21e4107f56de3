/// The header of the PROXY protocol, version 2: what a load balancer says of a connection before its first byte.
/// Source: haproxy.org, "The PROXY protocol", section 2.2. Version 1 (in words) is not accepted.
package enum ProxyHeader: Equatable, Sendable {
    /// The connection is the sender's own (a health check), or its client has no address that can be used: the socket's
    /// address counts.
    case local
    /// The client for which the sender connects.
    case client(Address)

    package enum Address: Equatable, Sendable {
        /// In host order: 127.0.0.1 is 0x7F000001.
        case four(UInt32, port: UInt16)
        case six(high: UInt64, low: UInt64, port: UInt16)
    }

    package enum Progress: Equatable, Sendable {
        /// At least so many bytes are needed in all, and those that have come are valid so far. It is never more than
        /// the header has, so a caller that reads no more than this leaves what follows in the socket.
        case needs(Int)
        /// The bytes cannot become such a header. The connection is to be closed.
        case invalid(Violation)
        /// The header, and its length in bytes.
        case complete(length: Int, ProxyHeader)
    }

    package enum Violation: Equatable, Sendable {
        /// An ordinary request, or version 1 of the protocol.
        case noSignature
        case wrongVersion
        case unknownCommand
        /// Or the header is about datagrams.
        case unknownFamily
        case tooLong
        case addressesCutOff
        case extensionCutOff
    }

    /// `\r\n\r\n\0\r\nQUIT\n`: what no HTTP request begins with.
    package static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
    /// Signature, command, family, length.
    package static let fixedLength = 16
    /// Longest header that is read. The largest that senders are known to write, with certificate and identifiers, is
    /// below 1 KiB.
    package static let lengthLimit = 2 << 10

    /// - Parameter bytes: all that has come of the connection so far.
    package static func parse(_ bytes: UnsafeRawBufferPointer) -> Progress {
        for (index, byte) in bytes.prefix(signature.count).enumerated() where byte != signature[index] {
            return .invalid(.noSignature)
        }
        guard bytes.count > 12 else { return .needs(fixedLength) }
        let command = bytes[12]
        guard command >> 4 == 2 else { return .invalid(.wrongVersion) }
        guard command & 0xF <= 1 else { return .invalid(.unknownCommand) }
        guard bytes.count >= fixedLength else { return .needs(fixedLength) }
        let length = fixedLength + Int(bytes[14]) << 8 + Int(bytes[15])
        guard length <= lengthLimit else { return .invalid(.tooLong) }
        guard bytes.count >= length else { return .needs(length) }
        // Of a LOCAL header nothing but the length counts, not even the family (2.2).
        guard command & 0xF == 1 else { return .complete(length: length, .local) }
        return client(family: bytes[13], UnsafeRawBufferPointer(rebasing: bytes[fixedLength..<length]), length)
    }

    private static func client(family: UInt8, _ block: UnsafeRawBufferPointer, _ length: Int) -> Progress {
        let header: ProxyHeader
        let addresses: Int
        switch family {
        case 0x00:
            // AF_UNSPEC: whatever follows is to be ignored.
            return .complete(length: length, .local)
        case 0x11:
            addresses = 12
            guard block.count >= addresses else { return .invalid(.addressesCutOff) }
            header = .client(.four(UInt32(word(block, 0, 4)), port: UInt16(word(block, 8, 2))))
        case 0x21:
            addresses = 36
            guard block.count >= addresses else { return .invalid(.addressesCutOff) }
            header = .client(six(high: word(block, 0, 8), low: word(block, 8, 8), port: UInt16(word(block, 32, 2))))
        case 0x31:
            // Two paths of 108 bytes, which are no address of a client.
            addresses = 216
            guard block.count >= addresses else { return .invalid(.addressesCutOff) }
            header = .local
        default: return .invalid(.unknownFamily)
        }
        guard hasWholeExtensions(block, from: addresses) else { return .invalid(.extensionCutOff) }
        return .complete(length: length, header)
    }

    /// IPv4 in IPv6 is the same client as in IPv4.
    private static func six(high: UInt64, low: UInt64, port: UInt16) -> Address {
        high == 0 && low >> 32 == 0xFFFF
            ? .four(UInt32(truncatingIfNeeded: low), port: port) : .six(high: high, low: low, port: port)
    }

    /// Checks that type, length and value follow each other up to the end. The values are not used.
    private static func hasWholeExtensions(_ block: UnsafeRawBufferPointer, from start: Int) -> Bool {
        var offset = start
        while offset < block.count {
            guard block.count - offset >= 3 else { return false }
            offset += 3 + Int(word(block, offset + 1, 2))
        }
        return offset == block.count
    }

    /// At most eight bytes, in network order. The caller has checked that they are there.
    private static func word(_ block: UnsafeRawBufferPointer, _ offset: Int, _ count: Int) -> UInt64 {
        block[offset..<offset + count].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
