// TickEngine
