import Glibc
import HTTP

// Nanoseconds that reading, normalising and rewriting a request head cost. `swift run -c release http-benchmark`
//
// Least of many rounds: on a shared machine the least is the code's cost and the rest is the neighbours'.

let small = Array("GET /users/42?full=1 HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: wrk\r\nAccept: */*\r\n\r\n".utf8)
let browser = Array(
    """
    GET /catalogue/lamps/desk?page=2&sort=price HTTP/1.1\r
    Host: shop.example.com\r
    Connection: keep-alive\r
    sec-ch-ua: "Chromium";v="128", "Not;A=Brand";v="24", "Google Chrome";v="128"\r
    sec-ch-ua-mobile: ?0\r
    sec-ch-ua-platform: "Linux"\r
    Upgrade-Insecure-Requests: 1\r
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36\r
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8\r
    Sec-Fetch-Site: same-origin\r
    Sec-Fetch-Mode: navigate\r
    Sec-Fetch-User: ?1\r
    Sec-Fetch-Dest: document\r
    Referer: https://shop.example.com/catalogue/lamps\r
    Accept-Encoding: gzip, deflate, br, zstd\r
    Accept-Language: en-GB,en;q=0.9,de;q=0.8\r
    Cookie: session=4f1c2a9be07d4c6f8a21; theme=dark; consent=1\r
    \r

    """.utf8)
let response = Array(
    """
    HTTP/1.1 200 OK\r
    Date: Sun, 06 Nov 1994 08:49:37 GMT\r
    Server: monolith\r
    Content-Type: application/json\r
    Content-Length: 200\r
    Cache-Control: no-store\r
    \r

    """.utf8)
let requests = RequestHeadParser(reservedPrefix: "x-strangler-")
let responses = ResponseHeadParser()
let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)

func now() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

func measure(_ name: String, _ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) -> Bool) {
    let runs = 200
    var least = Int.max
    bytes.withUnsafeBytes { buffer in
        for _ in 0..<6000 {
            let start = now()
            for _ in 0..<runs where !body(buffer) {
                print("\(name): the message was refused")
                exit(1)
            }
            least = min(least, now() - start)
        }
    }
    let tenths = least * 10 / runs
    let padded = name + String(repeating: " ", count: max(0, 44 - name.utf8.count))
    print("\(padded) \(bytes.count) B  \(tenths / 10).\(tenths % 10) ns")
}

func isComplete(_ result: HeadParseResult) -> Bool {
    if case .complete = result { return true }
    return false
}

for (name, message) in [("small", small), ("browser", browser)] {
    measure("parse request head, \(name)", message) { isComplete(requests.parse($0)) }
    let normaliser = TargetNormaliser()
    measure("the same, and write it anew for an upstream", message) { bytes in
        guard isComplete(requests.parse(bytes)) else { return false }
        let head = requests.head
        let target = head.pathAndQuery.slice(of: bytes)
        guard case .canonical = normaliser.normalise(target, into: output) else { return false }
        var writer = HeadWriter(output)
        writer.append(head.methodRange, of: bytes)
        writer.append(" ")
        writer.append(target)
        writer.append(" HTTP/1.1\r\nhost: ")
        writer.append(head.host, of: bytes)
        writer.append("\r\nvia: 1.1 strangler\r\nx-forwarded-proto: http\r\n")
        writer.appendFraming(head.framing)
        writer.copyFields(of: requests.fields, from: bytes, cutting: FieldSet.cutFromRequest.union(.forwarding))
        writer.append("\r\n")
        return !writer.hasOverflowed
    }
}
measure("parse response head", response) { isComplete(responses.parse($0, answering: .get)) }
// The floor: finding the ends of lines and looking at nothing else.
measure("find the lines, check nothing, browser", browser) { bytes in
    var position = 0
    var lines = 0
    while let base = bytes.baseAddress, let found = memchr(base + position, 10, bytes.count - position) {
        position = UnsafeRawPointer(found) - base + 1
        lines += 1
    }
    return lines == 18
}
