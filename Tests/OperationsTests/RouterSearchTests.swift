import AdminAPI
import AdminClient
import ControlKit
import Routing
import Synchronization
import Testing

@testable import Operations

/// Where a command finds the router, from what lies around the file.
struct RouterSearchTests {
    private static let own = AdminAddress.unix("/srv/own.sock")
    private static let other = AdminAddress.unix("/srv/other.sock")
    private static let web = AdminAddress.tcp(host: "127.0.0.1", port: 8081)
    private static let guess = AdminAddress.unix("/srv/run/router.sock")

    private static func notice(_ admin: [AdminAddress], isAlive: Bool) -> RouterSearch.Notice {
        .init(
            place: "/srv/.routes.json.router",
            router: RunningRouter(
                pid: 4711, ticks: 9, startedAt: "", configuration: "/srv/routes.json", admin: admin.map(\.description),
                version: "1"), isAlive: isAlive)
    }

    struct Case: CustomTestStringConvertible {
        let testDescription: String
        var notice: (admin: [AdminAddress], isAlive: Bool)?
        var written: AdminAddress?
        var trouble = ""
        var copies: [AdminAddress] = []
        var strangers: [AdminAddress: String] = [:]
        var answering: Set<AdminAddress> = []
        let finds: AdminAddress?
        /// What is said about it, in pieces; none: nothing.
        var remark: [String] = []
    }

    static let cases: [Case] = [
        Case(
            testDescription: "the file says it, and it is so", notice: ([own], true), written: own, answering: [own],
            finds: own),
        Case(testDescription: "as before there were notices", written: own, answering: [own], finds: own),
        Case(
            testDescription: "a bad file, and a living router", notice: ([own], true), trouble: "is not JSON",
            answering: [own, guess],
            finds: own, remark: ["/srv/routes.json is not JSON", "/srv/own.sock", ".routes.json.router"]),
        Case(
            testDescription: "a file that is gone, and a router on TCP alone", notice: ([web], true),
            trouble: "cannot be read",
            answering: [web], finds: web, remark: ["cannot be read", "http://127.0.0.1:8081"]),
        Case(
            testDescription: "an edited file says another address", notice: ([own, web], true), written: other,
            answering: [own, other],
            finds: own, remark: ["says unix:/srv/other.sock by now", "unix:/srv/own.sock"]),
        Case(
            testDescription: "the file names the second of its addresses", notice: ([own, web], true), written: web,
            answering: [own, web], finds: web),
        Case(
            testDescription: "the socket was removed under it: TCP is left", notice: ([own, web], true),
            trouble: "is empty",
            answering: [web], finds: web, remark: ["is empty"]),
        Case(
            testDescription: "the socket that the file names was removed: TCP is left", notice: ([own, web], true),
            written: own, answering: [web], finds: web, remark: ["unix:/srv/own.sock accepts no connection"]),
        Case(testDescription: "a hung router, and a good file", notice: ([own], true), written: own, finds: own),
        Case(
            testDescription: "a hung router still is the one", notice: ([own], true), trouble: "is empty", finds: own,
            remark: ["is empty"]),
        Case(
            testDescription: "a notice of a dead one is passed over with a word", notice: ([own], false),
            written: other, finds: other,
            remark: ["ended (pid 4711)"]),
        Case(
            testDescription: "a notice of a dead one, and the file's router lives", notice: ([own], false),
            written: other,
            answering: [other], finds: other),
        Case(
            testDescription: "a process that is not to be seen from here, with a socket that is",
            notice: ([own], false),
            trouble: "is not JSON", answering: [own], finds: own, remark: ["is not JSON"]),
        Case(
            testDescription: "a port that another may have by now is no proof", notice: ([web], false),
            trouble: "is not JSON",
            answering: [web], finds: guess, remark: ["is not JSON", "ended"]),
        Case(
            testDescription: "no notice: a copy that worked", trouble: "cannot be read", copies: [own, other],
            answering: [other],
            finds: other, remark: ["cannot be read", "/srv/other.sock", "copy"]),
        Case(
            testDescription: "a copy before a guess", trouble: "is not JSON", copies: [own], answering: [own, guess],
            finds: own,
            remark: ["copy"]),
        Case(
            testDescription: "nothing but a guess", trouble: "is not JSON", answering: [guess], finds: guess,
            remark: ["is not JSON; asking the router at unix:/srv/run/router.sock"]),
        Case(
            testDescription: "the guess is the router of another configuration", trouble: "cannot be read",
            strangers: [guess: "/srv/b.json"], answering: [guess], finds: nil,
            remark: ["serves /srv/b.json, and is not asked"]),
        Case(
            testDescription: "a copy names another configuration's router", trouble: "cannot be read", copies: [other],
            strangers: [other: "/srv/b.json"], answering: [other], finds: guess, remark: ["cannot be read"]),
        Case(testDescription: "nobody anywhere", written: own, finds: own),
        Case(
            testDescription: "nobody anywhere, and no file", trouble: "cannot be read", copies: [own], finds: own,
            remark: ["cannot be read"]),
    ]

    @Test(arguments: cases) func `the search finds the router that serves the file`(_ one: Case) {
        var search = RouterSearch(file: "/srv/routes.json", guess: Self.guess)
        search.notices = one.notice.map { [Self.notice($0.admin, isAlive: $0.isAlive)] } ?? []
        search.written = one.written
        search.trouble = one.trouble
        search.copies = one.copies
        search.strangers = one.strangers
        let found = search.run { one.answering.contains($0) }
        #expect(found.address == one.finds)
        let said = found.remarks.joined(separator: "\n")
        #expect(said.isEmpty == one.remark.isEmpty, "\(said)")
        for piece in one.remark { #expect(said.contains(piece), "\(piece) in \(said)") }
    }

    @Test func `a router's notice is read as it was written, and nothing else is`() {
        let notice = Self.notice([Self.own, Self.web], isAlive: true).router
        #expect(RunningRouter(notice.bytes) == notice)
        #expect(RunningRouter(Array("{}".utf8)) == nil)
        #expect(RunningRouter.configuration(in: RunningRouter.name(of: "routes.json")) == "routes.json")
        #expect(RunningRouter.configuration(in: ".router") == nil && RunningRouter.configuration(in: "a.router") == nil)
        let stat = "12 (a ) b) S 1 " + (0..<17).map { "\($0) " }.joined() + "777 1"
        #expect(RunningRouter.ticks(inStat: stat) == 777)
    }
}
