import HTTP
import Secrets
import ServiceKit

/// The page that a person clicks, from bytes in this binary: no file to be missing, nothing to be configured.
enum WebRoutes {
    /// Nothing from elsewhere, nothing inline, no frame around it; `blob:` shows the picture that was just sent.
    private static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

    static func add(to app: inout ServiceApp) {
        let pages = [false, true].map { asset(PageDocument.html(visitor: $0), "text/html; charset=utf-8") }
        app.on(.get, "/") { request in
            let page = pages[SessionDesk.cookie.value(in: request) == nil ? 0 : 1]
            return guarded(page.response(to: request)).with("vary", "cookie")
        }
        serve(&app, "/static/page.css", PageStyle.css, "text/css; charset=utf-8")
        serve(&app, "/static/page.js", PageScript.javaScript, "text/javascript; charset=utf-8")
        serve(&app, "/static/icon.svg", PageDocument.icon, "image/svg+xml")
        app.on(.get, "/favicon.ico") { _ in ServiceResponse(.seeOther).with("location", "/static/icon.svg") }
    }

    private static func serve(_ app: inout ServiceApp, _ path: String, _ text: String, _ type: String) {
        let asset = asset(text, type)
        app.on(.get, path) { request in guarded(asset.response(to: request)) }
    }

    private static func asset(_ text: String, _ type: String) -> StaticAsset {
        let bytes = Array(text.utf8)
        return StaticAsset(bytes, contentType: type, etag: String(SHA256.hex(bytes).prefix(32)))
    }

    private static func guarded(_ response: ServiceResponse) -> ServiceResponse {
        response.with("content-security-policy", policy).with("referrer-policy", "same-origin")
    }
}
