import Imaging

extension Bitmap {
    /// The largest difference of any channel of any pixel; nil when the sizes differ.
    func largestDifference(from other: Bitmap) -> Int? {
        guard width == other.width, height == other.height else { return nil }
        return zip(pixels, other.pixels).map { abs(Int($0) - Int($1)) }.max() ?? 0
    }
}
