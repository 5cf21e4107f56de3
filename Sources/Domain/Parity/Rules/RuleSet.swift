/// What counts as equal: the rules of one file or one step, on top of the defaults.
package struct RuleSet: Sendable, Equatable {
    /// First match wins; where none matches, values are compared exactly.
    package var body: [BodyRule]
    /// The checks by lower-case name of the header. A header without a check is not compared.
    package var headers: [String: HeaderCheck]
    /// `warning` (default) or `mismatch`: what a member is that only the candidate has.
    package var extraMembers: Severity
    package var image: ImageTolerance
    package var latency: LatencyTolerance
    /// Bodies beyond this are not compared: *incomparable*. Default 32 MiB.
    package var mostBodyBytes: Int
    /// Values looked at for one pair, trials of unordered elements included; beyond it the pair is *incomparable*.
    package var mostVisitedValues = 1_000_000

    /// How far two pictures may be apart. The default is for the same algorithm on both sides; a service that encodes
    /// anew with another library wants `psnr` 38 and `maxDelta` 255.
    package struct ImageTolerance: Sendable, Equatable {
        /// Greatest difference of one channel, default 2.
        package var greatestDelta: Int
        /// Least peak signal-to-noise ratio in decibels, default 45.
        package var signalToNoise: Double

        package init(greatestDelta: Int = 2, signalToNoise: Double = 45) {
            self.greatestDelta = greatestDelta
            self.signalToNoise = signalToNoise
        }
    }

    /// The candidate is late when it took longer than `factor` × the other side and more than `slack` longer: both, so
    /// that neither a fast pair nor a slow one raises a false alarm.
    package struct LatencyTolerance: Sendable, Equatable {
        package var factor: Double
        package var slack: Duration

        package init(factor: Double = 3, slack: Duration = .seconds(2)) {
            self.factor = factor
            self.slack = slack
        }
    }

    package init(
        body: [BodyRule] = [], headers: [String: HeaderCheck] = [:], extraMembers: Severity = .warning,
        image: ImageTolerance = ImageTolerance(), latency: LatencyTolerance = LatencyTolerance(),
        mostBodyBytes: Int = 32 << 20
    ) {
        self.body = body
        var merged: [String: HeaderCheck] = [:]
        for (name, check) in HeaderCheck.defaults { merged[name] = check }
        self.headers = merged.merging(headers) { _, given in given }
        self.extraMembers = extraMembers
        self.image = image
        self.latency = latency
        self.mostBodyBytes = mostBodyBytes
    }

    /// The check for a path of the body.
    func check(at path: [String]) -> Check {
        body.first { $0.path.matches(path) }?.check ?? .exact
    }
}
