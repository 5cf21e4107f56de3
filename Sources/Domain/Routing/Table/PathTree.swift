private import Hashing

internal import func Glibc.memchr
internal import func Glibc.memcmp

/// All path patterns of a table as one flat tree of segments: a path is walked once, whatever the number of routes.
///
/// Built once, never changed after; every loop reads it. A node has its literal children in one hash table shared by
/// the whole tree (keyed by node and segment), at most one parameter child, and two ranges into `candidates`.
final class PathTree: @unchecked Sendable {
    // @unchecked: all memory is written in `init` only.

    private struct Node {
        var parameterChild: Int32 = -1
        var hasLiterals = false
        /// Routes whose prefix ends here: they match this path and every longer one.
        var prefixes: (start: Int32, count: Int32) = (0, 0)
        /// Routes whose exact path or template ends here.
        var wholes: (start: Int32, count: Int32) = (0, 0)
    }

    private struct Edge {
        var parent: Int32 = -1
        var child: Int32 = -1
        var hash: UInt32 = 0
        var textStart: Int32 = 0
        var textCount: Int32 = 0
    }

    private let nodes: UnsafeMutablePointer<Node>
    private let nodeCount: Int
    private let edges: UnsafeMutablePointer<Edge>
    private let edgeMask: Int
    private let text: UnsafeMutablePointer<UInt8>
    /// Ranks of routes, ascending within each range.
    private let candidates: UnsafeMutablePointer<Int32>

    /// - Parameter patterns: in order of rank: the first that matches and whose other conditions hold wins.
    init(_ patterns: [PathPattern]) {
        var draft = Draft()
        for (rank, pattern) in patterns.enumerated() { draft.add(pattern, rank: Int32(rank)) }
        nodeCount = draft.nodes.count
        nodes = .allocate(capacity: nodeCount)
        candidates = .allocate(capacity: max(patterns.count, 1))
        var used = 0
        for (index, draftNode) in draft.nodes.enumerated() {
            var node = Node()
            node.parameterChild = draftNode.parameterChild
            node.prefixes = (Int32(used), Int32(draftNode.prefixes.count))
            for rank in draftNode.prefixes {
                (candidates + used).initialize(to: rank)
                used += 1
            }
            node.wholes = (Int32(used), Int32(draftNode.wholes.count))
            for rank in draftNode.wholes {
                (candidates + used).initialize(to: rank)
                used += 1
            }
            (nodes + index).initialize(to: node)
        }
        var capacity = 16
        while capacity < draft.children.count * 2 { capacity *= 2 }
        edgeMask = capacity - 1
        edges = .allocate(capacity: capacity)
        edges.initialize(repeating: Edge(), count: capacity)
        text = .allocate(capacity: max(draft.children.keys.reduce(0) { $0 + $1.literal.utf8.count }, 1))
        var textUsed = 0
        for (step, child) in draft.children {
            nodes[Int(step.parent)].hasLiterals = true
            var literal = step.literal
            let count = literal.withUTF8 { bytes in
                UnsafeMutableRawBufferPointer(start: text + textUsed, count: bytes.count).copyMemory(
                    from: UnsafeRawBufferPointer(bytes))
                return bytes.count
            }
            let hash = Self.hash(text + textUsed, count, parent: step.parent)
            var slot = Int(hash) & edgeMask
            while edges[slot].parent >= 0 { slot = (slot + 1) & edgeMask }
            edges[slot] = Edge(
                parent: step.parent, child: child, hash: hash, textStart: Int32(textUsed), textCount: Int32(count))
            textUsed += count
        }
    }

    deinit {
        nodes.deallocate()
        edges.deallocate()
        text.deallocate()
        candidates.deallocate()
    }

    /// The least rank whose pattern matches `path` and which `accepts` accepts; nil when there is none.
    ///
    /// `accepts` is asked in ascending order within one pattern, and never for a rank above the best so far.
    func first(matching path: UnsafeRawBufferPointer, where accepts: (Int) -> Bool) -> Int? {
        guard let base = path.baseAddress, path.count > 0, path[0] == UInt8(ascii: "/") else { return nil }
        var best = Int32.max
        visit(0, base.assumingMemoryBound(to: UInt8.self), 0, path.count, &best, accepts)
        return best == .max ? nil : Int(best)
    }

