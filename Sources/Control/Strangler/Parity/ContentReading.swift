import Compression
import Parity

/// The body of a response as its client reads it: without its content coding.
enum ContentReading {
    /// Largest body that comes out; bombs end here.
    static let mostBytes = 64 << 20

    static func undone(_ answer: RecordedResponse, limit: Int = mostBytes) -> RecordedResponse {
        // A value that was recorded as JSON was read already.
        guard answer.outcome == .answered, case .bytes(let bytes) = answer.body else { return answer }
        var read = answer
        do throws(ContentCoding.Failure) {
            read.body = .bytes(try ContentCoding.decode(bytes, answer.values(of: "content-encoding"), limit: limit))
        } catch {
            switch error {
            case .unknown(let name): read.codingProblem = .unknown(name)
            case .malformed(let coding, let reason): read.codingProblem = .malformed("\(coding): \(reason)")
            case .tooLarge:
                var large = RecordedResponse.unanswered(.tooLarge)
                large.took = answer.took
                return large
            }
        }
        return read
    }
}
