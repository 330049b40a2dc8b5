// TickRing