    /// `position` stands on the slash before the next segment, or at the end. Depth is bounded by the longest pattern.
    private func visit(
        _ node: Int32, _ path: UnsafePointer<UInt8>, _ position: Int, _ end: Int, _ best: inout Int32,
        _ accepts: (Int) -> Bool
    ) {
        let here = nodes + Int(node)
        consider(here.pointee.prefixes, &best, accepts)
        if position >= end {
            consider(here.pointee.wholes, &best, accepts)
            return
        }
        guard here.pointee.hasLiterals || here.pointee.parameterChild >= 0 else { return }
        let start = position + 1
        let next = memchr(path + start, 0x2F, end - start)
        let segmentEnd = next.map { UnsafePointer($0.assumingMemoryBound(to: UInt8.self)) - path } ?? end
        if here.pointee.hasLiterals, let child = child(of: node, path + start, segmentEnd - start) {
            visit(child, path, segmentEnd, end, &best, accepts)
        }
        if here.pointee.parameterChild >= 0, segmentEnd > start {
            visit(here.pointee.parameterChild, path, segmentEnd, end, &best, accepts)
        }
    }

    @inline(__always)
    private func consider(_ range: (start: Int32, count: Int32), _ best: inout Int32, _ accepts: (Int) -> Bool) {
        for index in 0..<Int(range.count) {
            let rank = candidates[Int(range.start) + index]
            guard rank < best else { return }
            if accepts(Int(rank)) {
                best = rank
                return
            }
        }
    }

    private func child(of node: Int32, _ segment: UnsafePointer<UInt8>, _ count: Int) -> Int32? {
        let hash = Self.hash(segment, count, parent: node)
        var slot = Int(hash) & edgeMask
        while true {
            let edge = edges + slot
            if edge.pointee.parent < 0 { return nil }
            if edge.pointee.hash == hash, edge.pointee.parent == node, Int(edge.pointee.textCount) == count,
                memcmp(text + Int(edge.pointee.textStart), segment, count) == 0
            {
                return edge.pointee.child
            }
            slot = (slot + 1) & edgeMask
        }
    }

    private static func hash(_ bytes: UnsafeRawPointer?, _ count: Int, parent: Int32) -> UInt32 {
        let hash = XXH64.hash(UnsafeRawBufferPointer(start: bytes, count: count), seed: UInt64(UInt32(parent)))
        return UInt32(truncatingIfNeeded: hash)
    }

    /// The tree while it grows.
    private struct Draft {
        struct Node {
            var parameterChild: Int32 = -1
            var prefixes: [Int32] = []
            var wholes: [Int32] = []
        }
        var nodes = [Node()]
        /// Where literals lead to. One for the whole tree rather than one for each of its nodes.
        private(set) var children: [Step: Int32] = [:]

        /// One segment further from a node.
        struct Step: Hashable {
            let parent: Int32
            let literal: String
        }

        mutating func add(_ pattern: PathPattern, rank: Int32) {
            var node = 0
            for segment in pattern.pathSegments {
                switch segment {
                case .literal(let literal):
                    let step = Step(parent: Int32(node), literal: literal)
                    if let child = children[step] {
                        node = Int(child)
                        continue
                    }
                    nodes.append(Node())
                    children[step] = Int32(nodes.count - 1)
                case .parameter:
                    if nodes[node].parameterChild >= 0 {
                        node = Int(nodes[node].parameterChild)
                        continue
                    }
                    nodes.append(Node())
                    nodes[node].parameterChild = Int32(nodes.count - 1)
                }
                node = nodes.count - 1
            }
            if case .prefix = pattern { nodes[node].prefixes.append(rank) } else { nodes[node].wholes.append(rank) }
        }
    }
}
