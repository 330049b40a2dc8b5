import CLinux

/// SIGINT and SIGTERM as values that a thread waits for, for whoever ends in order.
public enum StopSignals {
  /// For this thread and those that it starts.
  public static func block() { clinux_block_stop_signals() }

  /// Waits at most so long for one; its number, or 0.
  public static func wait(milliseconds: Int32) -> Int32 { clinux_wait_stop_signal(milliseconds) }
}
