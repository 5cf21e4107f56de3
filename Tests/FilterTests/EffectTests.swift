import Imaging
import Monolith
import Testing

@testable import Filter

@Suite struct EffectTests {
    /// Worked out by hand from the definitions; the monolith's tests hold the same pixels.
    @Test(
        arguments: [
            ("grayscale", ["amount": 1], [255, 0, 0], [76, 76, 76]),
            ("grayscale", ["amount": 0.5], [200, 0, 0], [130, 30, 30]),
            ("sepia", [:], [100, 100, 100], [135, 120, 94]),
            ("contrast", ["amount": 1], [64, 128, 191], [40, 128, 215]),
            ("contrast", ["amount": -1], [0, 128, 255], [128, 128, 128]),
            ("vignette", ["strength": 1], [9, 9, 9], [9, 9, 9]),
            ("blur", ["radius": 50], [10, 20, 30], [10, 20, 30]),
            ("sharpen", ["amount": 2], [10, 20, 30], [10, 20, 30]),
            ("aesthetic", ["strength": 0], [10, 20, 30], [10, 20, 30]),
        ] as [(String, [String: Double], [UInt8], [UInt8])])
    func `known pixels come out as reckoned`(name: String, settings: [String: Double], before: [UInt8], after: [UInt8])
        throws
    {
        let effect = try #require(Effect.named(name))
        let bitmap = Bitmap(width: 1, height: 1, filledWith: (before[0], before[1], before[2], 255))
        let result = effect.apply(settings, to: bitmap)
        let wanted = Bitmap(width: 1, height: 1, filledWith: (after[0], after[1], after[2], 255))
        #expect(try #require(result.largestDifference(from: wanted)) <= 1)
    }

    /// The extracted filters against the monolith's, which they were not copied from: every filter, at both ends of
    /// every parameter and between, on a noisy picture with and without transparency.
    @Test(arguments: FilterCatalogue.all.map(\.name), [false, true])
    func `both sides agree within two`(name: String, transparent: Bool) throws {
        let effect = try #require(Effect.named(name))
        let description = try #require(FilterCatalogue.named(name))
        var state: UInt64 = 7
        let pixels = (0..<37 * 23 * 4).map { index -> UInt8 in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let noise = UInt8(truncatingIfNeeded: state >> 40)
            return index % 4 == 3 && !transparent ? 255 : noise
        }
        let picture = try #require(Bitmap(width: 37, height: 23, pixels: pixels))
        let parameter = try #require(description.parameters.first)
        for share in [0, 0.31, 0.5, 1.0] {
            var value = parameter.range.lowerBound + share * (parameter.range.upperBound - parameter.range.lowerBound)
            if parameter.wholeNumber { value = value.rounded() }
            let legacy = try #require(PixelFilter(name: name, parameters: [parameter.name: value])).apply(to: picture)
            let service = effect.apply([parameter.name: value], to: picture)
            #expect(service.width == legacy.width && service.height == legacy.height)
            // A colour under (nearly) no alpha cannot be seen and is not compared.
            var worst = 0
            for index in 0..<37 * 23 {
                for channel in 0..<4 where channel == 3 || legacy.pixels[index * 4 + 3] >= 32 {
                    let offset = index * 4 + channel
                    worst = max(worst, abs(Int(legacy.pixels[offset]) - Int(service.pixels[offset])))
                }
            }
            #expect(worst <= 2, "\(name) \(parameter.name)=\(value)")
        }
    }

    @Test func `both sides list the same filters and parameters`() {
        #expect(Effect.all.map(\.name) == FilterCatalogue.all.map(\.name))
        for (effect, description) in zip(Effect.all, FilterCatalogue.all) {
            #expect(effect.settings.map(\.name) == description.parameters.map(\.name))
            #expect(effect.settings.map(\.fallback) == description.parameters.map(\.standard))
            #expect(effect.settings.map(\.minimum) == description.parameters.map(\.range.lowerBound))
            #expect(effect.settings.map(\.maximum) == description.parameters.map(\.range.upperBound))
        }
    }
}
