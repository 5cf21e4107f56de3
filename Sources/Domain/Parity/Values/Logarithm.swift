import func Glibc.exp
import func Glibc.log
import func Glibc.log10
import func Glibc.log1p

/// The one door to the C library's logarithms: sums of them keep products of thousands of small numbers exact enough.
enum Logarithm {
    static func natural(_ x: Double) -> Double { log(x) }
    static func decimal(_ x: Double) -> Double { log10(x) }
    /// ln(1 + x), exact also for tiny x.
    static func onePlus(_ x: Double) -> Double { log1p(x) }
    static func power(_ x: Double) -> Double { exp(x) }

    /// ln Γ(x) for x > 0, to about 14 digits: Stirling's series from 12 upwards, the recurrence Γ(x+1) = x·Γ(x) below.
    static func gamma(_ x: Double) -> Double {
        var shifted = x
        var correction = 0.0
        while shifted < 12 {
            correction -= log(shifted)
            shifted += 1
        }
        let inverse = 1 / shifted
        let square = inverse * inverse
        let series =
            inverse
            * (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260 - square * (1.0 / 1680 - square * (1.0 / 1188)))))
        return correction + (shifted - 0.5) * log(shifted) - shifted + 0.5 * log(2 * Double.pi) + series
    }

    /// ln B(a, b).
    static func beta(_ a: Double, _ b: Double) -> Double {
        gamma(a) + gamma(b) - gamma(a + b)
    }
}
