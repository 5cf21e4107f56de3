/// Writes the Prometheus text format (prometheus.io/docs/instrumenting/exposition_formats), clean under
/// `promtool check metrics`.
///
/// ```swift
/// var text = MetricsText()
/// text.family("strangler_requests_total", .counter, "Requests answered.")
/// text.sample(["route": "profile", "side": "service"], 41)
/// ```
package struct MetricsText: Sendable {
    package enum Kind: String, Sendable { case counter, gauge, histogram }

    package private(set) var bytes: [UInt8] = []
    private var name = ""

    package init() {}

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Begins a family; its samples follow.
    package mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        self.name = name
        write("# HELP \(name) \(Self.escaped(help))\n# TYPE \(name) \(kind.rawValue)\n")
    }

    package mutating func sample(_ labels: KeyValuePairs<String, String>, _ value: some BinaryInteger) {
        line("", Array(labels), "\(value)")
    }

    package mutating func sample(_ labels: KeyValuePairs<String, String>, _ value: Double) {
        line("", Array(labels), Self.number(value))
    }

    /// A sample without labels.
    package mutating func sample(_ value: some BinaryInteger) { line("", [], "\(value)") }
    package mutating func sample(_ value: Double) { line("", [], Self.number(value)) }

    private mutating func line(_ suffix: String, _ labels: [(key: String, value: String)], _ value: String) {
        write(name + suffix)
        if !labels.isEmpty {
            let pairs = labels.map { label in
                "\(label.key)=\"\(Self.escaped(label.value, quotes: true))\""
            }
            write("{\(pairs.joined(separator: ","))}")
        }
        write(" \(value)\n")
    }

    /// `quotes`: within a label's value, where they would end it. Not by `replacing`, which links the library of
    /// regular expressions.
    private static func escaped(_ text: String, quotes: Bool = false) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result.append(contentsOf: "\\\\".unicodeScalars)
            case "\n": result.append(contentsOf: "\\n".unicodeScalars)
            case "\"" where quotes: result.append(contentsOf: "\\\"".unicodeScalars)
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    private mutating func write(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
    }
}
