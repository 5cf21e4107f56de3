/// What others may hold of an object that belongs to a loop: it leads to the object while that lives, and to nothing
/// afterwards.
///
/// Instead of a weak reference on the path of a request. Once an object was referred to weakly, each retain and release
/// of it goes by a side table for the rest of its life; with a pool and an endpoint that were, a small request took 375
/// instructions more.
///
/// Touched on the object's loop only. The object keeps its presence and calls `end()` in its `deinit`, which is what
/// makes `object` safe: the unmanaged reference is gone before the object is.
package final class Presence<Object: AnyObject> {
    private var reference: Unmanaged<Object>?

    package init(of object: Object) { reference = .passUnretained(object) }

    package var object: Object? { reference?.takeUnretainedValue() }

    package func end() { reference = nil }
}
