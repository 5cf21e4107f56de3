import Imaging

/// Three box means of `2 * radius + 1` pixels in each direction, edges repeated, colour weighed by alpha.
///
/// Each line is turned into running totals (64-bit, so that long lines stay exact) from which every mean is one
/// subtraction; values between the passes are floating point. One channel is held at a time.
struct TripleBox: PixelStep {
    let radius: Int

    func transform(_ picture: Bitmap) -> Bitmap {
        let radius = max(1, radius)
        let size = picture.width * picture.height
        let opacity = blurred(
            (0..<size).map { Float(picture.pixels[$0 * 4 + 3]) / 255 }, picture.width, picture.height, radius)
        var result = picture
        for channel in 0..<3 {
            let weighed = (0..<size).map {
                Float(picture.pixels[$0 * 4 + channel]) * Float(picture.pixels[$0 * 4 + 3]) / 255
            }
            let plane = blurred(weighed, picture.width, picture.height, radius)
            for index in 0..<size {
                let weight = opacity[index]
                result.pixels[index * 4 + channel] = weight > 0 ? Bitmap.eightBits(plane[index] / weight) : 0
            }
        }
        for index in 0..<size { result.pixels[index * 4 + 3] = Bitmap.eightBits(opacity[index] * 255) }
        return result
    }

    private func blurred(_ plane: [Float], _ width: Int, _ height: Int, _ radius: Int) -> [Float] {
        var plane = plane
        var line = [Float](repeating: 0, count: max(width, height))
        var totals = [Double](repeating: 0, count: max(width, height) + 2 * radius + 1)
        for (lines, length, start, step) in [(height, width, width, 1), (width, height, 1, width)] {
            for number in 0..<lines {
                for index in 0..<length { line[index] = plane[number * start + index * step] }
                for _ in 0..<3 { mean(&line, length, radius, &totals) }
                for index in 0..<length { plane[number * start + index * step] = line[index] }
            }
        }
        return plane
    }

    private func mean(_ line: inout [Float], _ length: Int, _ radius: Int, _ totals: inout [Double]) {
        // totals[i] is the sum of the first i values of the line with `radius` copies of each end before and after.
        totals[0] = 0
        for index in 0..<length + 2 * radius {
            totals[index + 1] = totals[index] + Double(line[min(max(index - radius, 0), length - 1)])
        }
        let share = 1 / Double(2 * radius + 1)
        for index in 0..<length {
            line[index] = Float((totals[index + 2 * radius + 1] - totals[index]) * share)
        }
    }
}

/// Adds `amount` times the difference from the mean of the 3 by 3 neighbourhood, edges repeated.
struct Sharpening: PixelStep {
    let amount: Float

    func transform(_ picture: Bitmap) -> Bitmap {
        let (width, height, source) = (picture.width, picture.height, picture.pixels)
        return picture.mappingColours { x, y, colour in
            var sum = SIMD3<Float>(repeating: 0)
            for row in y - 1...y + 1 {
                for column in x - 1...x + 1 {
                    let offset = (min(max(row, 0), height - 1) * width + min(max(column, 0), width - 1)) * 4
                    sum += SIMD3(Float(source[offset]), Float(source[offset + 1]), Float(source[offset + 2]))
                }
            }
            return colour + amount * (colour - sum / 9)
        }
    }
}
