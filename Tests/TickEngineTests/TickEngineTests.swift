import Testing
@testable import TickEngine
