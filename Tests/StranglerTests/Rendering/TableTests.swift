import Strangler
import Testing

@Suite struct TableTests {
    private let table = Table(
        [.text("NAME"), .number("P99 LEGACY", expendable: 1), .number("COUNT"), .text("WHY")],
        rows: [["profile", "12 ms", "1,234", "parity held for a whole day"], ["x", "-", "7", ""]])

    @Test(arguments: [
        (
            60,
            """
            NAME     P99 LEGACY  COUNT  WHY
            profile       12 ms  1,234  parity held for a whole day
            x                 -      7
            """
        ),
        (
            44,
            """
            NAME     P99 LEGACY  COUNT  WHY
            profile       12 ms  1,234  parity held for
                                        a whole day
            x                 -      7
            """
        ),
        (
            34,
            """
            NAME        P99  COUNT  WHY
                     LEGACY
            profile   12 ms  1,234  parity
                                    held for a
                                    whole day
            x             -      7
            """
        ),
        (
            28,
            """
            NAME     COUNT  WHY
            profile  1,234  parity held
                            for a whole
                            day
            x            7
            not shown, for want of
            columns: P99 LEGACY
            """
        ),
        (
            20,
            """
            NAME: profile
            P99 LEGACY: 12 ms
            COUNT: 1,234
            WHY: parity held
              for a whole day

            NAME: x
            P99 LEGACY: -
            COUNT: 7
            """
        ),
    ])
    func `a table keeps to the columns it is given: it breaks texts, leaves out, lists`(
        _ width: Int, _ expected: String
    ) {
        let lines = table.lines(.plain, width: width)
        #expect(lines.joined(separator: "\n") == expected)
        #expect(lines.allSatisfy { $0.count <= width })
    }

    @Test func `without a width it is as wide as its content`() {
        #expect(table.lines(.plain)[1] == "profile       12 ms  1,234  parity held for a whole day")
    }

    @Test(arguments: 20...100)
    func `no width is too small to be kept`(_ width: Int) {
        #expect(table.lines(.plain, width: width).allSatisfy { $0.count <= width })
    }
}
