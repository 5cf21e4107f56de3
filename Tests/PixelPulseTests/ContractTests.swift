import HTTP
import Imaging
import JSON
import Testing

/// Both sides of the estate, live, against the document that describes them.
@Suite(.serialized) struct ContractTests {
    private let api: APIDescription
    private let picture: [UInt8]

    init() throws {
        api = try APIDescription()
        picture = try ImageCodec.encode(Bitmap(width: 24, height: 16, filledWith: (200, 120, 40, 255)), as: .png)
    }

    private func expect(
        _ answer: LiveEstate.Answer, _ status: Int, _ method: String, _ path: String,
        _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(answer.status == status, sourceLocation: location)
        #expect(api.complaints(about: answer, to: method, path).isEmpty, sourceLocation: location)
    }

    @Test(arguments: LiveEstate.Side.allCases) func `every described operation is there`(side: LiveEstate.Side)
        async throws
    {
        let estate = try LiveEstate()
        defer { estate.stop() }
        #expect(api.operations.count == 15)
        for (method, template) in api.operations {
            let path = template.split(separator: "/").map { $0 == "{id}" ? "nobody" : String($0) }
            let answer = try await estate.call(method, "/" + path.joined(separator: "/"), on: side)
            #expect(answer.status != 405, "\(method) \(template)")
            #expect(answer["/detail"] != "no such path", "\(method) \(template)")
            #expect(api.complaints(about: answer, to: method, template) == [])
            let other = try await estate.call("DELETE", "/" + path.joined(separator: "/"), on: side)
            #expect(other.status == 405)
            #expect(other.fields["allow"]?.contains(method) == true)
        }
    }

