internal import JSON

/// What a value of the configuration looks like. One description serves the decoder, the defaults, and the JSON Schema,
/// so that they cannot drift apart.
package indirect enum Shape: Sendable {
    case bool
    /// Any text, or text that a check refuses with a sentence.
    case text(TextForm)
    /// One of the words; `reserved` ones have a meaning to come: they pass here, and a rule refuses them with its
    /// reason.
    case choice([String], reserved: [String] = [])
    case integer(ClosedRange<Int>)
    case percent
    /// "250ms"; `allowsOff`: "off" means no limit.
    case duration(allowsOff: Bool)
    /// "8KiB".
    case size
    /// "240B/s"; 0 is off.
    case rate
    /// Status codes and ranges of them: 204, "200-399", "200-299,401", or a list.
    case statuses
    case list(Shape, atLeast: Int)
    /// Names chosen by the author; `names` says what they may be.
    case map(Shape, names: TextForm = .name)
    case object(ObjectShape)
    /// Text for the usual case, an object to say more.
    case textOrObject(TextForm, ObjectShape)
    /// `{name: value}` or `[{"name": …, "value": …}]`; the value `true` asks for presence only.
    case conditions
}

/// A kind of text with its own grammar.
package enum TextForm: String, Sendable {
    case free, name, path, template, method, host, header, key, endpoint, listener, file, addressRange, tracing
    /// Of a probe: a path and perhaps a query, a Host, the name of a field, its value.
    case probePath, authority, probeHeader, fieldValue

    /// What stands in the schema's `pattern`; nil: any text.
    var pattern: String? {
        switch self {
        case .free, .file, .host, .authority, .fieldValue: nil
        case .name: "^[A-Za-z0-9][A-Za-z0-9._-]*$"
        case .path, .template, .probePath: "^/"
        case .method: "^[A-Z][A-Z0-9_-]*$"
        case .tracing: "^(off|create|sample:(0|1|0?\\.[0-9]+|1\\.0+|0\\.[0-9]+))$"
        case .header, .probeHeader: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"
        case .key: "^(path:.+|jwt:.+|header:.+|cookie:.+|query:.+|client-ip)$"
        case .endpoint, .listener: "^(unix:.+|.*:[0-9]+)$"
        case .addressRange: "^[0-9a-fA-F.:]+(/[0-9]+)?$"
        }
    }
}

/// An object of the configuration: its keys, in the order in which they are documented.
package struct ObjectShape: Sendable {
    package let fields: [Field]
    /// Of the fields, in their order, and of those without which the object is not whole: looked through for each
    /// object of a document, where a field taken out whole is ten references counted.
    private let keys: [String]
    let requiredPlaces: [Int]

    package struct Field: Sendable {
        package let key: String
        package let shape: Shape
        /// The value that is assumed, as it would be written (without quotes); nil: none.
        package let standard: String?
        package let isRequired: Bool
        package let summary: String
        /// The key as messages name it; made once, as every value of a document is checked under it.
        let label: String

        package init(
            _ key: String, _ shape: Shape, default standard: String? = nil, required isRequired: Bool = false,
            _ summary: String
        ) {
            self.key = key
            self.shape = shape
            self.standard = standard
            self.isRequired = isRequired
            self.summary = summary
            label = "\"\(key)\""
        }
    }

    package init(_ fields: [Field]) {
        self.fields = fields
        keys = fields.map(\.key)
        requiredPlaces = fields.indices.filter { fields[$0].isRequired }
    }

    package func field(_ key: String) -> Field? { place(of: key).map { fields[$0] } }

    /// In the order of the table: a document of ten thousand routes asks a hundred thousand times, and to hash a text
    /// took longer.
    func place(of key: String) -> Int? { keys.firstIndex(of: key) }

    /// Which field a member of a document is for. By bytes: no text is made for it.
    func place(of member: JSONMember) -> Int? { keys.firstIndex { member.named($0) } }
}
