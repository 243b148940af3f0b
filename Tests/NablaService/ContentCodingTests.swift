import Testing

@testable import NablaService

@Suite struct ContentCodingTests {
    @Test(
        "gzip is wanted where it is named, and no less than the bytes as they are",
        arguments: [
            ([], false), ([""], false), (["gzip"], true), (["GZIP"], true), (["x-gzip"], true),
            (["gzip;q=0"], false), (["gzip;q=0.0"], false), (["gzip;q=0.001"], true),
            (["gzip ; q=1"], true), (["br, gzip"], true), (["br", "gzip;q=0.2"], true),
            (["*"], true), (["*;q=0"], false), (["*;q=0, gzip"], true), (["gzip;q=0, *"], false),
            (["identity"], false), (["identity, gzip"], true), (["identity;q=0"], false),
            (["identity;q=0.5, gzip;q=0.4"], false), (["identity;q=0.4, gzip;q=0.5"], true),
            (["deflate, br;q=1.0"], false), (["gzip;q=x"], false), (["gzip;q=2"], false),
            (["gzip;level=9"], false), ([",,gzip,"], true), (["gzipx"], false),
        ])
    func wants(_ fields: [String], _ wants: Bool) {
        #expect(CompressionSettings.wantsGzip(fields) == wants)
    }

    @Test func aListIsReadElementByElement() {
        let list = WeightedValue.list(["a, B;q=0.5", "c;q=1.5, ;q=1, d; q=0"])
        #expect(list.map(\.value) == ["a", "b", "d"])
        #expect(list.map(\.quality) == [1, 0.5, 0])
    }
}