    @Test(arguments: LiveEstate.Side.allCases) func `accounts and sessions are as described`(side: LiveEstate.Side)
        async throws
    {
        let estate = try LiveEstate()
        defer { estate.stop() }
        let (token, id) = try await estate.signUp(on: side)
        let again = try await estate.call(
            "POST", "/api/auth/signup", on: side, json: #"{"email": " ANA@example.org ", "password": "long enough"}"#)
        expect(again, 409, "POST", "/api/auth/signup")
        let session = try await estate.call("GET", "/api/auth/session", on: side, token: token)
        expect(session, 200, "GET", "/api/auth/session")
        #expect(session["/user/id"] == id)
        let cookie = try await estate.call(
            "GET", "/api/auth/session", on: side, fields: ["cookie": "a=b; pp_session=\(token)"])
        #expect(cookie.bytes == session.bytes)
        let login = try await estate.call(
            "POST", "/api/auth/login", on: side, json: #"{"email": "ana@example.org", "password": "long enough"}"#)
        expect(login, 200, "POST", "/api/auth/login")
        #expect(login.fields["set-cookie"]?.contains("HttpOnly; SameSite=Lax") == true)
        let wrong = try await estate.call(
            "POST", "/api/auth/login", on: side, json: #"{"email": "ana@example.org", "password": "wrong enough"}"#)
        expect(wrong, 401, "POST", "/api/auth/login")
        let unknown = try await estate.call(
            "POST", "/api/auth/login", on: side, json: #"{"email": "eve@example.org", "password": "wrong enough"}"#)
        #expect(unknown.bytes == wrong.bytes)
        for _ in 0..<2 {
            let out = try await estate.call("POST", "/api/auth/logout", on: side, token: token)
            expect(out, 204, "POST", "/api/auth/logout")
        }
        let ended = try await estate.call("GET", "/api/auth/session", on: side, token: token)
        expect(ended, 401, "GET", "/api/auth/session")
        let fresh: String = try #require(login["/token"])
        let other = try await estate.call("GET", "/api/auth/session", on: side, token: fresh)
        #expect(other.status == 200)
    }

    @Test(arguments: LiveEstate.Side.allCases) func `profiles are read and changed as described`(side: LiveEstate.Side)
        async throws
    {
        let estate = try LiveEstate()
        defer { estate.stop() }
        let (token, id) = try await estate.signUp(on: side)
        let path = "/api/profiles/\(id)"
        let first = try await estate.call("GET", path, on: side, token: token)
        expect(first, 200, "GET", "/api/profiles/{id}")
        let tag = try #require(first.fields["etag"])
        let same = try await estate.call("GET", path, on: side, token: token, fields: ["if-none-match": tag])
        expect(same, 304, "GET", "/api/profiles/{id}")
        let patch = #"{"bio": "Hi", "links": ["https://a.example", "https://b.example"], "display_name": " Ann "}"#
        let changed = try await estate.call(
            "PATCH", path, on: side, token: token, json: patch, fields: ["if-match": tag])
        expect(changed, 200, "PATCH", "/api/profiles/{id}")
        #expect(changed["/display_name"] == "Ann")
        #expect(changed["/links/1"] == "https://b.example")
        let stale = try await estate.call(
            "PATCH", path, on: side, token: token, json: #"{"bio": "No"}"#, fields: ["if-match": tag])
        expect(stale, 412, "PATCH", "/api/profiles/{id}")
        let read = try await estate.call("GET", path, on: side)
        #expect(read.bytes == changed.bytes)
        let gallery = try await estate.call("GET", path + "/images", on: side)
        expect(gallery, 200, "GET", "/api/profiles/{id}/images")
        let (other, _) = try await estate.signUp(on: side, email: "bob@example.org")
        let foreign = try await estate.call("PATCH", path, on: side, token: other, json: #"{"bio": "x"}"#)
        expect(foreign, 403, "PATCH", "/api/profiles/{id}")
        let anonymous = try await estate.call("PATCH", path, on: side, json: #"{"bio": "x"}"#)
        expect(anonymous, 401, "PATCH", "/api/profiles/{id}")
    }

    @Test(
        arguments: LiveEstate.Side.allCases,
        [
            #"{"bio": 1}"#, #"{"nonsense": true}"#, #"{"display_name": ""}"#, #"{"links": ["javascript:alert(1)"]}"#,
            #"{"avatar_image_id": "01M85EQ382BF26BV1V033ZTM7X"}"#, #"{"display_name": "a\u0000b"}"#,
        ])
    func `a profile refuses nonsense and names the field`(side: LiveEstate.Side, patch: String) async throws {
        let estate = try LiveEstate()
        defer { estate.stop() }
        let (token, id) = try await estate.signUp(on: side)
        let answer = try await estate.call("PATCH", "/api/profiles/\(id)", on: side, token: token, json: patch)
        expect(answer, 422, "PATCH", "/api/profiles/{id}")
        #expect(answer["/field"].map { patch.contains($0) } == true)
    }

    @Test(arguments: LiveEstate.Side.allCases) func `pictures and jobs are as described`(side: LiveEstate.Side)
        async throws
    {
        let estate = try LiveEstate()
        defer { estate.stop() }
        let (token, _) = try await estate.signUp(on: side)
        expect(try await estate.call("GET", "/api/filters", on: side), 200, "GET", "/api/filters")
        let image = try await estate.call(
            "POST", "/api/images", on: side, token: token, body: picture, fields: ["content-type": "image/png"])
        expect(image, 201, "POST", "/api/images")
        let path = try #require(image["/url"])
        #expect(image.fields["location"] == path)
        let bytes = try await estate.call("GET", path, on: side)
        expect(bytes, 200, "GET", "/api/images/{id}")
        #expect(bytes.bytes == picture)
        let described = try await estate.call("GET", path, on: side, fields: ["accept": "application/json"])
        expect(described, 200, "GET", "/api/images/{id}")
        #expect(described.bytes == image.bytes)
        expect(try await estate.call("GET", path + "/result", on: side), 404, "GET", "/api/images/{id}/result")
        let job = try await estate.call(
            "POST", path + "/jobs", on: side, token: token, json: #"{"filter": "blur", "radius": 2}"#)
        expect(job, 202, "POST", "/api/images/{id}/jobs")
        let done = try await estate.finished(try #require(job["/id"]), on: side, token: token)
        expect(done, 200, "GET", "/api/jobs/{id}")
        #expect(done["/state"] == "done")
        let result = try await estate.call("GET", try #require(done["/result_url"]), on: side)
        expect(result, 200, "GET", "/api/images/{id}/result")
        #expect(try ImageCodec.header(of: result.bytes).width == 24)
        let newest = try await estate.call("GET", path + "/result", on: side)
        #expect(newest.bytes == result.bytes)
        let small = try await estate.call("GET", path + "/thumbnail", on: side)
        expect(small, 200, "GET", "/api/images/{id}/thumbnail")
        #expect(small.fields["cache-control"] == "private, max-age=31536000, immutable")
        let tag = try #require(small.fields["etag"])
        let known = try await estate.call("GET", path + "/thumbnail", on: side, fields: ["if-none-match": tag])
        expect(known, 304, "GET", "/api/images/{id}/thumbnail")
        let newestSmall = try await estate.call("GET", path + "/result/thumbnail", on: side)
        expect(newestSmall, 200, "GET", "/api/images/{id}/result/thumbnail")
        // Another job will have another result under this address.
        #expect(newestSmall.fields["cache-control"] == "no-cache")
        let jobs = try await estate.call(
            "GET", path + "/result/thumbnail?job=\(try #require(job["/id"]))", on: side)
        #expect(jobs.bytes == newestSmall.bytes)
        #expect(jobs.fields["cache-control"] == "private, max-age=31536000, immutable")
        let (other, _) = try await estate.signUp(on: side, email: "bob@example.org")
        let foreign = try await estate.call(
            "POST", path + "/jobs", on: side, token: other, json: #"{"filter": "blur"}"#)
        expect(foreign, 403, "POST", "/api/images/{id}/jobs")
        let hidden = try await estate.call("GET", "/api/jobs/\(try #require(job["/id"]))", on: side, token: other)
        expect(hidden, 404, "GET", "/api/jobs/{id}")
    }

    @Test(
        arguments: LiveEstate.Side.allCases,
        [
            #"{"filter": "explode"}"#, #"{"filter": 3}"#, "{}", #"{"filter": "blur", "radius": 1.5}"#,
            #"{"filter": "blur", "radius": 51}"#, #"{"filter": "sepia", "radius": 3}"#,
            #"{"filter": "sepia", "format": "gif"}"#,
        ])
    func `a job that makes no sense is refused`(side: LiveEstate.Side, body: String) async throws {
        let estate = try LiveEstate()
        defer { estate.stop() }
        let (token, _) = try await estate.signUp(on: side)
        let image = try await estate.call("POST", "/api/images", on: side, token: token, body: picture)
        let path = try #require(image["/url"])
        let answer = try await estate.call("POST", path + "/jobs", on: side, token: token, json: body)
        expect(answer, 422, "POST", "/api/images/{id}/jobs")
    }

    @Test(arguments: LiveEstate.Side.allCases) func `hostile uploads are refused`(side: LiveEstate.Side) async throws {
        let estate = try LiveEstate()
        defer { estate.stop() }
        let (token, _) = try await estate.signUp(on: side)
        var bomb = picture
        bomb.replaceSubrange(16..<24, with: [0, 0, 0x40, 0, 0, 0, 0x40, 0])
        let uploads: [([UInt8], Int)] = [
            (Array("GIF89a".utf8), 415), (Array(picture.prefix(50)), 422), (bomb, 413), ([], 415),
            ([UInt8](repeating: 0, count: (16 << 20) + 1), 413),
        ]
        for (bytes, status) in uploads {
            let answer = try await estate.call("POST", "/api/images", on: side, token: token, body: bytes)
            expect(answer, status, "POST", "/api/images")
        }
        let form = try await estate.call(
            "POST", "/api/images", on: side, token: token, body: picture,
            fields: ["content-type": "multipart/form-data; boundary=x"])
        expect(form, 415, "POST", "/api/images")
    }
}
