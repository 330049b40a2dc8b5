import Testing
@testable import TickRing
