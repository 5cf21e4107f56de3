/// A target in both of its forms, for callers off the hot path. It is valid as long as the target and the buffer are.
package struct NormalTarget {
    /// Path and query as they are forwarded.
    package let forwarded: UnsafeRawBufferPointer
    /// The path of `forwarded`.
    package let forwardedPath: UnsafeRawBufferPointer
    /// The path as it is matched.
    package let path: UnsafeRawBufferPointer
    /// Behind the `?`, or empty.
    package let query: UnsafeRawBufferPointer
}

extension TargetNormaliser {
    /// As `TargetNormaliser.normalise`, with all parts of the result as values.
    package func read(
        _ target: UnsafeRawBufferPointer, into buffer: UnsafeMutableRawBufferPointer
    ) -> Result<NormalTarget, HTTPViolation> {
        let written = UnsafeRawBufferPointer(buffer)
        switch normalise(target, into: buffer) {
        case .invalid(let violation): return .failure(violation)
        case .canonical(let end): return .success(parts(target, end, UnsafeRawBufferPointer(rebasing: target[..<end])))
        case .respelled(let end, let matched):
            return .success(parts(target, end, UnsafeRawBufferPointer(rebasing: written[matched])))
        case .rewritten(let length, let end, let matched):
            let forwarded = UnsafeRawBufferPointer(rebasing: written[..<length])
            return .success(parts(forwarded, end, UnsafeRawBufferPointer(rebasing: written[matched])))
        }
    }

    private func parts(
        _ forwarded: UnsafeRawBufferPointer, _ pathEnd: Int, _ path: UnsafeRawBufferPointer
    ) -> NormalTarget {
        NormalTarget(
            forwarded: forwarded, forwardedPath: UnsafeRawBufferPointer(rebasing: forwarded[..<pathEnd]), path: path,
            query: UnsafeRawBufferPointer(rebasing: forwarded.dropFirst(pathEnd + 1)))
    }
}
