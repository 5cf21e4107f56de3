/// A handle to an object that belongs to a loop: `object` is the object while it lives, and nil afterwards.
///
/// It replaces a weak reference on the path of a request. Once an object has been referred to weakly, each retain and
/// release of it goes by a side table for the rest of its life; with weak references to a pool and an endpoint, a small
/// request took 375 instructions more.
///
/// It is used on the object's loop only. The object keeps its presence and calls `end()` in its `deinit`, which makes
/// `object` safe: the unmanaged reference is cleared before the object is gone.
package final class Presence<Object: AnyObject> {
    private var reference: Unmanaged<Object>?

    package init(of object: Object) { reference = .passUnretained(object) }

    package var object: Object? { reference?.takeUnretainedValue() }

    package func end() { reference = nil }
}
