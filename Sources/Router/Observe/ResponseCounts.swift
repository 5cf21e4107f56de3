/// How many responses of each status each method got, in a small table that grows only when a new pair is first seen.
struct ResponseCounts: Sendable {
    struct Cell: Sendable {
        /// Raw value of the method.
        var method: UInt8
        var code: UInt16
        var count: UInt64
    }

    /// In order of first appearance; a route has a handful, so a walk beats a hash.
    private(set) var cells: [Cell] = []

    mutating func count(method: UInt8, code: UInt16) {
        for index in cells.indices where cells[index].code == code && cells[index].method == method {
            cells[index].count &+= 1
            return
        }
        cells.append(Cell(method: method, code: code, count: 1))
    }

    mutating func add(_ other: ResponseCounts) {
        for cell in other.cells {
            if let index = cells.firstIndex(where: { $0.method == cell.method && $0.code == cell.code }) {
                cells[index].count &+= cell.count
            } else {
                cells.append(cell)
            }
        }
    }

    var total: UInt64 { cells.reduce(0) { $0 &+ $1.count } }

    /// Answers with a code of the class (1 to 5).
    func ofClass(_ number: UInt16) -> UInt64 {
        cells.reduce(0) { $1.code / 100 == number ? $0 &+ $1.count : $0 }
    }
}
