import Testing

@testable import NablaCLI

/// What is read without swift-argument-parser, beside what that reads.
@Suite struct ServeOptionsTests {
    @Test(arguments: [
        [], ["--listen", "127.0.0.1:0"], ["--data", "a folder"], ["--workers", "3"],
        ["--workers", "0", "--log-level", "debug", "--log-format", "json", "--data", ""],
        ["--insecure"], ["--config", "nabla.yaml"],
        ["--insecure", "--config", "a", "--listen", "unix:/a"],
        ["--log-level", "loud", "--listen", "serve"],
    ])
    func plainArgumentsAreReadAsTheParserReadsThem(_ arguments: [String]) throws {
        let plain = try #require(ServeOptions.reader(ofPlain: ["serve"] + arguments))
        let parsed = try ServeCommand.parse(arguments).options.reader
        #expect(plain.flags == parsed.flags)
        #expect(plain.file == parsed.file)
        #expect(plain.environment == parsed.environment)
    }

    @Test func everyOptionOfTheHelpIsPlain() {
        var count = 0
        for line in ServeCommand.helpMessage(columns: 200).split(separator: "\n") {
            let words = line.split(separator: " ")
            guard let option = words.first, option.hasPrefix("--") else { continue }
            let arguments = words[1].hasPrefix("<") ? [String(option), "1"] : [String(option)]
            #expect(ServeOptions.reader(ofPlain: ["serve"] + arguments) != nil, "\(option)")
            count += 1
        }
        #expect(count == 7)
    }

    @Test(arguments: [
        [], ["gradients"], ["--version"], ["serve", "--help"], ["serve", "-h"],
        ["serve", "--data=a"], ["serve", "--data"], ["serve", "--data", "--insecure"],
        ["serve", "--data", "-"], ["serve", "--data", "a", "--data", "b"], ["serve", "a"],
        ["serve", "--workers", "+1"], ["serve", "--workers", "many"], ["serve", "--dat", "a"],
        ["serve", "--insecure", "--insecure"], ["serve", "--config", "a", "--config", "b"],
        ["serve", "--insecure", "true"], ["serve", "--"], ["--data", "a", "serve"],
    ])
    func whateverElseIsThereIsLeftToTheParser(_ arguments: [String]) {
        #expect(ServeOptions.reader(ofPlain: arguments) == nil)
    }
}
