import FuzzSupport
import NablaAPI

/// Shows that any request for gradients that is read is the same when it is written and read again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let request = try? GradientsRequest(parsing: bytes) else { return 0 }
    let text = request.json()
    do {
        let again = try GradientsRequest(parsing: text)
        demand(again == request, "\(String(decoding: text, as: UTF8.self)) is the request")
    } catch {
        demand(false, "a request that is written can be read, but \(error)")
    }
    return 0
}
