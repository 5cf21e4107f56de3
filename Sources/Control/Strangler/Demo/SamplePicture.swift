import Imaging
import Load

/// Pictures made up on the spot: soft skies with a sun and hills, another for each number.
enum SamplePicture {
    static func encoded(_ number: Int, width: Int = 320, height: Int = 240) throws -> (bytes: [UInt8], type: String) {
        let format: ImageFormat = number % 2 == 0 ? .jpeg : .png
        return (try ImageCodec.encode(bitmap(number, width: width, height: height), as: format), format.mediaType)
    }

    static func bitmap(_ number: Int, width: Int, height: Int) -> Bitmap {
        var random = SeededRandom(seed: UInt64(number) &+ 7)
        let hue = random.unit()
        let sun = (x: Double(width) * (0.2 + 0.6 * random.unit()), y: Double(height) * (0.2 + 0.3 * random.unit()))
        let slope = (random.unit() - 0.5) * 0.6
        let ridge = Double(height) * (0.55 + 0.2 * random.unit())
        var bitmap = Bitmap(width: width, height: height, filledWith: (0, 0, 0, 255))
        for y in 0..<height {
            for x in 0..<width {
                let (dx, dy) = (Double(x) - sun.x, Double(y) - sun.y)
                let glow = max(0, 1 - (dx * dx + dy * dy).squareRoot() / (Double(height) * 0.6))
                let sky = Double(y) / Double(height)
                var red = 0.35 + 0.5 * hue + 0.5 * glow + 0.2 * sky
                var green = 0.4 + 0.2 * sky + 0.35 * glow
                var blue = 0.9 - 0.5 * sky * hue - 0.2 * glow
                let wave = Double((x * 7 + number * 31) % 97) / 97 * 6
                if Double(y) > ridge + slope * (Double(x) - Double(width) / 2) + wave {
                    (red, green, blue) = (0.12 + 0.2 * hue, 0.28 + 0.2 * sky, 0.2)
                }
                let offset = (y * width + x) * Bitmap.bytesPerPixel
                bitmap.pixels[offset] = level(red)
                bitmap.pixels[offset + 1] = level(green)
                bitmap.pixels[offset + 2] = level(blue)
            }
        }
        return bitmap
    }

    private static func level(_ value: Double) -> UInt8 { UInt8(min(max(value, 0), 1) * 255) }
}
