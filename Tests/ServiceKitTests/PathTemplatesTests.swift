import HTTP
import ServiceKit
import Testing

struct PathTemplatesTests {
    private static let templates: PathTemplates<String> = {
        var templates = PathTemplates<String>()
        // The parameter first: a literal must win whatever the order.
        templates.add(.get, "/api/jobs/{id}", "job")
        templates.add(.get, "/api/jobs/mine", "mine")
        templates.add(.post, "/api/jobs/{id}", "post")
        templates.add(.get, "/static/{file...}", "static")
        templates.add(.get, "/", "root")
        return templates
    }()

    @Test(arguments: [
        (HTTPMethod.get, "/", "root"), (.head, "/", "root"),
        (.get, "/api/jobs/7", "job"), (.get, "/api/jobs/mine", "mine"), (.post, "/api/jobs/7", "post"),
        (.get, "/static/a/b.css", "static"), (.get, "/static/", "static"),
    ])
    func `a path finds its handler`(method: HTTPMethod, path: String, expected: String) {
        guard case .found(let name, _) = Self.templates.match(method, path) else {
            Issue.record("nothing matches \(path)")
            return
        }
        #expect(name == expected)
    }

    @Test(arguments: ["/api", "/api/jobs", "/api/jobs/", "/api/jobs/7/", "/api/jobs/7/x", "//", "/Static/x", ""])
    func `a path that is none is none`(path: String) {
        guard case .none = Self.templates.match(.get, path) else {
            Issue.record("\(path) matches")
            return
        }
    }

    @Test func `a path with other methods names them`() {
        guard case .otherMethods(let methods) = Self.templates.match(.delete, "/api/jobs/7") else {
            Issue.record("no 405")
            return
        }
        #expect(Set(methods) == [.get, .post])
    }
}
