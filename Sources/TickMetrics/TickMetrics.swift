// TickMetrics
