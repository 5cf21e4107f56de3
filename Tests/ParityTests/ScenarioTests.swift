import Parity
import Testing

@Suite struct ScenarioTests {
    static let file = """
        {"version": 1, "context": "shop", "routes": ["cart"],
         "rules": {"body": [{"path": "/id", "check": "id"}]},
         "samples": {"pic": {"picture": "image/png", "width": 8, "height": 4, "seed": 3},
                     "junk": {"base64": "AAEC", "type": "image/png"}},
         "scenarios": [{
           "name": "buys", "modes": ["live"],
           "rules": {"body": [{"path": "/at", "check": "time", "within": "1s"}]},
           "steps": [
             {"on": "legacy", "request": {"method": "POST", "path": "/sign", "json": {"mail": "{{run}}@x"}},
              "expect": 201, "capture": {"token": "/t/0", "sid": {"cookie": "s"}, "etag": {"header": "ETag"}}},
             {"on": "service", "request": {"path": "/seen/{{token}}"},
              "until": {"status": 200, "path": "/state", "in": ["done", 1], "within": "3s", "every": "50ms"}},
             {"request": {"method": "POST", "path": "/up/{{token}}?x=1", "headers": {"authorization": "Bearer {{token}}"},
               "multipart": [{"name": "f", "filename": "a.png", "sample": "pic"}, {"name": "n", "text": "{{side}}"}]}},
             {"request": {"method": "PUT", "path": "/raw", "sample": "junk"}, "compare": false}
           ]}]}
        """

    private func read(_ text: String) throws(DocumentProblems) -> ScenarioFile {
        try ScenarioFile(document: Array(text.utf8), file: "shop.json")
    }

    @Test func `a scenario file becomes steps with their sides, rules and waiting`() throws {
        let file = try read(Self.file)
        #expect(file.context == "shop")
        #expect(file.routes == ["cart"])
        #expect(file.samples["pic"] == .picture(type: "image/png", width: 8, height: 4, seed: 3))
        let scenario = try #require(file.scenarios.first)
        #expect(scenario.modes == [.live])
        #expect(scenario.steps.map(\.isCompared) == [false, false, true, false])
        #expect(scenario.steps.map(\.sides.count) == [1, 1, 2, 2])
        #expect(scenario.steps[0].expectedStatus == 201)
        #expect(scenario.steps[2].name == "POST /up/{{token}}?x=1")
        // A step's own rules stand before the scenario's and those before the file's.
        #expect(scenario.steps[2].rules.body.map(\.path.source) == ["/at", "/id"])
        #expect(scenario.steps[1].until?.every == .milliseconds(50))
    }

    @Test func `variables are filled in, and cannot break out of their place`() throws {
        let file = try read(Self.file)
        let step = try #require(file.scenarios.first?.steps[2])
        let request = try step.request.rendered(with: ["token": "a/b?\r\nx: y", "side": "legacy"]) { name in
            name == "pic" ? ([1, 2], "image/png") : nil
        }
        #expect(request.path == "/up/a%2Fb%3F%0D%0Ax%3A%20y?x=1")
        #expect(request.headers.first?.value == "Bearer a/b?x: y")
        let body = String(decoding: request.body, as: UTF8.self)
        #expect(
            body.contains("content-disposition: form-data; name=\"f\"; filename=\"a.png\"\r\ncontent-type: image/png"))
        #expect(body.contains("name=\"n\"\r\n\r\nlegacy\r\n"))
        #expect(throws: UnknownName(name: "token")) { try step.request.rendered(with: [:]) { _ in nil } }
    }

    @Test func `captures come from the body, a header or a cookie`() throws {
        let captures = try #require(try read(Self.file).scenarios.first?.steps[0].captures)
        let answer = Samples.json(#"{"t":["abc"]}"#, headers: [("etag", "\"1\""), ("Set-Cookie", "s=zz; HttpOnly")])
        let values = Dictionary(uniqueKeysWithValues: captures.map { ($0.variable, $0.value(in: answer)) })
        #expect(values == ["token": "abc", "sid": "zz", "etag": "\"1\""])
        #expect(captures.first?.value(in: Samples.json("{}")) == nil)
    }

    @Test(
        arguments: [
            (#"{"state":"done"}"#, 200, true), (#"{"state":1}"#, 200, true), (#"{"state":"busy"}"#, 200, false),
            (#"{"state":"done"}"#, 404, false), ("{", 200, false),
        ])
    func `waiting ends when status and value are there`(_ body: String, _ status: Int, _ expected: Bool) throws {
        let until = try #require(try read(Self.file).scenarios.first?.steps[1].until)
        #expect(until.isSatisfied(by: Samples.json(body, status: status)) == expected)
    }

    @Test(
        arguments: [
            (#"{"context":"a","scenarios":[]}"#, "says its \"version\""),
            (#"{"version":2,"context":"a","scenarios":[]}"#, "from 1 to 1"),
            (#"{"version":1,"context":"a","scenarios":[{"name":"x","steps":[]}]}"#, "needs \"steps\""),
            (
                #"{"version":1,"context":"a","scenarios":[{"name":"x","steps":[{"request":{"path":"/{{tokn}}"}}]}]}"#,
                "{{tokn}} is captured by no earlier step"
            ),
            (
                #"{"version":1,"context":"a","scenarios":[{"name":"x","steps":[{"request":{"path":"/","sample":"a"}}]}]}"#,
                "no sample is called \"a\""
            ),
            (
                #"{"version":1,"context":"a","scenarios":[{"name":"x","steps":[{"on":"legcy","request":{"path":"/"}}]}]}"#,
                "did you mean \"legacy\"?"
            ),
            (
                #"{"version":1,"context":"a","scenarios":[{"name":"x","steps":[{"on":"legacy","compare":true,"request":{"path":"/"}}]}]}"#,
                "nothing to be compared with"
            ),
            (#"{"version":1,"context":"a","samples":{"a":{"file":"../../etc/passwd"}},"scenarios":[]}"#, "beneath"),
        ])
    func `a bad scenario file is told what is wrong`(_ text: String, _ expected: String) {
        do throws(DocumentProblems) {
            _ = try read(text)
            Issue.record("accepted \(text)")
        } catch {
            #expect(error.problems.contains { $0.rendered.contains(expected) }, "\(error.problems.map(\.rendered))")
        }
    }
}
