import HTTP
import Imaging
import JSON
import ServiceKit
import Sessions

/// Pictures, results and their thumbnails, as bytes.
extension ImageRoutes {
    /// The picture's bytes; its description when the client asks for JSON.
    func show(_ request: ServiceRequest) async throws -> ServiceResponse {
        let id = request.parameter("id")
        guard let image = try await storage.run({ [store] in try store.picture(id: id) }) else {
            throw Problem.notFound("there is no picture with this id")
        }
        if request.fields["accept"]?.contains("application/json") == true {
            var json = JSONWriter()
            Representations.write(image, &json)
            return EntityTag.document(json.bytes, for: request).with("vary", "accept")
        }
        return try await picture(sha256: image.sha256, format: image.format, request).with("vary", "accept")
    }

    /// The newest result, or that of `?job=ID`.
    func result(_ request: ServiceRequest) async throws -> ServiceResponse {
        let found = try await foundResult(request)
        return try await picture(sha256: found.sha256, format: found.format, request)
    }

    func thumbnail(_ request: ServiceRequest) async throws -> ServiceResponse {
        let id = request.parameter("id")
        guard let image = try await storage.run({ [store] in try store.picture(id: id) }) else {
            throw Problem.notFound("there is no picture with this id")
        }
        return try await thumbnail(of: image.sha256, lasts: true, request)
    }

    func resultThumbnail(_ request: ServiceRequest) async throws -> ServiceResponse {
        let found = try await foundResult(request)
        // Without a job the address means the newest result, which changes.
        let lasts = request.queryItem("job") != nil
        return try await thumbnail(of: found.sha256, lasts: lasts, request)
    }

    private func foundResult(_ request: ServiceRequest) async throws -> (sha256: String, format: String) {
        let id = request.parameter("id")
        let wanted = request.queryItem("job")
        let found = try await storage.run { [store] () throws -> (sha256: String, format: String)? in
            if let wanted {
                guard let job = try store.job(id: wanted), job.imageID == id, let sha256 = job.resultSHA256 else {
                    return nil
                }
                return (sha256, job.resultFormat ?? "png")
            }
            return try store.picture(id: id)?.result.map { ($0.sha256, $0.format) }
        }
        guard let found else {
            throw Problem.notFound(
                "there is no result yet; start a job with POST /api/images/{id}/jobs and wait for it")
        }
        return found
    }

    /// - Parameter lasts: the address will never mean another picture.
    private func thumbnail(
        of sha256: String, lasts: Bool, _ request: ServiceRequest
    ) async throws -> ServiceResponse {
        switch try await storage.run({ [store] in try store.thumbnail(of: sha256) }) {
        case .made(let thumbnail):
            let lifetime = lasts ? "private, max-age=31536000, immutable" : "no-cache"
            let asset = StaticAsset(
                thumbnail.bytes, contentType: ImageFormat.mediaType(ofStored: thumbnail.format), etag: thumbnail.sha256,
                cacheControl: lifetime)
            return asset.response(to: request)
        case .impossible:
            throw Problem.notFound("no thumbnail can be made of this picture")
        case .absent(let hasPicture):
            if hasPicture {
                try await storage.run { [store] in try store.wantThumbnail(of: sha256) }
                wake()
            }
            throw Problem(
                .notFound, code: "not_made_yet", title: "The thumbnail is being made", detail: "ask again in a second",
                fields: [("retry-after", "1"), ("cache-control", "no-store")])
        }
    }

    private func picture(sha256: String, format: String, _ request: ServiceRequest) async throws -> ServiceResponse {
        guard let size = try await storage.run({ [store] in try store.blobSize(sha256: sha256) }) else {
            throw Problem.notFound("the bytes of this picture have not arrived here yet")
        }
        return try await StaticAsset.response(
            to: request, length: size, contentType: ImageFormat.mediaType(ofStored: format), etag: sha256
        ) { [store, reading] offset, count in
            try await reading.run { try store.blob(sha256: sha256, from: offset, count: count) ?? [] }
        }
    }
}
