import Testing
@testable import TickMetrics
