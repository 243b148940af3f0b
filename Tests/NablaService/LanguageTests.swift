import Testing

@testable import NablaService

@Suite struct LanguageTests {
    @Test(
        "the language of the highest quality, and of equals the first one named",
        arguments: [
            ([], "en"), ([""], "en"), (["zh"], "zh"), (["zh-CN"], "zh"), (["ZH-Hant-TW"], "zh"),
            (["zh-CN,zh;q=0.9,en;q=0.8"], "zh"), (["en-US,en;q=0.9,zh;q=0.8"], "en"),
            (["en;q=0.5, zh;q=0.6"], "zh"), (["en;q=0.5", "zh;q=0.6"], "zh"),
            (["zh, en"], "zh"), (["en, zh"], "en"), (["de, fr;q=0.5"], "en"), (["*"], "en"),
            (["de, zh;q=0.1"], "zh"), (["en;q=0, *"], "zh"), (["*;q=0.5, en;q=0.2"], "zh"),
            (["zh;q=0"], "en"), (["zh;q=0, en;q=0"], "en"), (["zh;q=0.001"], "zh"),
            (["zh ; q=1.000 , en ; q=0.9"], "zh"), (["zh;q=2, en;q=0.1"], "en"),
            (["zh;q=x, en;q=0.1"], "en"), (["zhu, en;q=0.1"], "en"), ([",,zh"], "zh"),
        ] as [([String], String)])
    func negotiation(_ fields: [String], _ expected: String) {
        #expect(Language(preferredBy: fields).rawValue == expected)
    }

    @Test(arguments: Language.allCases)
    func noTextIsMissing(_ language: Language) {
        #expect(Set(language.texts.keys) == Set(TextKey.allCases))
        #expect(language.texts.values.allSatisfy { !$0.isEmpty })
    }

    @Test func theTextsHaveTheSameGaps() {
        func gaps(_ text: String?) -> Set<Substring> {
            Set((text ?? "").matches(of: /\{[a-z]+\}/).map(\.output))
        }
        for key in TextKey.allCases {
            let (english, chinese) = (Language.english.texts[key], Language.chinese.texts[key])
            #expect(gaps(english) == gaps(chinese), "\(key)")
            #expect(english != chinese)
        }
    }

    @Test func chineseIsChineseAndEnglishIsNot() {
        func hasHan(_ text: String) -> Bool {
            text.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) }
        }
        #expect(Language.chinese.texts.values.allSatisfy(hasHan))
        #expect(!Language.english.texts.values.contains(where: hasHan))
    }
}
