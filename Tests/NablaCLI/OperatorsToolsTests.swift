import Foundation
import Testing

/// The files of config/ for those who run the service, given to the programs that read them.
@Suite struct OperatorsToolsTests {
    private static func isThere(_ words: String...) -> Bool {
        (try? Tool.run(words).status) == 0
    }

    private static func file(_ name: String) -> String { example("../config/\(name)") }

    @Test(
        "Prometheus takes the files, and its alerts are raised when they must be",
        .enabled(if: isThere("promtool", "--version"), "promtool is missing"),
        arguments: [
            ["check", "config", "prometheus/prometheus.yml"],
            ["check", "rules", "prometheus/nabla.rules.yml"],
            ["test", "rules", "prometheus/nabla.rules.test.yml"],
        ])
    func prometheus(_ words: [String]) throws {
        let result = try Tool.run(
            ["promtool"] + words.dropLast() + words.suffix(1).map(Self.file))
        #expect(result.status == 0, "\(result.output)\(result.errors)")
    }

    @Test(
        "Caddy takes its file",
        .enabled(if: isThere("caddy", "version"), "Caddy is missing"))
    func caddy() throws {
        let folder = try TemporaryFolder()
        // Where it may keep what it keeps.
        let result = try Tool.run(
            [
                "caddy", "validate", "--adapter", "caddyfile", "--config",
                Self.file("caddy/Caddyfile"),
            ],
            environment: ["XDG_DATA_HOME": folder.file("data"), "HOME": folder.file("home")])
        #expect(result.status == 0, "\(result.errors)")
    }

    @Test(
        "nginx takes its file",
        .enabled(if: isThere("nginx", "-v") && isThere("openssl", "version"), "nginx is missing"))
    func nginx() throws {
        let folder = try TemporaryFolder()
        let (key, certificate) = (folder.file("nabla.key"), folder.file("nabla.pem"))
        let made = try Tool.run([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-subj", "/CN=nabla.example.org", "-keyout", key, "-out", certificate,
        ])
        #expect(made.status == 0, "\(made.errors)")
        // Its certificate and its key lie elsewhere here, and it listens where anybody may.
        var text = try String(contentsOfFile: Self.file("nginx/nabla.conf"), encoding: .utf8)
        for (there, here) in [
            ("/etc/ssl/certs/nabla.pem", certificate), ("/etc/ssl/private/nabla.key", key),
            ("listen 443 ", "listen unix:\(folder.file("tls.sock")) "),
        ] {
            #expect(text.contains(there))
            text.replace(there, with: here)
        }
        let site = try folder.write(text, to: "nabla.conf")
        let whole = try folder.write(
            """
            pid \(folder.file("pid"));
            error_log stderr;
            events {}
            http {
                access_log off;
                client_body_temp_path \(folder.file("body"));
                proxy_temp_path \(folder.file("proxy"));
                fastcgi_temp_path \(folder.file("fastcgi"));
                uwsgi_temp_path \(folder.file("uwsgi"));
                scgi_temp_path \(folder.file("scgi"));
                include \(site);
            }
            """, to: "nginx.conf")
        let result = try Tool.run(["nginx", "-t", "-q", "-c", whole, "-p", folder.path])
        #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
    }

    @Test(
        "systemd finds nothing wrong with the unit",
        .enabled(if: isThere("systemd-analyze", "--version"), "systemd-analyze is missing"))
    func unit() throws {
        let folder = try TemporaryFolder()
        // The program lies elsewhere here.
        let text = try String(contentsOfFile: Self.file("systemd/nabla.service"), encoding: .utf8)
        #expect(text.contains("ExecStart=/usr/local/bin/nabla "))
        let unit = try folder.write(
            text.replacing("/usr/local/bin/nabla ", with: "/bin/true "), to: "nabla.service")
        let result = try Tool.run(["systemd-analyze", "verify", "--man=no", unit])
        #expect(result.status == 0 && !result.errors.contains(unit), "\(result.errors)")
    }

    @Test(
        "systemd knows every line of the unit, and finds it well shut in",
        .enabled(
            if: isThere("systemd-analyze", "security", "--help"), "systemd-analyze is missing"))
    func systemd() throws {
        // The exposure in tenths, of which more than 20 fails; it is 12.
        let result = try Tool.run([
            "systemd-analyze", "security", "--offline=true", "--threshold=20",
            Self.file("systemd/nabla.service"),
        ])
        #expect(result.status == 0, "\(result.output.suffix(300))\(result.errors)")
        #expect(!result.errors.contains("Unknown"), "\(result.errors)")
    }
}
