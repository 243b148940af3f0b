import Glibc
import NablaHTTP
import Testing

@testable import NablaSockets

@Suite struct ListenAddressTests {
    @Test(
        "good texts are read, and written again",
        arguments: [
            ("127.0.0.1:8080", "127.0.0.1:8080", true), ("0.0.0.0:0", "0.0.0.0:0", false),
            ("localhost:80", "127.0.0.1:80", true), ("[::1]:65535", "[::1]:65535", true),
            ("[0:0::0:1]:1", "[0:0::0:1]:1", true), ("[::]:1", "[::]:1", false),
            ("192.168.1.2:1", "192.168.1.2:1", false), ("unix:/tmp/a", "unix:/tmp/a", true),
        ])
    func reads(_ text: String, _ written: String, _ isLoopback: Bool) throws {
        let address = try ListenAddress(text)
        #expect(address.description == written)
        #expect(address.isLoopback == isLoopback)
    }

    @Test(
        "other texts are refused with a sentence that shows how",
        arguments: [
            "", "127.0.0.1", ":80", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.1:80",
            "example.org:80", "::1:80", "[::1]", "[127.0.0.1]:80", "[::g]:1", "unix:", "unix:a",
            "unix:/" + String(repeating: "a", count: 107),
        ])
    func refuses(_ text: String) {
        let error = #expect(throws: ServerError.self) { try ListenAddress(text) }
        #expect(error == .invalidAddress(text))
        #expect(error?.description.contains("127.0.0.1:8080") == true)
    }

    @Test("a port in use, an address of another machine and a missing folder are told apart")
    func startErrors() throws {
        try Fixture().run { fixture in
            let taken = try fixture.address()
            #expect(throws: ServerError.addressInUse(taken)) {
                try Fixture { $0.addresses = [taken] }
            }
        }
        for text in ["192.0.2.1:0", "unix:/does/not/exist"] {
            let address = try ListenAddress(text)
            #expect(throws: ServerError.addressNotAvailable(address)) {
                try Fixture { $0.addresses = [address] }
            }
        }
        #expect(throws: ServerError.self) { try Fixture { $0.addresses = [] } }
        // Made without being read from a text, so checked here.
        for address in [
            ListenAddress.tcp(host: "example.org", port: 0, isIPv6: false),
            .unix(path: "/" + String(repeating: "a", count: 200)),
        ] {
            #expect(throws: ServerError.invalidAddress(address.description)) {
                try Fixture { $0.addresses = [address] }
            }
        }
    }

    @Test("one server listens on IPv4, IPv6 and a Unix socket")
    func listensOnAll() throws {
        let path = "/tmp/nabla-test-\(getpid())-\(UInt32.random(in: 0...(.max))).sock"
        let addresses = try ["127.0.0.1:0", "[::1]:0", "unix:\(path)"].map { try ListenAddress($0) }
        try Fixture { $0.addresses = addresses }.run { fixture in
            for index in addresses.indices {
                let client = try Client(fixture.address(index))
                client.send("POST / HTTP/1.1\r\nHost:\r\nContent-Length: 2\r\n\r\nhi")
                #expect(try client.answer().text == "hi")
            }
            #expect(throws: ServerError.addressInUse(addresses[2])) {
                try Fixture { $0.addresses = [addresses[2]] }
            }
        }
        #expect(access(path, F_OK) != 0)
    }

    @Test(
        "a socket's file has the permission bits it is to have", arguments: [0o660, 0o600, 0o666])
    func permissionBits(_ mode: UInt32) throws {
        let path = "/tmp/nabla-test-\(getpid())-\(UInt32.random(in: 0...(.max))).sock"
        let address = try ListenAddress("unix:\(path)")
        try Fixture {
            $0.addresses = [address]
            $0.socketMode = mode
        }.run { fixture in
            var status = stat()
            #expect(stat(path, &status) == 0)
            #expect(status.st_mode & S_IFMT == S_IFSOCK)
            #expect(status.st_mode & 0o777 == mode)
            let client = try fixture.client()
            client.send("GET /a HTTP/1.1\r\nHost:\r\n\r\n")
            #expect(try client.answer().status == 200)
        }
    }

    @Test("the socket file of a server that is no more is replaced, any other file is not")
    func staleSocket() throws {
        let path = "/tmp/nabla-test-\(getpid())-\(UInt32.random(in: 0...(.max))).sock"
        defer { unlink(path) }
        let address = try ListenAddress("unix:\(path)")
        let dead = Socket(socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0))
        #expect(address.withSocketAddress { bind(dead.descriptor, $0, $1) } == 0)
        try Fixture { $0.addresses = [address] }.run { fixture in
            let client = try fixture.client()
            client.send("GET /a HTTP/1.1\r\nHost:\r\n\r\n")
            #expect(try client.answer().status == 200)
        }
        let file = creat(path, 0o600)
        #expect(file >= 0)
        close(file)
        #expect(throws: ServerError.addressInUse(address)) {
            try Fixture { $0.addresses = [address] }
        }
    }
}
