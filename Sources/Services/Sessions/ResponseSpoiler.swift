import Glibc
import HTTP
import JSON
package import ServiceKit

/// Makes responses wrong on purpose, in one way, so that tests can show that comparing sides finds it.
///
/// `PIXELPULSE_WRONG` names the way. Debug builds only: a release build has none of this.
package enum ResponseSpoiler {
    /// The handler, whose responses are spoiled where the environment says so.
    ///
    /// - Parameter picture: spoils the bytes of a picture; nil for what is none.
    package static func around(
        _ handler: @escaping ServiceApp.Handler, picture: @escaping @Sendable ([UInt8]) -> [UInt8]? = { _ in nil }
    ) -> ServiceApp.Handler {
        #if DEBUG
            if let fault = ResponseFault.ofEnvironment {
                return { await fault.spoil(try await handler($0), picture: picture) }
            }
        #endif
        return handler
    }
}

#if DEBUG
    private enum ResponseFault: String, Sendable {
        case status
        case header
        case bodyValue = "body-value"
        case missingField = "missing-field"
        case extraField = "extra-field"
        case type
        case order
        case image
        case delay

        static let ofEnvironment: ResponseFault? = {
            guard let value = getenv("PIXELPULSE_WRONG") else { return nil }
            return ResponseFault(rawValue: String(cString: value))
        }()

        func spoil(
            _ response: ServiceResponse, picture: @Sendable ([UInt8]) -> [UInt8]?
        ) async -> ServiceResponse {
            guard response.status.isSuccess else { return response }
            var spoilt = response
            switch self {
            case .status: spoilt.status = HTTPStatus(203)
            case .header: spoilt.fields.append("x-wrong", "1")
            case .delay: try? await Task.sleep(for: .milliseconds(1_500))
            case .image:
                if case .bytes(let body) = response.body, let bytes = picture(body) { spoilt.body = .bytes(bytes) }
            case .bodyValue, .missingField, .extraField, .type, .order:
                if case .bytes(let body) = response.body, let document = try? JSONDocument(body) {
                    var json = JSONWriter()
                    var isSpoilt = false
                    copy(document.root, to: &json, &isSpoilt)
                    spoilt.body = .bytes(json.bytes)
                }
            }
            return spoilt
        }

        /// Copies a document and spoils the first place that suits.
        private func copy(_ value: JSONValue, to json: inout JSONWriter, _ isSpoilt: inout Bool) {
            if let members = value.object {
                json.object { json in
                    var number = 0
                    for member in members {
                        number += 1
                        if self == .missingField, !isSpoilt, member.value.kind != .array, number == value.count {
                            isSpoilt = true
                            continue
                        }
                        json.name(member.key)
                        copy(member.value, named: member.key, to: &json, &isSpoilt)
                    }
                    if self == .extraField, !isSpoilt {
                        isSpoilt = true
                        json.member("unexpected", true)
                    }
                }
            } else if let elements = value.array {
                var list = Array(elements)
                if self == .order, !isSpoilt, list.count > 1 {
                    isSpoilt = true
                    list.reverse()
                }
                json.array { json in for element in list { copy(element, to: &json, &isSpoilt) } }
            } else {
                json.value(value)
            }
        }

        private func copy(_ value: JSONValue, named name: String, to json: inout JSONWriter, _ isSpoilt: inout Bool) {
            // Identifiers and times may differ between sides; a wrong one would not be noticed, and rightly so.
            let isPlain =
                value.string != nil && !name.hasSuffix("id") && !name.hasSuffix("url") && !name.hasSuffix("_at")
            guard isPlain, !isSpoilt, self == .bodyValue || self == .type, let text = value.string else {
                return copy(value, to: &json, &isSpoilt)
            }
            isSpoilt = true
            if self == .bodyValue { json.string(text + " (wrong)") } else { json.int(text.utf8.count) }
        }
    }
#endif
