#if DEBUG
    import Glibc
    import HTTP
    import Imaging
    import JSON
    import ServiceKit

    /// Makes answers wrong on purpose, in one way, so that tests can show that comparing sides finds it.
    ///
    /// `PIXELPULSE_WRONG` names the way. Debug builds only: a release build has none of this.
    enum Wrongness: String, Sendable {
        case status
        case header
        case bodyValue = "body-value"
        case missingField = "missing-field"
        case extraField = "extra-field"
        case type
        case order
        case image
        case delay

        static let ofEnvironment: Wrongness? = {
            guard let value = getenv("PIXELPULSE_WRONG") else { return nil }
            return Wrongness(rawValue: String(cString: value))
        }()

        func spoil(_ answer: ServiceResponse) async -> ServiceResponse {
            guard answer.status.isSuccess else { return answer }
            var spoilt = answer
            switch self {
            case .status: spoilt.status = HTTPStatus(203)
            case .header: spoilt.fields.append("x-wrong", "1")
            case .delay: try? await Task.sleep(for: .milliseconds(1_500))
            case .image:
                if case .bytes(let body) = answer.body, let picture = try? ImageCodec.decode(body) {
                    var bitmap = picture.bitmap
                    for index in stride(from: 0, to: bitmap.pixels.count, by: 4) { bitmap.pixels[index] ^= 0x40 }
                    if let bytes = try? ImageCodec.encode(bitmap, as: picture.header.format) {
                        spoilt.body = .bytes(bytes)
                    }
                }
            case .bodyValue, .missingField, .extraField, .type, .order:
                if case .bytes(let body) = answer.body, let document = try? JSONDocument(body) {
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
